import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { HviewError, fileError } from '../../runtime/errors.js';
import type { FileIdentity, FilePosition, FollowedFile } from './byte-source.js';
import { HEAD_BYTES, MARKER_BYTES, fingerprintOf, fits } from './fingerprint.js';

/** What one read gave. */
export type ReadResult =
  /** `isLast`: the file system had no more at that moment. `holeBytes`: zeros skipped before them. */
  | {
      readonly kind: 'bytes';
      readonly bytes: Buffer;
      readonly offset: number;
      readonly holeBytes: number;
      readonly isLast: boolean;
    }
  /** Only zeros, where a truncated file has a hole. */
  | { readonly kind: 'hole'; readonly holeBytes: number }
  | { readonly kind: 'end' }
  /** The bytes that were read before are gone: the file was cut, and perhaps has grown again since. */
  | { readonly kind: 'truncated' };

/** The longest that a file system's clock stands still, milliseconds. */
const CLOCK_TICK_MS = 20;

const END: ReadResult = { kind: 'end' };
const TRUNCATED: ReadResult = { kind: 'truncated' };

/** What the bytes of a file are read from: a handle, or something that unpacks on the way. */
export interface ReadHandle {
  /** Reads up to `length` bytes at `position` into `buffer` at `offset`; fewer only where the file ends. */
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  stat(options: { readonly bigint: true }): Promise<BigIntStats>;
  close(): Promise<void>;
}

/** Opens for reading without ever blocking on a pipe that took the name of a log. */
export async function openForReading(path: string): Promise<{ handle: FileHandle; stats: BigIntStats }> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw notAFile(path, stats);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** FILE_UNREADABLE for a path that is there and is no regular file. */
export function notAFile(path: string, stats: BigIntStats): HviewError {
  const kind = stats.isDirectory()
    ? 'a folder'
    : stats.isFIFO()
      ? 'a named pipe'
      : stats.isSocket()
        ? 'a socket'
        : 'a device';
  return new HviewError('FILE_UNREADABLE', `cannot follow ${path}: it is ${kind}`, {
    hint: 'Give the path of a regular file, the log itself.',
  });
}

/** What went wrong with a log, in plain words: FILE_UNREADABLE unless it is told already. */
export function unreadableLog(path: string, error: unknown): HviewError {
  return error instanceof HviewError
    ? error
    : fileError('FILE_UNREADABLE', 'cannot read the log', path, error);
}

/** Device and inode as one key. It names one file only as long as a handle on that file is open. */
export function fileKey(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}

/**
 * One open file and how far it was read. The handle keeps the inode from being given to another file,
 * so device and inode are exact while it is open. Every read begins with the last bytes of the read
 * before: if they have changed, the file was cut and written anew, however long it is now.
 */
export class OpenFile implements FollowedFile {
  readonly generation: number;
  readonly path: string;
  /** Device and inode. */
  readonly key: string;
  /** When the inode was made, in nanoseconds; 0 where the file system does not say. */
  readonly bornNs: bigint;
  text: string;
  startOffset = 0;
  /** Offset of the next byte to read; what was read last may not have been handed on yet. */
  position = 0;
  /** Nothing is read from this offset on. */
  limit = Infinity;
  /** Since when nothing has happened to it, by the monotonic clock: no bytes, no rotation. */
  quietSinceMs = 0;
  /** Set while reading it fails; it is tried again at each poll. */
  hasFailed = false;
  /** Set once the file was seen to have no name any more. */
  isDeleted = false;
  /** When the head was last compared with what it was, by the monotonic clock. */
  headCheckedAtMs = 0;

  readonly #handle: ReadHandle;
  readonly #firstStats: BigIntStats;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headLength = 0;
  #identity: FileIdentity | undefined;
  readonly #marker = Buffer.alloc(MARKER_BYTES);
  #markerLength = 0;
  /** Zeros at the start of a file are a hole, not text. */
  #isInHole = true;
  #modifiedNs: bigint;
  /** A look that came right after a change: another change in the same tick of the clock would have the same time. */
  #doubtfulSinceMs = Infinity;
  #positionAtLook = -1;
  #sizeAtLook = -1;
  #sizeSeen: number;
  /** What `sizeSeen` was when the file last proved to be the same: a later size may be of other text. */
  #sizeProved = 0;

