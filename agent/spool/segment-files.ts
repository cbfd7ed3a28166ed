import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../runtime/atomic-file.js';
import type { RecordPlace } from './record-codec.js';
import { decodeEntry, encodeGap, namesIn, visitRecords } from './record-codec.js';
import type { Segment } from './segment.js';
import {
  HEAD_BYTES,
  encodeHead,
  inspectHead,
  readRange,
  readSegment,
  segmentName,
  sequenceInName,
} from './segment.js';
import type { StoredEntry } from './spool-entry.js';
import { MANIFEST_NAME, foreignSpool, newerSpool } from './spool-manifest.js';

/** A range of sequences, both ends included. */
export interface SequenceRange {
  readonly from: number;
  readonly through: number;
}

/** What `write` is to put on disk. */
export interface WriteBatch {
  readonly records: readonly Buffer[];
  readonly first: number;
  readonly last: number;
  /** Per source the last sequence among the records. */
  readonly sources: ReadonlyMap<string, number>;
}

export interface ReadResult {
  readonly entries: StoredEntry[];
  /** Everything up to here was read, or is not there. */
  readonly through: number;
  /** Sequences up to `through` that should be there and cannot be read. */
  readonly missing: number;
  /** Why a file could not be read at all. */
  readonly problem: unknown;
}

const TEMPORARY = '.tmp';

/** A piece that is read at once holds at least so much, bytes. */
const MIN_PIECE_BYTES = 64 * 1024;

/**
 * The segment files of a spool: appended to at the end, read back in order, deleted from the beginning,
 * replaced by shorter ones in between. A sequence that stands in two files counts where it stands
 * first, so that a crash between two steps of a replacement does no harm.
 */
export class SegmentFiles {
  readonly #folder: string;
  readonly #segmentBytes: number;
  #segments: Segment[] = [];
  #active: { readonly segment: Segment; readonly handle: FileHandle } | null = null;
  #lastWritten = 0;
  /** Where the last reading ended. */
  #place: { readonly segment: Segment; readonly offset: number; readonly sequence: number } | null = null;
  /** Ranges that were missing when the files were opened. */
  readonly #holes: SequenceRange[] = [];

