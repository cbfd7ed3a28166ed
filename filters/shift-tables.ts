/** A longer window allows longer jumps, but has more pairs that forbid them; found by measuring. */
export const MAX_WINDOW = 8;
const PAIRS = 65536;
/** What looking a candidate up costs, in steps. */
const LOOKUP_COST = 8;

/** A literal whose window ends with a certain pair of bytes. */
export interface Candidate {
  readonly literal: Uint8Array;
  /** Index within the literal of its window's last byte. */
  readonly windowEnd: number;
}

/** What the scanner needs to know of its literals. Each one is represented by a window of equal length. */
export interface ShiftTables {
  readonly window: number;
  /** Pair of bytes (first * 256 + second) → how far a window that ends with it may be moved; 0: look. */
  readonly shifts: Uint8Array;
  /** Pair of bytes that ends a window → whose window that is. */
  readonly candidates: ReadonlyMap<number, readonly Candidate[]>;
}

/**
 * `window`: from 2 to the length of the shortest literal. `sample`: bytes of the kind to be searched;
 * of each literal the window is taken whose pairs of bytes are rarest in it.
 */
export function buildShiftTables(
  literals: readonly Uint8Array[],
  window: number,
  sample: Uint8Array,
): ShiftTables {
  const counts = pairCounts(sample);
  const shifts = new Uint8Array(PAIRS).fill(window - 1);
  const candidates = new Map<number, Candidate[]>();
  for (const literal of literals) {
    const start = rarestWindow(literal, window, counts);
    for (let index = 1; index < window; index++) {
      const pair = pairAt(literal, start + index);
      shifts[pair] = Math.min(shifts[pair] ?? 0, window - 1 - index);
    }
    const windowEnd = start + window - 1;
    const pair = pairAt(literal, windowEnd);
    const others = candidates.get(pair) ?? [];
    candidates.set(pair, [...others, { literal, windowEnd }]);
  }
  return { window, shifts, candidates };
}

/** Where the window starts that costs the least: pairs near its end shorten the jumps most. */
function rarestWindow(literal: Uint8Array, window: number, counts: Uint32Array): number {
  let best = 0;
  let bestCost = Infinity;
  for (let start = 0; start + window <= literal.length; start++) {
    let cost = LOOKUP_COST * (counts[pairAt(literal, start + window - 1)] ?? 0);
    for (let index = 1; index < window; index++)
      cost += index * (counts[pairAt(literal, start + index)] ?? 0);
    if (cost < bestCost) [best, bestCost] = [start, cost];
  }
  return best;
}

function pairCounts(sample: Uint8Array): Uint32Array {
  const counts = new Uint32Array(PAIRS);
  for (let index = 1; index < sample.length; index++) {
    const pair = pairAt(sample, index);
    counts[pair] = (counts[pair] ?? 0) + 1;
  }
  return counts;
}

/** The byte before `index` and the one there. */
function pairAt(bytes: Uint8Array, index: number): number {
  return ((bytes[index - 1] ?? 0) << 8) | (bytes[index] ?? 0);
}
