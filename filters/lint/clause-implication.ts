import { anchoredPrefix, plainText } from '../compiled-clause.js';
import { listElements, prepareClause } from '../operators.js';
import { requiredLiterals } from '../pattern/literals.js';
import { patternOf, type Pattern } from '../pattern/pattern.js';
import type { Clause } from '../rule-set.js';

/**
 * Whether every value that fulfils `first` fulfils `second` too. False as well when that cannot be told:
 * regular expressions are only compared by the texts that they begin with or contain.
 */
export function implies(first: Clause, second: Clause): boolean {
  if (first.field !== second.field) return false;
  const values = valuesOf(first);
  if (values !== null) return values.length > 0 && values.every((value) => holds(second, value));
  if (second.operator === '!~') {
    if (first.operator === '!~') return first.pattern === second.pattern;
    return excludes(second, first);
  }
  if (first.operator === '!~') return false;
  if (second.operator === '!=') {
    return first.operator === '!=' ? first.pattern === second.pattern : !holds(first, second.pattern);
  }
  if (first.operator === '!=' || valuesOf(second) !== null) return false;
  const patterns = patternsOf(second);
  return patternsOf(first).every((pattern) => patterns.some((other) => patternImplies(pattern, other)));
}

/** Whether no value fulfils both. False as well when that cannot be told. */
export function exclude(first: Clause, second: Clause): boolean {
  if (first.field !== second.field) return false;
  for (const [one, other] of [
    [first, second],
    [second, first],
  ] as const) {
    const values = valuesOf(one);
    if (values !== null) return values.every((value) => !holds(other, value));
  }
  if (first.operator === '!=' || second.operator === '!=') return false;
  if (first.operator === '!~') return excludes(first, second);
  if (second.operator === '!~') return excludes(second, first);
  return patternsOf(first).every((pattern) =>
    patternsOf(second).every((other) => beginDifferently(pattern, other)),
  );
}

/** Whether a `!~` keeps out all that `other` finds: only a search for the same, or for more. */
function excludes({ pattern }: Clause, other: Clause): boolean {
  if (other.operator !== '~' && other.operator !== '(~') return false;
  return patternsOf(other).every((found) => patternImplies(found, patternOf(pattern)));
}

/** The only values that fulfil the clause; null: there are others. */
function valuesOf({ operator, pattern }: Clause): readonly string[] | null {
  return operator === '==' ? [pattern] : operator === '(-' ? listElements(pattern) : null;
}

function patternsOf({ operator, pattern }: Clause): readonly Pattern[] {
  return (operator === '~' ? [pattern] : listElements(pattern)).map(patternOf);
}

function holds(clause: Clause, value: string): boolean {
  return prepareClause(clause)(value) !== null;
}

function patternImplies(first: Pattern, second: Pattern): boolean {
  if (first.text === second.text) return true;
  const plain = plainText(second.core);
  if (plain === null || plain.toEnd) return false;
  if (plain.fromStart) return anchoredPrefix(first.core).startsWith(plain.text);
  const literals = requiredLiterals(first.core) ?? [];
  return [anchoredPrefix(first.core), ...(literals.length === 1 ? literals : [])].some((text) =>
    text.includes(plain.text),
  );
}

function beginDifferently(first: Pattern, second: Pattern): boolean {
  const [one, other] = [anchoredPrefix(first.core), anchoredPrefix(second.core)];
  return one !== '' && other !== '' && !one.startsWith(other) && !other.startsWith(one);
}
