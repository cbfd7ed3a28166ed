import { caseOrbit } from './case-folding.js';
import {
  complement,
  JAVASCRIPT_LINE_ENDS,
  LAST_CODE_POINT,
  LINE_FEED,
  rangeSet,
  type CharacterSet,
} from './character-set.js';
import { ClassParser } from './class-parser.js';
import { OnlyInJavaScript, PatternCursor, PatternProblem } from './pattern-cursor.js';
import type { LookOpening, PatternFault, PatternNode, PatternTree } from './pattern-syntax.js';

/** RE2's own bound; it keeps a short pattern from becoming a huge program. */
const MAX_REPEAT = 1000;
const MAX_DEPTH = 250;
const GROUP_NAME = /^[A-Za-z0-9_]+$/;

interface Flags {
  ignoreCase: boolean;
  multiline: boolean;
  dotAll: boolean;
  ungreedy: boolean;
}

export type ParsedPattern =
  | { readonly kind: 'parsed'; readonly tree: PatternTree }
  | { readonly kind: 'invalid'; readonly fault: PatternFault };

/**
 * Reads a pattern as RE2 (Go) does. When it meets what only JavaScript has, it starts over and reads
 * the whole pattern as JavaScript, in which RE2's spellings of flags and group names still work.
 */
export function parsePattern(text: string): ParsedPattern {
  try {
    return { kind: 'parsed', tree: parseIn(text) };
  } catch (error) {
    if (error instanceof PatternProblem) return { kind: 'invalid', fault: error.fault };
    throw error;
  }
}

function parseIn(text: string): PatternTree {
  try {
    return new PatternParser(new PatternCursor(text, 're2')).parse();
  } catch (error) {
    if (!(error instanceof OnlyInJavaScript)) throw error;
    return new PatternParser(new PatternCursor(text, 'javascript')).parse();
  }
}

class PatternParser {
  #flags: Flags = { ignoreCase: false, multiline: false, dotAll: false, ungreedy: false };
  #groupCount = 0;
  #depth = 0;
  readonly #groupNames = new Map<string, number>();
  /** Checked at the end: a reference may stand before its group. */
  readonly #references: { readonly name: string | number; readonly position: number }[] = [];
  readonly #classes: ClassParser;

  constructor(private readonly cursor: PatternCursor) {
    this.#classes = new ClassParser(cursor);
  }

  parse(): PatternTree {
    const root = this.#choice();
    if (!this.cursor.atEnd) throw this.cursor.problem('unexpected )');
    const tree: PatternTree = {
      dialect: this.cursor.dialect,
      root,
      groupCount: this.#groupCount,
      groupNames: this.#groupNames,
    };
    this.#checkReferences();
    return tree;
  }

  #choice(): PatternNode {
    const branches = [this.#sequence()];
    while (this.cursor.take('|')) branches.push(this.#sequence());
    const [only] = branches;
    return branches.length === 1 && only !== undefined ? only : { kind: 'choice', branches };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    let lastOperator: string | null = null;
    while (!this.cursor.atEnd && !this.cursor.sees('|') && !this.cursor.sees(')')) {
      const start = this.cursor.position;
      const operator = this.#repeatOperator();
      if (operator === null) {
        this.#item(items);
        lastOperator = null;
        continue;
      }
      const text = this.cursor.text.slice(start, this.cursor.position);
      if (lastOperator !== null) {
        throw this.cursor.problem(`${lastOperator}${text} repeats a repetition`, start);
      }
      const body = items.pop();
      if (body === undefined)
        throw this.cursor.problem(`nothing stands before ${text} to be repeated`, start);
      const repeat: PatternNode = { kind: 'repeat', ...operator, body, position: start };
      if (!staysWithin(MAX_REPEAT, repeat)) {
        throw this.cursor.problem(
          `${text} and the repetitions inside it multiply to over ${MAX_REPEAT}`,
          start,
        );
      }
      items.push(repeat);
      lastOperator = text;
    }
    const [only] = items;
    if (only === undefined) return { kind: 'empty' };
    return items.length === 1 ? only : { kind: 'sequence', items };
  }

  /** `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`, each lazy with a `?` after it; null when none stands here. */
  #repeatOperator(): { min: number; max: number; greedy: boolean } | null {
    const start = this.cursor.position;
    let min: number;
    let max: number;
    if (this.cursor.take('*')) [min, max] = [0, Infinity];
    else if (this.cursor.take('+')) [min, max] = [1, Infinity];
    else if (this.cursor.take('?')) [min, max] = [0, 1];
    else {
      const counts = this.cursor.takeMatch(/\{(\d+)(?:(,)(\d*))?\}/y);
      // Any other { stands for itself.
      if (counts === null) return null;
      min = Number(counts[1]);
      max = counts[2] === undefined ? min : counts[3] === '' ? Infinity : Number(counts[3]);
      if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) {
        throw this.cursor.problem(`${counts[0]} repeats more than ${MAX_REPEAT} times`, start);
      }
      if (max < min) throw this.cursor.problem(`${counts[0]} has its bounds the wrong way round`, start);
    }
    const isLazy = this.cursor.take('?');
    return { min, max, greedy: isLazy === this.#flags.ungreedy };
  }

