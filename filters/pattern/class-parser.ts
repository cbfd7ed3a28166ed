import { foldedProperty, foldedRanges } from './case-folding.js';
import {
  characterSet,
  complement,
  DIGITS,
  JAVASCRIPT_SPACES,
  LAST_CODE_POINT,
  normalized,
  POSIX_CLASSES,
  RE2_SPACES,
  WORD_CHARACTERS,
  type CharacterSet,
  type Ranges,
} from './character-set.js';
import type { PatternCursor } from './pattern-cursor.js';

/** A set in the making. RE2 folds each member before it negates it, so members come in folded. */
class SetBuilder {
  readonly ranges: number[] = [];
  readonly properties: string[] = [];

  constructor(readonly ignoreCase: boolean) {}

  add(ranges: Ranges, isNegated = false): void {
    const folded = this.ignoreCase ? normalized(foldedRanges(normalized(ranges))) : normalized(ranges);
    this.ranges.push(...(isNegated ? complement(folded) : folded));
  }

  /** `source`: what JavaScript writes inside `\p{}`. */
  addProperty(source: string, isNegated: boolean): void {
    const property = `\\p{${source}}`;
    if (!this.ignoreCase) this.properties.push(isNegated ? `\\P{${source}}` : property);
    else if (isNegated) this.add(membersOf(property), true);
    else {
      this.properties.push(property);
      this.ranges.push(...foldedProperty(property));
    }
  }

  build(negated: boolean): CharacterSet {
    return characterSet(this.ranges, this.properties, negated);
  }
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** Reads what stands for a set of characters: brackets, `\d`, `\pL`; and single escaped characters. */
export class ClassParser {
  constructor(private readonly cursor: PatternCursor) {}

  /** A bracket expression; the cursor stands on its `[`. */
  bracket(ignoreCase: boolean): CharacterSet {
    const { cursor } = this;
    const start = cursor.position;
    cursor.take('[');
    const negated = cursor.take('^');
    const set = new SetBuilder(ignoreCase);
    // In RE2 a ] right at the start stands for itself; in JavaScript [] takes nothing and [^] anything.
    const mayBeEmpty = cursor.dialect === 'javascript';
    for (let isFirst = true; (isFirst && !mayBeEmpty) || !cursor.sees(']'); isFirst = false) {
      if (cursor.atEnd) {
        if (/^\[\^?\]/.test(cursor.text.slice(start))) cursor.onlyInJavaScript();
        throw cursor.problem('missing ] for this [', start);
      }
      this.#member(set);
    }
    cursor.take(']');
    return set.build(negated);
  }

  /** `\d`, `\pL` and the like outside brackets; null when something else stands there. */
  escapedSet(ignoreCase: boolean): CharacterSet | null {
    const set = new SetBuilder(ignoreCase);
    return this.#takeNamedSet(set) ? set.build(false) : null;
  }

  /** One escaped character; the cursor stands on its backslash. Returns the code point. */
  escapedCharacter(inBrackets: boolean): number {
    const { cursor } = this;
    const start = cursor.position;
    cursor.take('\\');
    if (cursor.atEnd) throw cursor.problem('the pattern ends with a single backslash', start);
    const octal = cursor.takeMatch(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y);
    if (octal !== null) return parseInt(octal[0], 8);
    const hexadecimal = cursor.takeMatch(/x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/y);
    if (hexadecimal !== null) return this.#codePoint(hexadecimal[1] ?? hexadecimal[2] ?? '', start);
    const unicode = cursor.takeMatch(/u(?:([0-9A-Fa-f]{4})|\{([0-9A-Fa-f]+)\})/y);
    if (unicode !== null) {
      cursor.onlyInJavaScript();
      return this.#codePoint(unicode[1] ?? unicode[2] ?? '', start);
    }
    const control = cursor.takeMatch(/c([A-Za-z])/y);
    if (control !== null) {
      cursor.onlyInJavaScript();
      return (control[1] ?? '').charCodeAt(0) % 32;
    }
    if (inBrackets && cursor.take('b')) {
      cursor.onlyInJavaScript();
      return 8;
    }
    const codePoint = cursor.next();
    const character = String.fromCodePoint(codePoint);
    const simple = SIMPLE_ESCAPES[character];
    if (simple !== undefined) return simple;
    if (codePoint < 0x80 && !/[A-Za-z0-9]/.test(character)) return codePoint;
    throw cursor.problem(`\\${character} is no escape that is known`, start);
  }

