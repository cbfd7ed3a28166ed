import type { Ranges } from './pattern/character-set.js';
import { firstCharacters } from './pattern/first-characters.js';
import { requiredLiterals } from './pattern/literals.js';
import type { RecordFields } from './matcher.js';
import { isAtLeast, type LogLevel } from './log-level.js';
import { listElements } from './operators.js';
import { patternOf, type Pattern } from './pattern/pattern.js';
import type { PatternNode } from './pattern/pattern-syntax.js';
import type { Clause } from './rule-set.js';

/** A clause as a yes-or-no test that avoids regular expressions where plain text decides. */
export interface CompiledClause {
  readonly field: string;
  readonly holds: ValueTest;
  /** It holds only for values that begin with one of these; null: for others too, or for the empty text. */
  readonly firstCharacters: Ranges | null;
}

type ValueTest = (value: string) => boolean;

/** A field's text; empty when it is missing (or is something that only the prototype has). */
export function fieldValue(fields: RecordFields, field: string): string {
  const value: unknown = fields[field];
  return typeof value === 'string' ? value : '';
}

export function compileClause(clause: Clause): CompiledClause {
  return { field: clause.field, holds: compileTest(clause), firstCharacters: firstCharactersOf(clause) };
}

/** The condition that the record's level is at least `minimum`. */
export function levelClause(minimum: LogLevel): CompiledClause {
  return { field: 'level', holds: (value) => isAtLeast(value, minimum), firstCharacters: null };
}

function firstCharactersOf({ operator, pattern }: Clause): Ranges | null {
  return operator === '~' ? firstCharacters(patternOf(pattern).core) : null;
}

function compileTest({ operator, pattern }: Clause): ValueTest {
  switch (operator) {
    case '==':
      return (value) => value === pattern;
    case '!=':
      return (value) => value !== pattern;
    case '~':
      return searchTest(patternOf(pattern));
    case '!~': {
      const found = searchTest(patternOf(pattern));
      return (value) => !found(value);
    }
    case '(-': {
      const elements = new Set(listElements(pattern));
      return (value) => elements.has(value);
    }
    case '(~': {
      const tests = listElements(pattern).map((text) => searchTest(patternOf(text)));
      return (value) => {
        for (const test of tests) if (test(value)) return true;
        return false;
      };
    }
  }
}

/** The cheapest test that decides what the pattern's search would. */
function searchTest({ tester, core }: Pattern): ValueTest {
  const plain = plainTest(core);
  if (plain !== null) return plain;
  const prefix = anchoredPrefix(core);
  if (prefix !== '') return (value) => value.startsWith(prefix) && tester.test(value);
  const literals = requiredLiterals(core);
  const [only] = literals ?? [];
  if (literals?.length === 1 && only !== undefined)
    return (value) => value.includes(only) && tester.test(value);
  return (value) => tester.test(value);
}

/** For a pattern that is nothing but text, perhaps tied to an end of the field. */
function plainTest(core: PatternNode): ValueTest | null {
  const plain = plainText(core);
  if (plain === null) return null;
  const { text, fromStart, toEnd } = plain;
  if (fromStart && toEnd) return (value) => value === text;
  if (fromStart) return (value) => value.startsWith(text);
  if (toEnd) return (value) => value.endsWith(text);
  return (value) => value.includes(text);
}

/** The text that a pattern is, and the ends of the field that it is tied to; null: it is more than text. */
export function plainText(
  core: PatternNode,
): { readonly text: string; readonly fromStart: boolean; readonly toEnd: boolean } | null {
  const items = [...itemsOf(core)];
  const fromStart = isAssertion(items[0], 'text-start');
  if (fromStart) items.shift();
  const toEnd = isAssertion(items[items.length - 1], 'text-end');
  if (toEnd) items.pop();
  const text = textOf(items);
  return text === null ? null : { text, fromStart, toEnd };
}

/** The text that a field has to start with; empty when the pattern is not tied to the start. */
export function anchoredPrefix(core: PatternNode): string {
  const items = itemsOf(core);
  if (!isAssertion(items[0], 'text-start')) return '';
  const end = items.findIndex((item, index) => index > 0 && item.kind !== 'character');
  return textOf(items.slice(1, end < 0 ? items.length : end)) ?? '';
}

/** Null when the items are not all plain characters (half a surrogate pair is none). */
function textOf(items: readonly PatternNode[]): string | null {
  let text = '';
  for (const item of items) {
    if (item.kind !== 'character') return null;
    const character = String.fromCodePoint(item.codePoint);
    if (/\p{Surrogate}/u.test(character)) return null;
    text += character;
  }
  return text;
}

function itemsOf(node: PatternNode): readonly PatternNode[] {
  return node.kind === 'sequence' ? node.items : [node];
}

function isAssertion(node: PatternNode | undefined, assertion: 'text-start' | 'text-end'): boolean {
  return node?.kind === 'assertion' && node.assertion === assertion;
}
