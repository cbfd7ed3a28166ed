/** Orders what a log was rotated to. Pure: names and times in, order out. */

/** A file beside the log, or the log itself, as it was found in the folder. */
export interface FoundFile {
  readonly name: string;
  readonly path: string;
  /** Device and inode. */
  readonly key: string;
  /** Nanoseconds; 0 where the file system does not keep it. */
  readonly bornNs: bigint;
  readonly modifiedNs: bigint;
  readonly size: number;
}

const COMPRESSED = /\.(?:gz|bz2|xz|zst|zip|lz4|lzma|br|Z)$/;

/** Of these the ones that can be read. */
const READABLE = /\.(?:gz|zip)$/;

/** What rotation appends: a count, a date, or a word for "the one before". */
const ROTATED_SUFFIX = /^[._-](?:\d[\dTZ._:@+-]*|old|bak|prev|previous|last)$/i;

/** What rotation puts before the extension: `app-2026-11-22.log`, `app.1.log`. */
const ROTATED_INFIX = /^[._-]\d[\dTZ._:@+-]*$/;

const COUNTED = /^[._-](\d{1,4})$/;

/**
 * Whether `name` looks like an older part of the log `base`: `app.log.1`, `app.log-20261122`,
 * `app.log.old`, `app-2026-11-22.log`. Compressed parts are not, see `isPackedName`.
 */
export function isRotatedName(base: string, name: string): boolean {
  if (name === base) return false;
  if (name.startsWith(base)) return ROTATED_SUFFIX.test(name.slice(base.length)) && !COMPRESSED.test(name);
  const { stem, extension } = split(base);
  if (extension === '' || !name.startsWith(stem) || !name.endsWith(extension)) return false;
  return ROTATED_INFIX.test(name.slice(stem.length, name.length - extension.length));
}

/**
 * Whether `name` looks like an older part of the log `base` that was compressed: `app.log.1.gz`,
 * `app.log.2026-11-22.0.zip`, `app-2026-11-22.log.gz`, `app.log.gz`. Nearly always its bytes were read before.
 */
export function isPackedName(base: string, name: string): boolean {
  if (!READABLE.test(name)) return false;
  const unpacked = name.replace(READABLE, '');
  return unpacked === base || isRotatedName(base, unpacked);
}

/** Whether the name is one that compression gives. */
export function isCompressedName(name: string): boolean {
  return COMPRESSED.test(name);
}

/**
 * Puts the parts of one log in the order in which they were written: by the time the file was made,
 * then the time of its last change. Only where the clock of the file system is too coarse to tell, the
 * number in the name decides, the highest being the oldest and the log itself the newest. (The number
 * cannot come first: some loggers give the highest to the newest.)
 */
export function compareAge(base: string): (a: FoundFile, b: FoundFile) => number {
  return (a, b) =>
    compareBig(a.bornNs, b.bornNs) ||
    compareBig(a.modifiedNs, b.modifiedNs) ||
    (rotationCount(base, b.name) ?? 0) - (rotationCount(base, a.name) ?? 0) ||
    (a.name < b.name ? -1 : 1);
}

/** How many rotations ago the file was the log: 0 for the log itself; null when the name does not say. */
function rotationCount(base: string, name: string): number | null {
  if (name === base) return 0;
  const { stem, extension } = split(base);
  const middle = name.startsWith(base)
    ? name.slice(base.length)
    : name.slice(stem.length, name.length - extension.length);
  const counted = COUNTED.exec(middle)?.[1];
  return counted === undefined ? null : Number(counted);
}

function split(base: string): { stem: string; extension: string } {
  const dot = base.lastIndexOf('.');
  return dot <= 0 ? { stem: base, extension: '' } : { stem: base.slice(0, dot), extension: base.slice(dot) };
}

function compareBig(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
