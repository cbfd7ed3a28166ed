/** Sorted, disjoint, not adjacent ranges of code points as lo, hi, lo, hi, ... (both ends inside). */
export type Ranges = readonly number[];

/** Which code points one place of a pattern takes. */
export interface CharacterSet {
  readonly ranges: Ranges;
  /** Unicode properties on top of the ranges, as JavaScript writes them: `\p{L}`, `\P{Script=Greek}`. */
  readonly properties: readonly string[];
  /** The set is everything but `ranges` and `properties`. Never set without properties. */
  readonly negated: boolean;
}

export const LAST_CODE_POINT = 0x10ffff;

export const DIGITS: Ranges = [0x30, 0x39];
export const WORD_CHARACTERS: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
/** White space as RE2 has it: tab, line feed, form feed, carriage return, blank. */
export const RE2_SPACES: Ranges = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];
/** White space as JavaScript has it: also vertical tab and what Unicode adds. */
export const JAVASCRIPT_SPACES: Ranges = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f,
  0x205f, 0x3000, 0x3000, 0xfeff, 0xfeff,
];
export const LINE_FEED: Ranges = [0x0a, 0x0a];
/** Where a line ends in JavaScript's eyes. */
export const JAVASCRIPT_LINE_ENDS: Ranges = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029];

export const POSIX_CLASSES: Readonly<Record<string, Ranges>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  ascii: [0x00, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0x00, 0x1f, 0x7f, 0x7f],
  digit: DIGITS,
  graph: [0x21, 0x7e],
  lower: [0x61, 0x7a],
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: [0x09, 0x0d, 0x20, 0x20],
  upper: [0x41, 0x5a],
  word: WORD_CHARACTERS,
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};

/** A set of ranges alone. */
export function rangeSet(ranges: Ranges): CharacterSet {
  return { ranges: normalized(ranges), properties: [], negated: false };
}

/** Everything that is not in `ranges`. */
export function complement(ranges: Ranges): Ranges {
  const result: number[] = [];
  let next = 0;
  for (let index = 0; index < ranges.length; index += 2) {
    const low = ranges[index] ?? 0;
    if (low > next) result.push(next, low - 1);
    next = (ranges[index + 1] ?? 0) + 1;
  }
  if (next <= LAST_CODE_POINT) result.push(next, LAST_CODE_POINT);
  return result;
}

/** The set that a bracket expression stands for. */
export function characterSet(ranges: Ranges, properties: readonly string[], negated: boolean): CharacterSet {
  const sorted = normalized(ranges);
  if (properties.length > 0) return { ranges: sorted, properties, negated };
  return { ranges: negated ? complement(sorted) : sorted, properties: [], negated: false };
}

/** Whether a code point lies in the ranges. */
export function contains(ranges: Ranges, codePoint: number): boolean {
  for (let index = 0; index < ranges.length; index += 2) {
    if (codePoint >= (ranges[index] ?? 0) && codePoint <= (ranges[index + 1] ?? 0)) return true;
  }
  return false;
}

/** How many code points the set has; Infinity when Unicode properties are involved. */
export function setSize(set: CharacterSet): number {
  if (set.properties.length > 0) return Infinity;
  let size = 0;
  for (let index = 0; index < set.ranges.length; index += 2) {
    size += (set.ranges[index + 1] ?? 0) - (set.ranges[index] ?? 0) + 1;
  }
  return size;
}

/** The code points of a set without properties, lowest first. */
export function* setMembers(set: CharacterSet): Generator<number> {
  for (let index = 0; index < set.ranges.length; index += 2) {
    for (let code = set.ranges[index] ?? 0; code <= (set.ranges[index + 1] ?? 0); code++) yield code;
  }
}

/** Whether two sets share a code point; true as well when Unicode properties leave it open. */
export function mayOverlap(a: CharacterSet, b: CharacterSet): boolean {
  if (a.properties.length > 0 || b.properties.length > 0) return true;
  let i = 0;
  let j = 0;
  while (i < a.ranges.length && j < b.ranges.length) {
    if ((a.ranges[i + 1] ?? 0) < (b.ranges[j] ?? 0)) i += 2;
    else if ((b.ranges[j + 1] ?? 0) < (a.ranges[i] ?? 0)) j += 2;
    else return true;
  }
  return false;
}

/** Sorts ranges and joins those that touch. */
export function normalized(ranges: Ranges): Ranges {
  const pairs: [number, number][] = [];
  for (let index = 0; index < ranges.length; index += 2)
    pairs.push([ranges[index] ?? 0, ranges[index + 1] ?? 0]);
  pairs.sort((a, b) => a[0] - b[0]);
  const result: number[] = [];
  for (const [low, high] of pairs) {
    const last = result.length - 1;
    if (last > 0 && low <= (result[last] ?? 0) + 1) result[last] = Math.max(result[last] ?? 0, high);
    else result.push(low, high);
  }
  return result;
}

/** The set as a bracket expression of a JavaScript regular expression with the `u` flag. */
export function setSource(set: CharacterSet): string {
  let inside = set.properties.join('');
  for (let index = 0; index < set.ranges.length; index += 2) {
    const low = set.ranges[index] ?? 0;
    const high = set.ranges[index + 1] ?? 0;
    inside += characterSource(low);
    if (high > low) inside += `-${characterSource(high)}`;
  }
  return `[${set.negated ? '^' : ''}${inside}]`;
}

/** One code point in the source of a regular expression with the `u` flag, inside brackets or not. */
export function characterSource(codePoint: number): string {
  const isPlain =
    (codePoint >= 0x30 && codePoint <= 0x39) ||
    (codePoint >= 0x41 && codePoint <= 0x5a) ||
    (codePoint >= 0x61 && codePoint <= 0x7a) ||
    codePoint === 0x20 ||
    codePoint === 0x5f;
  return isPlain ? String.fromCodePoint(codePoint) : `\\u{${codePoint.toString(16)}}`;
}
