import { contains, type Ranges } from './character-set.js';

/** Code point → all code points that are the same letter in another case, itself included. */
type Orbits = ReadonlyMap<number, readonly number[]>;

const ASCII_A = 0x61;
const ASCII_Z = 0x7a;
const LAST_ASCII = 0x7f;
const TO_UPPER = 0x20;
/** The two characters outside ASCII that fold to an ASCII letter: Kelvin sign and long s. */
const KELVIN_SIGN = 0x212a;
const LONG_S = 0x17f;

const asciiOrbits: Orbits = buildAsciiOrbits();
let allOrbits: Orbits | undefined;

/**
 * The code points that match `codePoint` when case is ignored, itself included. Simple case folding of
 * Unicode, which RE2 and JavaScript with the flags `iu` share.
 */
export function caseOrbit(codePoint: number): readonly number[] {
  const orbits = codePoint <= LAST_ASCII ? asciiOrbits : everyOrbit();
  return orbits.get(codePoint) ?? [codePoint];
}

/** `ranges` and all that their members match with case ignored. */
export function foldedRanges(ranges: Ranges): Ranges {
  const isAscii = ranges.every((codePoint) => codePoint <= LAST_ASCII);
  return folded(ranges, isAscii ? asciiOrbits : everyOrbit(), (codePoint) => contains(ranges, codePoint));
}

/** What matches a character of a Unicode property (`\p{Lu}`) with case ignored, beyond that property. */
export function foldedProperty(property: string): Ranges {
  const pattern = new RegExp(property, 'u');
  return folded([], everyOrbit(), (codePoint) => pattern.test(String.fromCodePoint(codePoint)));
}

function folded(ranges: Ranges, orbits: Orbits, isMember: (codePoint: number) => boolean): Ranges {
  const result = [...ranges];
  for (const [codePoint, orbit] of orbits) {
    if (isMember(codePoint)) for (const other of orbit) result.push(other, other);
  }
  return result;
}

function buildAsciiOrbits(): Orbits {
  const orbits = new Map<number, readonly number[]>();
  for (let lower = ASCII_A; lower <= ASCII_Z; lower++) {
    const orbit = [lower - TO_UPPER, lower];
    if (lower === 0x6b) orbit.push(KELVIN_SIGN);
    if (lower === 0x73) orbit.push(LONG_S);
    for (const member of orbit) orbits.set(member, orbit);
  }
  return orbits;
}

/** Built on first need: it looks at every cased character, and nearly all patterns are ASCII. */
function everyOrbit(): Orbits {
  allOrbits ??= buildAllOrbits();
  return allOrbits;
}

function buildAllOrbits(): Orbits {
  const orbits = new Map<number, number[]>();
  for (const [codePoint, orbit] of asciiOrbits) orbits.set(codePoint, [...orbit]);
  const join = (a: number, b: number): void => {
    const merged = [...new Set([...(orbits.get(a) ?? [a]), ...(orbits.get(b) ?? [b])])];
    for (const member of merged) orbits.set(member, merged);
  };
  const changesCase = /[\p{Changes_When_Lowercased}\p{Changes_When_Uppercased}\p{Changes_When_Casefolded}]/u;
  for (let codePoint = LAST_ASCII + 1; codePoint <= 0x1ffff; codePoint++) {
    const character = String.fromCodePoint(codePoint);
    if (!changesCase.test(character)) continue;
    for (const changed of [character.toLowerCase(), character.toUpperCase()]) {
      const other = changed.codePointAt(0);
      if (other === undefined || other === codePoint || changed.length > String.fromCodePoint(other).length)
        continue;
      // Upper and lower case also pair letters that simple folding keeps apart, such as i without a dot.
      if (new RegExp(`^\\u{${codePoint.toString(16)}}$`, 'iu').test(changed)) join(codePoint, other);
    }
  }
  return orbits;
}
