import { buildShiftTables, MAX_WINDOW, type ShiftTables } from './shift-tables.js';

/** Bytes that each of the two pointers covers before they are set anew. */
const STRIDE = 2048;
/** How much of the first bytes is looked at to learn which pairs of bytes are common in this log. */
const SAMPLE_BYTES = 64 * 1024;
const MIN_SAMPLE_BYTES = 4 * 1024;

/**
 * Finds any of many literal texts in bytes, faster than they could be decoded (Wu and Manber's
 * algorithm: it looks at two bytes, and jumps by as many as no literal could have begun in). The first
 * bytes it sees teach it which parts of the literals are rare in this log. Keep one for all files that
 * are read with the same rules: it holds some 80 KB.
 */
export class LiteralScanner {
  readonly #literals: readonly Uint8Array[];
  readonly #shortest: number;
  #tables: ShiftTables | null = null;
  #isTuned = false;

  /** Literals are looked for as UTF-8. An empty list is never found, an empty text everywhere. */
  constructor(literals: readonly string[]) {
    const encoder = new TextEncoder();
    this.#literals = [...new Set(literals)].map((literal) => encoder.encode(literal));
    this.#shortest = Math.min(...this.#literals.map((literal) => literal.length));
  }

  /**
   * Where an occurrence starts in `bytes` that lies within [from, to), -1 when there is none. No other
   * literal occurs entirely between `from` and it; so the line that it starts in is the first with any.
   */
  next(bytes: Uint8Array, from: number, to: number): number {
    const end = Math.min(to, bytes.length);
    if (from > end || this.#literals.length === 0) return -1;
    if (this.#shortest === 0) return from;
    if (this.#shortest === 1) return this.#nextByFirstByte(bytes, from, end);
    return scan(this.#tablesFor(bytes, from, end), bytes, from, end);
  }

  #tablesFor(bytes: Uint8Array, from: number, to: number): ShiftTables {
    const isSample = to - from >= MIN_SAMPLE_BYTES;
    let tables = this.#tables;
    if (tables === null || (isSample && !this.#isTuned)) {
      const sample = bytes.subarray(from, Math.min(to, from + SAMPLE_BYTES));
      tables = buildShiftTables(this.#literals, Math.min(this.#shortest, MAX_WINDOW), sample);
      this.#tables = tables;
      this.#isTuned = isSample;
    }
    return tables;
  }

  /** For literals of one byte, which no pair of bytes can stand for. */
  #nextByFirstByte(bytes: Uint8Array, from: number, to: number): number {
    for (let position = from; position < to; position++) {
      for (const literal of this.#literals) {
        if (bytes[position] === literal[0] && isAt(literal, bytes, position, to)) return position;
      }
    }
    return -1;
  }
}

/**
 * Two pointers run through neighbouring strides in turn: each jump has to wait for the bytes it looks
 * at, and the processor uses that time for the other pointer.
 */
function scan(tables: ShiftTables, bytes: Uint8Array, from: number, to: number): number {
  const { shifts } = tables;
  let position = from + tables.window - 1;
  while (to - position > 2 * STRIDE) {
    const middle = position + STRIDE;
    const end = middle + STRIDE;
    let first = position;
    let second = middle;
    let secondHit = -1;
    while (first < middle && second < end) {
      const firstShift = shifts[((bytes[first - 1] ?? 0) << 8) | (bytes[first] ?? 0)] ?? 0;
      const secondShift = shifts[((bytes[second - 1] ?? 0) << 8) | (bytes[second] ?? 0)] ?? 0;
      if (firstShift === 0) {
        const hit = verify(tables, bytes, first, from, to);
        if (hit !== -1) return hit;
        first++;
      }
      if (secondShift === 0) {
        secondHit = verify(tables, bytes, second, from, to);
        if (secondHit !== -1) break;
        second++;
      }
      first += firstShift;
      second += secondShift;
    }
    const firstHit = scanAlone(tables, bytes, first, middle, from, to);
    if (firstHit !== -1) return firstHit;
    if (secondHit !== -1) return secondHit;
    // The second pointer may be left in its stride; the next round starts from there.
    position = second;
  }
  return scanAlone(tables, bytes, position, to, from, to);
}

/** Looks at windows that end in [position, limit). */
function scanAlone(
  tables: ShiftTables,
  bytes: Uint8Array,
  position: number,
  limit: number,
  from: number,
  to: number,
): number {
  const { shifts } = tables;
  while (position < limit) {
    const shift = shifts[((bytes[position - 1] ?? 0) << 8) | (bytes[position] ?? 0)] ?? 0;
    if (shift === 0) {
      const hit = verify(tables, bytes, position, from, to);
      if (hit !== -1) return hit;
      position++;
    }
    position += shift;
  }
  return -1;
}

/** Start of a literal whose window ends at `position`; -1: none is here. */
function verify(tables: ShiftTables, bytes: Uint8Array, position: number, from: number, to: number): number {
  const candidates = tables.candidates.get(((bytes[position - 1] ?? 0) << 8) | (bytes[position] ?? 0));
  if (candidates === undefined) return -1;
  for (const { literal, windowEnd } of candidates) {
    const start = position - windowEnd;
    if (start >= from && isAt(literal, bytes, start, to)) return start;
  }
  return -1;
}

function isAt(literal: Uint8Array, bytes: Uint8Array, start: number, to: number): boolean {
  if (start + literal.length > to) return false;
  for (let index = 0; index < literal.length; index++) {
    if (bytes[start + index] !== literal[index]) return false;
  }
  return true;
}
