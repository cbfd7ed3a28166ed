import { literalsOfValues, requiredLiterals, selectivity, type LiteralSet } from './literals.js';
import { listElements } from './operators.js';
import { patternOf } from './pattern.js';
import type { Clause, RuleEntry } from './rule-set.js';

/** How much less a clause's text tells when it is a tag or class that many other lines carry as well. */
const WHOLE_VALUE_FACTOR = 0.7;
const NOT_LAST_FACTOR = 0.5;

/**
 * Texts such that every record that one of the entries matches contains one of them in the values of
 * `fields`; null when some entry has no such text. An empty list: there are no entries.
 */
export function literalsOfEntries(entries: readonly RuleEntry[], fields: readonly string[]): LiteralSet | null {
  const all = new Set<string>();
  for (const entry of entries) {
    const literals = literalsOfEntry(entry, fields);
    if (literals === null) return null;
    for (const literal of literals) all.add(literal);
  }
  // What contains another literal is found by finding that one.
  return [...all].filter((literal) => ![...all].some((other) => other !== literal && literal.includes(other)));
}

/** The most telling set that any one clause gives: all clauses hold, so one set is enough. */
function literalsOfEntry({ chain }: RuleEntry, fields: readonly string[]): LiteralSet | null {
  let best: LiteralSet | null = null;
  let bestScore = -Infinity;
  for (const [index, clause] of chain.entries()) {
    const literals = fields.includes(clause.field) ? literalsOfClause(clause) : null;
    if (literals === null) continue;
    // Rules go from the general to the special: who speaks first, what is said last.
    const place = index === chain.length - 1 ? 1 : NOT_LAST_FACTOR;
    const kind = clause.operator === '==' || clause.operator === '(-' ? WHOLE_VALUE_FACTOR : 1;
    const score = selectivity(literals) * place * kind;
    if (score > bestScore) [best, bestScore] = [literals, score];
  }
  return best;
}

function literalsOfClause({ operator, pattern }: Clause): LiteralSet | null {
  switch (operator) {
    case '==':
      return literalsOfValues([pattern]);
    case '!=':
      return null;
    case '~':
      return requiredLiterals(patternOf(pattern).core);
    case '(-':
      return literalsOfValues(listElements(pattern));
    case '(~': {
      const sets = listElements(pattern).map((text) => requiredLiterals(patternOf(text).core));
      const usable = sets.filter((set) => set !== null);
      return usable.length === sets.length ? [...new Set(usable.flat())] : null;
    }
  }
}
