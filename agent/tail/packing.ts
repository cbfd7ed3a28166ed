import type { FileHandle } from 'node:fs/promises';
import { constants, createGunzip, createInflateRaw } from 'node:zlib';
import type { Gunzip, InflateRaw } from 'node:zlib';
import { HviewError } from '../../runtime/errors.js';

/** Where the packed bytes of a file begin, and how they are packed. */
export interface Packing {
  readonly offset: number;
  readonly kind: 'gzip' | 'deflated';
}

/** What tells packed files, whatever they are called. */
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZIP = Buffer.from('PK\u0003\u0004', 'latin1');

/** Of the header of the first file in a zip archive: its length, and where it says what. */
const ZIP_HEADER = { bytes: 30, flags: 6, method: 8, nameLength: 26, extraLength: 28 } as const;
const ZIP_ENCRYPTED = 1;
const ZIP_DEFLATED = 8;

/**
 * How a file is packed, by its first bytes: with gzip, or as the first file of a zip archive; null: it is not. Throws
 * FILE_UNREADABLE for an archive that cannot be read.
 */
export async function findPacking(handle: FileHandle, path: string): Promise<Packing | null> {
  const header = Buffer.alloc(ZIP_HEADER.bytes);
  const { bytesRead } = await handle.read(header, 0, header.length, 0);
  if (header.subarray(0, GZIP.length).equals(GZIP)) return { offset: 0, kind: 'gzip' };
  if (bytesRead < header.length || !header.subarray(0, ZIP.length).equals(ZIP)) return null;
  const isEncrypted = (header.readUInt16LE(ZIP_HEADER.flags) & ZIP_ENCRYPTED) !== 0;
  if (isEncrypted || header.readUInt16LE(ZIP_HEADER.method) !== ZIP_DEFLATED) {
    throw new HviewError(
      'FILE_UNREADABLE',
      `cannot unpack ${path}: it is encrypted or packed in a rare way`,
      {
        hint: 'Unpack it beside the log.',
      },
    );
  }
  const nameLength = header.readUInt16LE(ZIP_HEADER.nameLength);
  const extraLength = header.readUInt16LE(ZIP_HEADER.extraLength);
  return { offset: ZIP_HEADER.bytes + nameLength + extraLength, kind: 'deflated' };
}

/** Unpacks what is written to it. `whole`: fails when the packed bytes end too early. */
export function createUnpacker(
  kind: Packing['kind'],
  manner: 'whole' | 'as-far-as-possible',
): Gunzip | InflateRaw {
  const options = manner === 'whole' ? {} : { finishFlush: constants.Z_SYNC_FLUSH };
  return kind === 'gzip' ? createGunzip(options) : createInflateRaw(options);
}