  #codePoint(digits: string, start: number): number {
    const codePoint = parseInt(digits, 16);
    if (codePoint > LAST_CODE_POINT) throw this.cursor.problem(`there is no character ${digits}`, start);
    return codePoint;
  }

  #member(set: SetBuilder): void {
    const { cursor } = this;
    const start = cursor.position;
    const posix = cursor.takeMatch(/\[:(\^?)([^\]:]*):\]/y);
    if (posix !== null) {
      const ranges = Object.hasOwn(POSIX_CLASSES, posix[2] ?? '') ? POSIX_CLASSES[posix[2] ?? ''] : undefined;
      if (ranges === undefined) throw cursor.problem(`there is no character class ${posix[0]}`, start);
      set.add(ranges, posix[1] === '^');
      return;
    }
    if (this.#takeNamedSet(set)) return;
    const low = this.#single();
    let high = low;
    if (
      cursor.sees('-') &&
      cursor.text[cursor.position + 1] !== ']' &&
      cursor.position + 1 < cursor.text.length
    ) {
      cursor.take('-');
      high = this.#single();
    }
    if (high < low) {
      throw cursor.problem(`range ${cursor.text.slice(start, cursor.position)} runs backwards`, start);
    }
    set.add([low, high]);
  }

  #single(): number {
    const start = this.cursor.position;
    if (!this.cursor.sees('\\')) return this.cursor.next();
    if (this.#takeNamedSet(new SetBuilder(false))) {
      throw this.cursor.problem('a range cannot end in a class of characters', start);
    }
    return this.escapedCharacter(true);
  }

  #takeNamedSet(set: SetBuilder): boolean {
    const { cursor } = this;
    const perl = cursor.takeMatch(/\\([dDsSwW])/y)?.[1];
    if (perl !== undefined) {
      const lower = perl.toLowerCase();
      const spaces = cursor.dialect === 're2' ? RE2_SPACES : JAVASCRIPT_SPACES;
      const ranges: Ranges = lower === 'd' ? DIGITS : lower === 'w' ? WORD_CHARACTERS : spaces;
      set.add(ranges, perl !== lower);
      return true;
    }
    const start = cursor.position;
    const property = cursor.takeMatch(/\\([pP])(?:\{(\^?)([^}]*)\}|([A-Za-z]))/y);
    if (property === null) return false;
    const name = property[3] ?? property[4] ?? '';
    const source = propertySource(name);
    if (source === null) throw cursor.problem(`there is no Unicode class ${property[0]}`, start);
    set.addProperty(source, (property[1] === 'P') !== (property[2] === '^'));
    return true;
  }
}

/** How JavaScript names a Unicode class that RE2 names `name`: scripts need `Script=`. */
function propertySource(name: string): string | null {
  return [name, `Script=${name}`].find(isProperty) ?? null;
}

function isProperty(source: string): boolean {
  try {
    new RegExp(`\\p{${source}}`, 'u');
    return true;
  } catch {
    return false;
  }
}

/** Every code point with a property. Slow; needed only where a property is negated and case ignored. */
function membersOf(property: string): Ranges {
  const pattern = new RegExp(property, 'u');
  const members: number[] = [];
  for (let codePoint = 0; codePoint <= LAST_CODE_POINT; codePoint++) {
    if (pattern.test(String.fromCodePoint(codePoint))) members.push(codePoint, codePoint);
  }
  return members;
}
