import { readdir, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import picomatch from 'picomatch';
import type { Clock, Timer } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import type { FolderSubscription, FolderWatches } from '../tail/folder-watches.js';
import { isCompressedName, isRotatedName } from '../tail/rotated-names.js';

export interface LogFinderOptions {
  /** Absolute paths or globs. */
  readonly logs: readonly string[];
  /** Globs of absolute paths. */
  readonly exclude: readonly string[];
  readonly folders: FolderWatches;
  /** Logs that were found before and may be between two files: what was rotated away is still part of them. */
  readonly known: () => Iterable<string>;
  /** The logs that there are now, in no order, after each look that was complete. */
  readonly onLogs: (paths: ReadonlySet<string>) => void;
  readonly clock: Clock;
  /** How often to look without being told, milliseconds. */
  readonly lookMs?: number;
}

const DEFAULT_LOOK_MS = 5000;

/** Looks follow each other no sooner, however much is told, milliseconds. */
const LEAST_PAUSE_MS = 100;

/** Nor sooner than so many times as long as a look takes: 2 % of a core where everything changes all the time. */
const PAUSE_PER_LOOK = 50;

/** Deeper folders are not looked into: `**` may meet loops of mounts. */
const MAX_DEPTH = 32;

/** A folder that the last look went through, and which names in it matter. */
type FolderNames = Map<string, (name: string) => boolean>;

/**
 * Finds the logs that globs name, now and later. A path without a glob is a log whether it is there or
 * not. Older parts of a log that match as well belong to the follower of that log, and compressed ones
 * were read before they were compressed.
 */
export class LogFinder {
  readonly #options: LogFinderOptions;
  readonly #fixed: readonly string[];
  readonly #patterns: readonly Pattern[];
  readonly #isExcluded: (path: string) => boolean;
  readonly #watches = new Map<string, FolderSubscription>();
  #timer: Timer | null = null;
  #looking: Promise<void> | null = null;
  #isDue = false;
  #lookedAtMs = -Infinity;
  #lookTookMs = 0;
  #isStopped = false;

  constructor(options: LogFinderOptions) {
    this.#options = options;
    this.#fixed = options.logs.filter((path) => !isGlob(path));
    this.#patterns = options.logs.filter(isGlob).map(patternOf);
    this.#isExcluded =
      options.exclude.length === 0 ? () => false : picomatch([...options.exclude], { dot: true });
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.look();
  }

  /** Looks now; who asks while a look is under way waits for that one. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#looking;
    for (const watch of this.#watches.values()) await watch.close();
    this.#watches.clear();
  }

  async #look(): Promise<void> {
    this.#timer?.cancel();
    this.#isDue = false;
    this.#lookedAtMs = this.#options.clock.monotonic();
    const found = new Set<string>();
    const folders: FolderNames = new Map();
    for (const pattern of this.#patterns) await walk(pattern, pattern.base, 0, 0, found, folders);
    this.#lookTookMs = this.#options.clock.monotonic() - this.#lookedAtMs;
    const logs = [...found].filter((path) => !this.#isExcluded(path));
    if (this.#hasStopped()) return;
    this.#options.onLogs(new Set([...this.#fixed, ...withoutOlderParts(logs, this.#options.known())]));
    // Fixed paths are waited for by those who follow them.
    if (this.#patterns.length === 0) return;
    await this.#watch(folders);
    if (!this.#hasStopped()) this.#schedule();
  }

  #hasStopped(): boolean {
    return this.#isStopped;
  }

  async #watch(folders: FolderNames): Promise<void> {
    for (const [folder, watch] of this.#watches) {
      if (folders.has(folder)) continue;
      this.#watches.delete(folder);
      await watch.close();
    }
    for (const [folder, concerns] of folders) {
      if (this.#watches.has(folder) || this.#hasStopped()) continue;
      this.#watches.set(
        folder,
        this.#options.folders.subscribe(folder, concerns, () => this.#lookSoon()),
      );
    }
  }

  #lookSoon(): void {
    if (this.#isDue || this.#hasStopped()) return;
    this.#isDue = true;
    if (this.#looking === null) this.#schedule();
  }

  #schedule(): void {
    const { clock, lookMs = DEFAULT_LOOK_MS } = this.#options;
    this.#timer?.cancel();
    const leastMs = Math.max(LEAST_PAUSE_MS, PAUSE_PER_LOOK * this.#lookTookMs);
    const pauseMs = this.#isDue ? Math.min(leastMs, lookMs) : lookMs;
    const waitMs = Math.max(0, this.#lookedAtMs + pauseMs - clock.monotonic());
    this.#timer = clock.after(waitMs, () => void this.look(), { unref: true });
  }
}

/** Whether the text names several paths. */
export function isGlob(path: string): boolean {
  return picomatch.scan(path).isGlob;
}

interface Pattern {
  /** The folder above the first part with a wildcard. */
  readonly base: string;
  /** The parts below it. */
  readonly parts: readonly PatternPart[];
}

interface PatternPart {
  /** `**`: any number of folders. */
  readonly isDeep: boolean;
  readonly matches: (name: string) => boolean;
}

/** Throws CONFIG_INVALID for a glob that is none. */
function patternOf(glob: string): Pattern {
  const parts = glob.split(sep);
  const first = parts.findIndex(isGlob);
  try {
    return {
      base: parts.slice(0, first).join(sep) || sep,
      parts: parts.slice(first).map((part) => ({
        isDeep: part === '**',
        matches: picomatch(part, { dot: part.startsWith('.') }),
      })),
    };
  } catch (error) {
    throw new HviewError('CONFIG_INVALID', `${JSON.stringify(glob)} is no glob`, { cause: error });
  }
}

async function walk(
  pattern: Pattern,
  folder: string,
  at: number,
  depth: number,
  found: Set<string>,
  folders: FolderNames,
): Promise<void> {
  const part = pattern.parts[at];
  if (part === undefined || depth > MAX_DEPTH) return;
  const isLast = at === pattern.parts.length - 1;
  if (part.isDeep && !isLast) await walk(pattern, folder, at + 1, depth, found, folders);
  const entries = await entriesOf(folder);
  if (entries === null) return;
  const isWanted = (name: string): boolean => (part.isDeep ? !name.startsWith('.') : part.matches(name));
  const before = folders.get(folder);
  folders.set(folder, before === undefined ? isWanted : (name) => before(name) || isWanted(name));
  for (const entry of entries) {
    if (!isWanted(entry.name)) continue;
    const path = join(folder, entry.name);
    const kind = await kindOf(entry, path);
    // A linked folder could lead back up; it is entered only where it is named.
    const isEnterable = kind === 'folder' && !(part.isDeep && entry.isSymbolicLink());
    if (kind === 'file' && isLast) found.add(path);
    else if (isEnterable && (!isLast || part.isDeep)) {
      await walk(pattern, path, part.isDeep ? at : at + 1, depth + 1, found, folders);
    }
  }
}

/** Null: there is no such folder, or it cannot be read. */
async function entriesOf(folder: string): Promise<Dirent[] | null> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return null;
  }
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | 'other'> {
  const known = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
  if (known === undefined) return 'other';
  return known.isFile() ? 'file' : known.isDirectory() ? 'folder' : 'other';
}

/** Without compressed files, and without those that are older parts of another one among them or the known. */
function withoutOlderParts(paths: readonly string[], known: Iterable<string>): string[] {
  const found = new Set(paths);
  const namesIn = new Map<string, string[]>();
  for (const path of new Set([...paths, ...known])) {
    const folder = dirname(path);
    const names = namesIn.get(folder);
    if (names === undefined) namesIn.set(folder, [basename(path)]);
    else names.push(basename(path));
  }
  return [...namesIn].flatMap(([folder, names]) => {
    // The log's own name is the shortest of its family.
    const sorted = names.filter((name) => !isCompressedName(name)).sort((a, b) => a.length - b.length);
    const logs: string[] = [];
    const stems = new Map<string, string[]>();
    for (const name of sorted) {
      const candidates = [...prefixesOf(name)].flatMap((prefix) => stems.get(prefix) ?? []);
      if (candidates.some((base) => isRotatedName(base, name))) continue;
      logs.push(name);
      const stem = stemOf(name);
      stems.set(stem, [...(stems.get(stem) ?? []), name]);
    }
    return logs.map((name) => join(folder, name)).filter((path) => found.has(path));
  });
}

function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? name : name.slice(0, dot);
}

/** Every beginning of the name that ends before a character with which rotation may go on. */
function* prefixesOf(name: string): Generator<string> {
  for (let index = 1; index < name.length; index += 1) {
    if ('._-'.includes(name.charAt(index))) yield name.slice(0, index);
  }
}