  /** Adds what stands at the cursor; nothing for flags, several characters for a quotation. */
  #item(items: PatternNode[]): void {
    const { cursor } = this;
    if (cursor.take('(')) this.#group(items);
    else if (cursor.sees('[')) {
      items.push({ kind: 'set', set: this.#classes.bracket(this.#flags.ignoreCase) });
    } else if (cursor.take('.')) items.push({ kind: 'set', set: this.#dot() });
    else if (cursor.take('^')) {
      items.push({ kind: 'assertion', assertion: this.#flags.multiline ? 'line-start' : 'text-start' });
    } else if (cursor.take('$')) {
      items.push({ kind: 'assertion', assertion: this.#flags.multiline ? 'line-end' : 'text-end' });
    } else if (cursor.sees('\\')) this.#escape(items);
    else items.push(this.#character(cursor.next()));
  }

  #escape(items: PatternNode[]): void {
    const { cursor } = this;
    const start = cursor.position;
    if (cursor.take('\\Q')) {
      while (!cursor.atEnd && !cursor.take('\\E')) items.push(this.#character(cursor.next()));
    } else if (cursor.take('\\A')) items.push({ kind: 'assertion', assertion: 'text-start' });
    else if (cursor.take('\\z')) items.push({ kind: 'assertion', assertion: 'text-end' });
    else if (cursor.take('\\b')) items.push({ kind: 'assertion', assertion: 'word-boundary' });
    else if (cursor.take('\\B')) items.push({ kind: 'assertion', assertion: 'no-word-boundary' });
    else if (cursor.take('\\C')) throw cursor.problem('\\C (a single byte) is not supported', start);
    else if (cursor.take('\\Z')) throw cursor.problem('\\Z is not supported; write \\z or $', start);
    else if (cursor.take('\\k<'))
      items.push(this.#reference(cursor.until('>', 'the name of \\k<', start), start));
    else {
      const digit = cursor.takeMatch(/\\([1-9])(?![0-7])/y);
      if (digit !== null) items.push(this.#reference(Number(digit[1]), start));
      else {
        const set = this.#classes.escapedSet(this.#flags.ignoreCase);
        items.push(
          set === null ? this.#character(this.#classes.escapedCharacter(false)) : { kind: 'set', set },
        );
      }
    }
  }

  #reference(name: string | number, position: number): PatternNode {
    this.cursor.onlyInJavaScript();
    this.#references.push({ name, position });
    // A name is resolved now if it can be; one that comes later always matches the empty text.
    const index = typeof name === 'number' ? name : this.#groupNames.get(name);
    return index === undefined ? { kind: 'empty' } : { kind: 'reference', index };
  }

  #checkReferences(): void {
    for (const { name, position } of this.#references) {
      const exists = typeof name === 'number' ? name <= this.#groupCount : this.#groupNames.has(name);
      if (!exists) throw this.cursor.problem(`there is no group ${name} to refer to`, position);
    }
  }

  /** After `(`. */
  #group(items: PatternNode[]): void {
    const { cursor } = this;
    const start = cursor.position - 1;
    const outerFlags = { ...this.#flags };
    if (!cursor.take('?')) {
      const index = ++this.#groupCount;
      items.push({ kind: 'group', index, body: this.#body(start) });
    } else if (cursor.take(':')) items.push(this.#body(start));
    else if (cursor.sees('=') || cursor.sees('!') || cursor.sees('<=') || cursor.sees('<!')) {
      cursor.onlyInJavaScript();
      cursor.takeMatch(/<?[=!]/y);
      const opening = cursor.text.slice(start, cursor.position) as LookOpening;
      items.push({ kind: 'look', opening, body: this.#body(start) });
    } else if (cursor.take('P<') || cursor.take('<')) {
      const index = ++this.#groupCount;
      this.#nameGroup(index, start);
      items.push({ kind: 'group', index, body: this.#body(start) });
    } else {
      const isScoped = this.#takeFlags(start);
      if (!isScoped) return;
      items.push(this.#body(start));
    }
    this.#flags = outerFlags;
  }

  #body(start: number): PatternNode {
    if (++this.#depth > MAX_DEPTH)
      throw this.cursor.problem(`groups stand more than ${MAX_DEPTH} deep`, start);
    const body = this.#choice();
    this.#depth--;
    if (!this.cursor.take(')')) throw this.cursor.problem('missing ) for this (', start);
    return body;
  }

  #nameGroup(index: number, start: number): void {
    const at = this.cursor.position;
    const name = this.cursor.until('>', 'the name of this group', start);
    if (!GROUP_NAME.test(name)) {
      throw this.cursor.problem(
        `group name ${JSON.stringify(name)} has other than letters, digits and _`,
        at,
      );
    }
    if (this.#groupNames.has(name)) throw this.cursor.problem(`two groups are named ${name}`, at);
    this.#groupNames.set(name, index);
  }

  /** After `(?`: sets flags. True when they hold for a group that starts here, false for the rest of the outer one. */
  #takeFlags(start: number): boolean {
    const flags = this.cursor.takeMatch(/([imsU]*)(?:-([imsU]+))?([:)])/y);
    if (flags === null) {
      const shown = this.cursor.text.slice(start, start + 4);
      throw this.cursor.problem(`${shown} starts no group that is known`, start);
    }
    const names = { i: 'ignoreCase', m: 'multiline', s: 'dotAll', U: 'ungreedy' } as const;
    for (const [letter, name] of Object.entries(names)) {
      if (flags[1]?.includes(letter) === true) this.#flags[name] = true;
      if (flags[2]?.includes(letter) === true) this.#flags[name] = false;
    }
    return flags[3] === ':';
  }

  #dot(): CharacterSet {
    if (this.#flags.dotAll) return rangeSet([0, LAST_CODE_POINT]);
    return rangeSet(complement(this.cursor.dialect === 're2' ? LINE_FEED : JAVASCRIPT_LINE_ENDS));
  }

  #character(codePoint: number): PatternNode {
    if (!this.#flags.ignoreCase) return { kind: 'character', codePoint };
    const orbit = caseOrbit(codePoint);
    if (orbit.length === 1) return { kind: 'character', codePoint };
    return { kind: 'set', set: rangeSet(orbit.flatMap((other) => [other, other])) };
  }
}

/** Whether no counted repetitions inside each other ask for more than `limit` rounds in all; RE2's rule. */
function staysWithin(limit: number, node: PatternNode): boolean {
  switch (node.kind) {
    case 'repeat': {
      if (node.max === 0) return true;
      const rounds = node.max === Infinity ? node.min : node.max;
      return rounds <= limit && staysWithin(rounds > 0 ? Math.floor(limit / rounds) : limit, node.body);
    }
    case 'sequence':
      return node.items.every((item) => staysWithin(limit, item));
    case 'choice':
      return node.branches.every((branch) => staysWithin(limit, branch));
    case 'group':
    case 'look':
      return staysWithin(limit, node.body);
    case 'empty':
    case 'character':
    case 'set':
    case 'assertion':
    case 'reference':
      return true;
  }
}
