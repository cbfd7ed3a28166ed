import type { FileHandle } from 'node:fs/promises';
import { open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/*
 * A segment file: a head of 24 bytes, then records in the order of their sequences. Head: magic (8),
 * version (4), reserved (2), the sequence that it begins with (6), checksum of all before (4).
 */
const MAGIC = Buffer.from('hvspool\n', 'latin1');
const VERSION = 1;
export const HEAD_BYTES = 24;
const CHECKED_BYTES = 20;
const EXTENSION = '.spool';
const NAME_DIGITS = 16;

/** A segment file as the spool knows it. */
export interface Segment {
  readonly name: string;
  readonly path: string;
  /** The sequence that it begins with; its name says so, too. */
  readonly first: number;
  /** Records for all up to this one are in it, or known to be missing. */
  last: number;
  /** Bytes of it that are on disk for sure. */
  length: number;
  /** Per source the last sequence in it. */
  readonly sources: Map<string, number>;
}

export function segmentName(first: number): string {
  return `${String(first).padStart(NAME_DIGITS, '0')}${EXTENSION}`;
}

/** The sequence in a segment's name; null: the file is something else. */
export function sequenceInName(name: string): number | null {
  const digits = /^(\d{16})\.spool$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

export function encodeHead(first: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32BE(VERSION, 8);
  head.writeUIntBE(first, 14, 6);
  head.writeUInt32BE(crc32(head.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return head;
}

/** `short`: a crash came before the head was written; `unknown`: not ours, or damaged. */
export function inspectHead(file: Buffer): 'good' | 'short' | 'unknown' | { readonly newerVersion: number } {
  if (file.length < HEAD_BYTES) return 'short';
  const isIntact = crc32(file.subarray(0, CHECKED_BYTES)) === file.readUInt32BE(CHECKED_BYTES);
  if (!isIntact || MAGIC.compare(file, 0, MAGIC.length) !== 0) return 'unknown';
  const version = file.readUInt32BE(8);
  return version > VERSION ? { newerVersion: version } : 'good';
}

/** The whole file. */
export function readSegment(path: string): Promise<Buffer> {
  return readFile(path);
}

/** The file's first bytes, as many as fit into `buffer` or are there. */
export async function readStart(path: string, buffer: Buffer): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    return await fill(handle, buffer, 0);
  } finally {
    await handle.close();
  }
}

/** Bytes `start` to `end` of a file; fewer when it ends before. */
export async function readRange(path: string, start: number, end: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    return await fill(handle, Buffer.allocUnsafe(end - start), start);
  } finally {
    await handle.close();
  }
}

async function fill(handle: FileHandle, buffer: Buffer, start: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