  constructor(folder: string, segmentBytes: number) {
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** The last sequence that is on disk. */
  get lastWritten(): number {
    return this.#lastWritten;
  }

  get bytesOnDisk(): number {
    return this.bytesOfFirst(this.#segments.length);
  }

  /** What the first `count` segments take. */
  bytesOfFirst(count: number): number {
    return this.#segments.slice(0, count).reduce((sum, { length }) => sum + length, 0);
  }

  /** Whether anything of a source is on disk. */
  has(source: string): boolean {
    return this.#segments.some(({ sources }) => sources.has(source));
  }

  get activeName(): string | null {
    return this.#active?.segment.name ?? null;
  }

  /**
   * Takes over what an earlier run has left, and visits its records in order, each sequence once.
   * `isOurs`: the folder is known to be a spool, so that a head that makes no sense is damage. Throws
   * STATE_UNUSABLE for foreign and newer files, and what the system says when the folder cannot be had.
   * Resolves to the names of the files that were there.
   */
  async recover(
    isOurs: boolean,
    visit: (buffer: Buffer, place: RecordPlace) => void,
    onUnreadable: (path: string, problem: unknown) => void,
  ): Promise<readonly string[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#folder);
    // A crash came before it took its name.
    for (const name of names.filter(isLeftOver)) {
      await removeFile(join(this.#folder, name));
    }
    const found = names.filter((name) => sequenceInName(name) !== null).sort();
    for (const name of found) {
      const path = join(this.#folder, name);
      let file: Buffer;
      try {
        file = await readSegment(path);
      } catch (problem) {
        onUnreadable(path, problem);
        continue;
      }
      const segment = this.#takeOver(name, file, isOurs, visit);
      if (segment === null) await removeFile(path);
      else this.#segments.push(segment);
    }
    return found;
  }

  /** Tells reading that these are known to be missing. */
  noteHole(hole: SequenceRange): void {
    this.#holes.push(hole);
  }

  /** Appends and forces to disk. Rejects with what the system says; then nothing of it is there. */
  async write({ records, first, last, sources }: WriteBatch): Promise<void> {
    const begin = this.#lastWritten + 1;
    const parts = first > begin ? [encodeGap(begin, first - 1), ...records] : [...records];
    if (this.#active !== null && this.#active.segment.length >= this.#segmentBytes) await this.seal();
    const isNew = this.#active === null;
    this.#active ??= await this.#create(begin);
    const { segment, handle } = this.#active;
    if (isNew) parts.unshift(encodeHead(begin));
    let end = segment.length;
    try {
      for (const piece of joinNeighbours(parts)) {
        await writeAll(handle, piece, end);
        end += piece.length;
      }
      await handle.datasync();
      if (isNew) await syncFolder(this.#folder);
    } catch (error) {
      await this.#abandon();
      throw error;
    }
    segment.length = end;
    segment.last = last;
    for (const [source, sequence] of sources) segment.sources.set(source, sequence);
    this.#lastWritten = last;
    if (isNew) this.#segments.push(segment);
  }

  /** Ends the segment being written; the next write begins another. */
  async seal(): Promise<void> {
    const active = this.#active;
    this.#active = null;
    await active?.handle.close();
  }

  /** Entries above `after` in order, up to about `maxBytes` of them, at least one when there is one. */
  async read(after: number, maxBytes: number): Promise<ReadResult> {
    const entries: StoredEntry[] = [];
    let through = after;
    let missing = 0;
    let bytes = 0;
    let problem: unknown;
    const reach = (from: number, sequence: number): void => {
      if (from > through + 1) missing += this.#unknownMissing(through + 1, from - 1);
      through = sequence;
    };
    // A copy: files at the beginning may be deleted meanwhile.
    for (const segment of [...this.#segments]) {
      if (bytes >= maxBytes) break;
      if (segment.last <= through) continue;
      const { length, last } = segment;
      const isContinued = this.#place?.segment === segment && this.#place.sequence === through;
      let offset = isContinued && this.#place !== null ? this.#place.offset : HEAD_BYTES;
      let pieceBytes = Math.max(maxBytes, MIN_PIECE_BYTES);
      while (offset < length && bytes < maxBytes) {
        const end = Math.min(length, offset + pieceBytes);
        let piece: Buffer;
        try {
          piece = await readRange(segment.path, offset, end);
        } catch (error) {
          problem = error;
          offset = length;
          break;
        }
        const isEnd = end === length || piece.length < end - offset;
        const next = visitRecords(piece, 0, piece.length, isEnd, (place) => {
          if (place.sequence <= through) return true;
          if (bytes >= maxBytes) return false;
          if (place.kind === 'entry') {
            const entry = entryAt(piece, place);
            if (entry === null) return true;
            entries.push(entry);
            bytes += entry.bytes;
          }
          reach(place.from, place.sequence);
          return true;
        });
        if (piece.length < end - offset && next === piece.length) offset = length;
        else if (next === 0) pieceBytes *= 2;
        else offset += next;
      }
      if (offset >= length) reach(last + 1, last);
      this.#place = { segment, offset, sequence: through };
    }
    return { entries, through, missing, problem };
  }

  /** How many segments at the beginning nobody needs any more. */
  removable(settled: number, isCovered: (source: string, through: number) => boolean): number {
    const needed = this.#segments.findIndex(
      (segment) =>
        segment === this.#active?.segment ||
        segment.last > settled ||
        [...segment.sources].some(([source, through]) => !isCovered(source, through)),
    );
    return needed === -1 ? this.#segments.length : needed;
  }

  /** Deletes the first `count` segments. */
  async removeFirst(count: number): Promise<void> {
    for (const { path } of this.#segments.splice(0, count)) await removeFile(path);
  }

  /**
   * Puts one file in the place of neighbours; `records` speak of every sequence from the first of the
   * first to the last of the last, and are not needed any more when it resolves. The new file is complete before it takes the name of the first;
   * should the others outlive a crash, all they say stands before them already.
   */
  async replace(group: readonly Segment[], records: Buffer, sources: Map<string, number>): Promise<void> {
    const [head] = group;
    const tail = group.at(-1);
    if (head === undefined || tail === undefined) return;
    const temporary = `${head.path}${TEMPORARY}`;
    try {
      const handle = await open(temporary, 'w', 0o600);
      try {
        await writeAll(handle, encodeHead(head.first), 0);
        await writeAll(handle, records, HEAD_BYTES);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, head.path);
    } catch (error) {
      await removeFile(temporary);
      throw error;
    }
    const segment: Segment = { ...head, last: tail.last, length: HEAD_BYTES + records.length, sources };
    this.#segments.splice(this.#segments.indexOf(head), group.length, segment);
    this.#place = null;
    await syncFolder(this.#folder);
    for (const { path } of group.slice(1)) await removeFile(path);
  }

  #takeOver(
    name: string,
    file: Buffer,
    isOurs: boolean,
    visit: (buffer: Buffer, place: RecordPlace) => void,
  ): Segment | null {
    const path = join(this.#folder, name);
    const head = inspectHead(file);
    if (typeof head === 'object') throw newerSpool(path, head.newerVersion);
    const first = sequenceInName(name) ?? 1;
    const segment: Segment = { name, path, first, last: 0, length: file.length, sources: new Map() };
    const start = head === 'good' ? HEAD_BYTES : 0;
    let records = 0;
    visitRecords(file, start, file.length, true, (place) => {
      records += 1;
      if (place.sequence <= this.#lastWritten) return true;
      visit(file, place);
      this.#lastWritten = place.sequence;
      segment.last = place.sequence;
      if (place.kind !== 'gap') segment.sources.set(namesIn(file, place).source, place.sequence);
      return true;
    });
    if (head === 'unknown' && records === 0 && !isOurs) throw foreignSpool(path);
    return segment.last === 0 ? null : segment;
  }

  async #create(first: number): Promise<{ readonly segment: Segment; readonly handle: FileHandle }> {
    const name = segmentName(first);
    const path = join(this.#folder, name);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const handle = await open(path, 'w', 0o600);
    return { segment: { name, path, first, last: first - 1, length: 0, sources: new Map() }, handle };
  }

  /** After a failed write: what it may have left is cut off, so far as the disk lets us. */
  async #abandon(): Promise<void> {
    const active = this.#active;
    this.#active = null;
    if (active === null) return;
    const { handle, segment } = active;
    await handle.truncate(segment.length).catch(() => undefined);
    await handle.close().catch(() => undefined);
    if (segment.length === 0) await removeFile(segment.path);
  }

  #unknownMissing(from: number, through: number): number {
    let count = through - from + 1;
    for (const hole of this.#holes) {
      count -= Math.max(0, Math.min(through, hole.through) - Math.max(from, hole.from) + 1);
    }
    return Math.max(0, count);
  }
}

function isLeftOver(name: string): boolean {
  return name.endsWith(TEMPORARY) && (name.startsWith(MANIFEST_NAME) || /^\d{16}\.spool/.test(name));
}

/** What cannot be deleted is deleted after the next start: nothing new is in it. */
function removeFile(path: string): Promise<void> {
  return unlink(path).catch(() => undefined);
}

/** Records that stand side by side in memory as one piece, so that nothing has to be copied to be written. */
function joinNeighbours(parts: readonly Buffer[]): Buffer[] {
  const pieces: Buffer[] = [];
  let begin = 0;
  parts.forEach((part, index) => {
    const next = parts[index + 1];
    if (next?.buffer === part.buffer && next.byteOffset === part.byteOffset + part.length) return;
    const { byteOffset = 0 } = parts[begin] ?? {};
    pieces.push(Buffer.from(part.buffer, byteOffset, part.byteOffset + part.length - byteOffset));
    begin = index + 1;
  });
  return pieces;
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** Null for a record whose checksum is right and whose text is not: as good as missing. */
function entryAt(buffer: Buffer, place: RecordPlace): StoredEntry | null {
  try {
    return decodeEntry(buffer, place);
  } catch {
    return null;
  }
}
