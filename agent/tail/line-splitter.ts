import type { LineRegion } from './line-region.js';

export interface LineSplitterOptions {
  /**
   * Longer lines are cut to this many bytes and counted; default 65,536. It bounds the memory that an
   * unfinished line takes, and must hold the longest record anyone wants to match.
   */
  readonly maxLineBytes?: number;
}

export const DEFAULT_MAX_LINE_BYTES = 65_536;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const EMPTY = Buffer.alloc(0);

/**
 * Turns the chunks of one file into regions of whole lines. A line that the end of a chunk cuts in two
 * is carried over and comes first the next time; everything else stays where it is, uncopied.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  /** The start of the unfinished line, at most `maxLineBytes` of it. */
  #carried: Buffer = EMPTY;
  #carriedLength = 0;
  /** Bytes of the unfinished line beyond the limit. */
  #carriedCut = 0;
  #carriedOffset = 0;
  #cutLines = 0;
  #cutBytes = 0;

  constructor(options: LineSplitterOptions = {}) {
    this.#maxLineBytes = options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES;
  }

  /** Lines that were longer than the limit. */
  get cutLines(): number {
    return this.#cutLines;
  }

  /** What was cut off them. */
  get cutBytes(): number {
    return this.#cutBytes;
  }

  /** Bytes of the line that has no end yet. */
  get unfinishedBytes(): number {
    return this.#carriedLength + this.#carriedCut;
  }

  /**
   * The lines that `bytes` completes. `offset`: where `bytes` stands in the file; it has to go on
   * where the last chunk ended, or begin after a hole.
   */
  push(bytes: Buffer, offset: number): LineRegion[] {
    const regions: LineRegion[] = [];
    let start = 0;
    if (this.unfinishedBytes > 0) {
      const lineFeed = bytes.indexOf(LINE_FEED);
      if (lineFeed === -1) {
        this.#carry(bytes, 0, offset);
        return regions;
      }
      this.#carry(bytes.subarray(0, lineFeed), 0, offset);
      start = lineFeed + 1;
      regions.push(this.#takeCarried(offset + start));
    }
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end > start) this.#splitLong(bytes, start, end, offset, regions);
    const rest = Math.max(start, end);
    if (rest < bytes.length) this.#carry(bytes, rest, offset);
    return regions;
  }

  /** The unfinished line as it is, when nothing will follow; null when there is none. */
  end(): LineRegion | null {
    if (this.unfinishedBytes === 0) return null;
    return this.#takeCarried(this.#carriedOffset + this.unfinishedBytes);
  }

  /** Regions of `bytes` from `start` to `end`, with every line that is too long in one of its own. */
  #splitLong(bytes: Buffer, start: number, end: number, offset: number, regions: LineRegion[]): void {
    const region = (from: number, to: number) => ({
      bytes,
      start: from,
      end: to,
      offset: offset + from,
      endOffset: offset + to,
      cutBytes: 0,
    });
    let from = start;
    // From the start of a line, leaps to the last line that begins within the limit: a line that
    // cannot be leapt over is too long. So only a few bytes in every `maxLineBytes` are looked at.
    let line = start;
    while (end - line > this.#maxLineBytes + 1) {
      const next = bytes.lastIndexOf(LINE_FEED, line + this.#maxLineBytes) + 1;
      if (next > line) {
        line = next;
        continue;
      }
      if (line > from) regions.push(region(from, line));
      const lineFeed = bytes.indexOf(LINE_FEED, line + this.#maxLineBytes);
      regions.push(this.#cut(bytes, line, lineFeed, offset));
      line = lineFeed + 1;
      from = line;
    }
    if (end > from) regions.push(region(from, end));
  }

  /** A region of its own for the line from `start` to its line feed, which is longer than the limit. */
  #cut(bytes: Buffer, start: number, lineFeed: number, offset: number): LineRegion {
    const kept = Buffer.allocUnsafe(this.#maxLineBytes + 1);
    bytes.copy(kept, 0, start, start + this.#maxLineBytes);
    kept[this.#maxLineBytes] = LINE_FEED;
    const cutBytes = lineFeed - start - this.#maxLineBytes;
    this.#cutLines += 1;
    this.#cutBytes += cutBytes;
    return {
      bytes: kept,
      start: 0,
      end: kept.length,
      offset: offset + start,
      endOffset: offset + lineFeed + 1,
      cutBytes,
    };
  }

  #carry(bytes: Buffer, start: number, chunkOffset: number): void {
    if (this.unfinishedBytes === 0) this.#carriedOffset = chunkOffset + start;
    const length = bytes.length - start;
    const kept = Math.min(length, this.#maxLineBytes - this.#carriedLength);
    // One byte more, for the line feed that makes it a region.
    const needed = this.#carriedLength + kept + 1;
    if (needed > this.#carried.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#maxLineBytes + 1, Math.max(256, needed * 2)));
      this.#carried.copy(larger, 0, 0, this.#carriedLength);
      this.#carried = larger;
    }
    bytes.copy(this.#carried, this.#carriedLength, start, start + kept);
    this.#carriedLength += kept;
    this.#carriedCut += length - kept;
  }

  #takeCarried(endOffset: number): LineRegion {
    const bytes = this.#carried;
    const end = this.#carriedLength + 1;
    bytes[end - 1] = LINE_FEED;
    const cutBytes = this.#carriedCut;
    if (cutBytes > 0) {
      this.#cutLines += 1;
      this.#cutBytes += cutBytes;
    }
    this.#carried = EMPTY;
    this.#carriedLength = 0;
    this.#carriedCut = 0;
    return { bytes, start: 0, end, offset: this.#carriedOffset, endOffset, cutBytes };
  }
}

/**
 * The text of the line from `start` to `end`: without a carriage return at its end, without the zeros
 * that a crash or a truncation leaves before a line, without the byte order mark that some write at the
 * start of a file, and with U+FFFD for bytes that are no UTF-8.
 */
export function decodeLine(bytes: Buffer, start: number, end: number): string {
  while (start < end && bytes[start] === 0) start += 1;
  if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
  if (end > start && bytes[end - 1] === CARRIAGE_RETURN) end -= 1;
  return bytes.toString('utf8', start, end);
}
