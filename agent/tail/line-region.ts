const LINE_FEED = 10;

/**
 * Whole lines standing one after another in a buffer, each ended by a line feed, so that a scanner can
 * search all of them at once and cut out only the lines it wants.
 */
export interface LineRegion {
  /** Valid as long as the chunk that completed its last line. */
  readonly bytes: Buffer;
  /** Index of the first line's first byte. */
  readonly start: number;
  /** Index after the last line's line feed. */
  readonly end: number;
  /** Where in the file the first line begins. */
  readonly offset: number;
  /** Where in the file the first byte after the last line stands. */
  readonly endOffset: number;
  /** Bytes cut off the end of its one line, which was longer than the limit; 0 for all other regions. */
  readonly cutBytes: number;
}

/** The lines of a region in pieces of up to `maxBytes`, or of one line that is longer. */
export function* piecesOf(region: LineRegion, maxBytes: number): Generator<LineRegion> {
  const { bytes, end } = region;
  let { start, offset } = region;
  while (end - start > maxBytes) {
    const whole = bytes.lastIndexOf(LINE_FEED, start + maxBytes - 1) + 1;
    const next = whole > start ? whole : bytes.indexOf(LINE_FEED, start + maxBytes) + 1;
    if (next >= end || next === 0) break;
    const endOffset = offset + next - start;
    yield { ...region, start, end: next, offset, endOffset };
    start = next;
    offset = endOffset;
  }
  yield { ...region, start, offset };
}

/** A line by its place in a region's bytes. */
export interface LinePlace {
  readonly start: number;
  /** Index of its line feed. A carriage return before it still belongs to the line. */
  readonly end: number;
  /** Where the line begins in the file. */
  readonly offset: number;
  /** Where the next line begins in the file: what has been read once this line is dealt with. */
  readonly endOffset: number;
}

/** The line that the byte at `position` belongs to; `position` lies within the region. */
export function lineAt(region: LineRegion, position: number): LinePlace {
  const { bytes } = region;
  const start = Math.max(region.start, position === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, position - 1) + 1);
  const lineFeed = bytes.indexOf(LINE_FEED, position);
  const next = lineFeed + 1;
  return {
    start,
    end: lineFeed,
    offset: region.offset + start - region.start,
    endOffset: next === region.end ? region.endOffset : region.offset + next - region.start,
  };
}

/** Calls with each line of the region in turn. */
export function forEachLine(region: LineRegion, visit: (line: LinePlace) => void): void {
  let next = region.start;
  while (next < region.end) {
    const line = lineAt(region, next);
    visit(line);
    next = line.end + 1;
  }
}