  constructor(handle: ReadHandle, stats: BigIntStats, path: string, generation: number) {
    this.#handle = handle;
    this.generation = generation;
    this.path = path;
    this.key = fileKey(stats);
    this.text = this.key;
    this.bornNs = stats.birthtimeNs;
    this.#firstStats = stats;
    this.#sizeSeen = Number(stats.size);
    this.#modifiedNs = stats.mtimeNs;
  }

  /** When it was last seen to have changed, in nanoseconds. */
  get modifiedNs(): bigint {
    return this.#modifiedNs;
  }

  get identity(): FileIdentity {
    if (this.#identity?.head.length !== this.#headLength) {
      const head = fingerprintOf(this.#head.subarray(0, this.#headLength));
      const { dev, ino } = this.#firstStats;
      this.#identity = { device: dev.toString(), inode: ino.toString(), head };
    }
    return this.#identity;
  }

  /** Bytes that are certain to have stood in it and were not read. */
  get unreadBytes(): number {
    return Math.max(0, this.#sizeProved - this.position);
  }

  async size(): Promise<number> {
    return Number((await this.stats()).size);
  }

  stats(): Promise<BigIntStats> {
    return this.#handle.stat({ bigint: true });
  }

  /**
   * Takes note of size and time of change, as they were at `nowMs` of the wall clock; whether there may be something
   * that was not read yet.
   */
  hasChanged(stats: BigIntStats, nowMs: number): boolean {
    const size = Number(stats.size);
    this.#sizeSeen = Math.max(this.#sizeSeen, size);
    // What happened between opening it and now may have the time that it had then.
    const hasNewTime = stats.mtimeNs !== this.#modifiedNs || this.#sizeAtLook === -1;
    const isDoubtOver = nowMs - this.#doubtfulSinceMs >= CLOCK_TICK_MS;
    const isTouched = hasNewTime || isDoubtOver;
    const hasMoved = this.position !== this.#positionAtLook;
    const isResized = size !== this.#sizeAtLook;
    this.#modifiedNs = stats.mtimeNs;
    if (isTouched) this.#doubtfulSinceMs = Infinity;
    if (hasNewTime && Math.abs(nowMs - Number(stats.mtimeNs) / 1e6) < CLOCK_TICK_MS)
      this.#doubtfulSinceMs = nowMs;
    this.#positionAtLook = this.position;
    this.#sizeAtLook = size;
    // What was looked at and read before had its chance: network file systems may tell a wrong size.
    if (!isTouched && !hasMoved && !isResized) return false;
    // A change may be other text of the same length, also after the bytes that were read.
    return size !== this.position || isTouched;
  }

  /** Goes on at `offset`, with the bytes before it as they are now as the marker. To be primed before. */
  async seek(offset: number): Promise<void> {
    this.position = offset;
    this.startOffset = offset;
    this.#isInHole = offset === 0;
    const marker = await this.#bytesBefore(offset);
    this.#markerLength = marker.copy(this.#marker);
  }

  /** What was read in `copy`, a copy of it from before it was cut, counts as read in this file. */
  goOnLike(copy: OpenFile): void {
    this.position = copy.position;
    this.#markerLength = copy.#marker.copy(this.#marker, 0, 0, copy.#markerLength);
  }

  /** Takes note of how it begins, so that a cut before the first read is noticed. */
  async prime(): Promise<void> {
    const head = await this.bytesAt(0, HEAD_BYTES);
    this.#headLength = head.copy(this.#head);
  }

  /** Reads on from where the last read ended. `buffer` must be much longer than 64 bytes. */
  async read(buffer: Buffer): Promise<ReadResult> {
    const overlap = this.#markerLength;
    const wanted = Math.min(buffer.length, overlap + this.limit - this.position);
    const { bytesRead } = await this.#handle.read(buffer, 0, wanted, this.position - overlap);
    this.hasFailed = false;
    if (bytesRead < overlap) return TRUNCATED;
    if (overlap > 0 && buffer.compare(this.#marker, 0, overlap, 0, overlap) !== 0) return TRUNCATED;
    // Before anything was read there is no marker; what was seen when the file was opened serves as one.
    if (this.position === 0 && !this.#startsAsSeen(buffer.subarray(0, bytesRead), wanted)) return TRUNCATED;
    if (bytesRead === overlap) return END;

    this.#sizeProved = this.#sizeSeen;
    const fresh = buffer.subarray(overlap, bytesRead);
    const offset = this.position;
    this.#extendHead(fresh, offset);
    this.#markerLength = buffer.copy(this.#marker, 0, Math.max(0, bytesRead - MARKER_BYTES), bytesRead);
    this.position += fresh.length;

    const zeros = this.#isInHole ? leadingZeros(fresh) : 0;
    if (zeros === fresh.length) return { kind: 'hole', holeBytes: zeros };
    this.#isInHole = false;
    const isLast = bytesRead < wanted;
    const bytes = fresh.subarray(zeros);
    return { kind: 'bytes', bytes, offset: offset + zeros, holeBytes: zeros, isLast };
  }

  /** Whether the first bytes of the file are still those that were read. */
  async isHeadIntact(): Promise<boolean> {
    const now = await this.bytesAt(0, this.#headLength);
    return now.equals(this.#head.subarray(0, this.#headLength));
  }

  /** The same file as a new one, to be read from its start: what stands in it now is other text. */
  reborn(generation: number): OpenFile {
    const reborn = new OpenFile(this.#handle, this.#firstStats, this.path, generation);
    reborn.#sizeSeen = 0;
    return reborn;
  }

  async positionAt(offset: number): Promise<FilePosition> {
    const { text } = this;
    const born = this.bornNs.toString();
    const modified = this.modifiedNs.toString();
    const { identity } = this;
    try {
      // As it was read: since then the file may have been cut.
      const isAtEnd = offset === this.position && this.#markerLength > 0;
      const before = isAtEnd ? this.#marker.subarray(0, this.#markerLength) : await this.#bytesBefore(offset);
      const isWhole = before.length === Math.min(offset, MARKER_BYTES);
      const isSame = isAtEnd || (isWhole && (await this.isHeadIntact()));
      const marker = isSame ? fingerprintOf(before) : null;
      return { identity, offset, marker, text, born, modified };
    } catch {
      // The handle is closed already; identity and offset still say where it was.
      return { identity, offset, marker: null, text, born, modified };
    }
  }

  /** Whether this is the file that `position` speaks of and it still reads the same up to there. */
  async holds(position: FilePosition): Promise<boolean> {
    const { identity, offset, marker } = position;
    if (!fits(identity.head, await this.bytesAt(0, identity.head.length))) return false;
    if (marker === null) return (await this.size()) >= offset;
    return fits(marker, await this.bytesAt(offset - marker.length, marker.length));
  }

  /** Whether this is a copy of `other` from before it was cut, with more than was read of it. */
  async continues(other: OpenFile): Promise<boolean> {
    const { position } = other;
    if (other.#headLength === 0 || (await this.size()) <= position) return false;
    const markerLength = other.#markerLength;
    const head = await this.bytesAt(0, other.#headLength);
    const marker = await this.bytesAt(position - markerLength, markerLength);
    return (
      head.equals(other.#head.subarray(0, other.#headLength)) &&
      marker.equals(other.#marker.subarray(0, markerLength))
    );
  }

  /** Whether all that stands in this file is how `other` begins, as in a copy that was made of it. */
  async isCopyOf(other: OpenFile): Promise<boolean> {
    const size = await this.size();
    const known = other.#head.subarray(0, Math.min(size, other.#headLength));
    // Nearly always the first bytes tell, and those of the other file are at hand.
    const head = await this.bytesAt(0, Math.min(size, HEAD_BYTES));
    if (size === 0 || !head.subarray(0, known.length).equals(known)) return false;
    const tail = Math.min(size, MARKER_BYTES);
    const [otherHead, ownTail, otherTail] = await Promise.all([
      other.bytesAt(0, head.length),
      this.bytesAt(size - tail, tail),
      other.bytesAt(size - tail, tail),
    ]);
    return head.equals(otherHead) && ownTail.equals(otherTail);
  }

  /** Up to `length` bytes at `offset`; fewer where the file ends. */
  async bytesAt(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await this.#handle.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #startsAsSeen(bytes: Buffer, wanted: number): boolean {
    const length = Math.min(this.#headLength, wanted);
    return bytes.length >= length && bytes.compare(this.#head, 0, length, 0, length) === 0;
  }

  #bytesBefore(offset: number): Promise<Buffer> {
    const length = Math.min(offset, MARKER_BYTES);
    return this.bytesAt(offset - length, length);
  }

  #extendHead(fresh: Buffer, offset: number): void {
    const known = this.#headLength - offset;
    if (known < 0 || known >= fresh.length) return;
    this.#headLength += fresh.copy(this.#head, this.#headLength, known);
  }
}

function leadingZeros(bytes: Buffer): number {
  let count = 0;
  while (count < bytes.length && bytes[count] === 0) count += 1;
  return count;
}
