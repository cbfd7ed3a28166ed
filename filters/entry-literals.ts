import { clauseKey } from './branches.js';
import { literalsOfValues, requiredLiterals, selectivity, type LiteralSet } from './pattern/literals.js';
import { listElements } from './operators.js';
import { patternOf } from './pattern/pattern.js';
import type { Clause, RuleEntry } from './rule-set.js';

/** How much less a clause tells that asks for a whole value: it is probably a tag or a class. */
const WHOLE_VALUE_FACTOR = 0.7;

/**
 * Texts such that every record that one of the entries matches contains one of them in the values of
 * `fields`; null when some entry has no such text. An empty list: there are no entries.
 */
export function literalsOfEntries(
  entries: readonly RuleEntry[],
  fields: readonly string[],
): LiteralSet | null {
  const uses = new Map<string, number>();
  for (const clause of entries.flatMap((entry) => entry.chain)) {
    uses.set(clauseKey(clause), (uses.get(clauseKey(clause)) ?? 0) + 1);
  }
  const all = new Set<string>();
  for (const entry of entries) {
    const literals = literalsOfEntry(entry, fields, uses);
    if (literals === null) return null;
    for (const literal of literals) all.add(literal);
  }
  // What contains another literal is found by finding that one.
  return [...all].filter(
    (literal) => ![...all].some((other) => other !== literal && literal.includes(other)),
  );
}

/** The most telling set that any one clause gives: all clauses hold, so one set is enough. */
function literalsOfEntry(
  { chain }: RuleEntry,
  fields: readonly string[],
  uses: ReadonlyMap<string, number>,
): LiteralSet | null {
  let best: LiteralSet | null = null;
  let bestScore = -Infinity;
  for (const clause of chain) {
    const literals = fields.includes(clause.field) ? literalsOfClause(clause) : null;
    if (literals === null) continue;
    const isWhole = clause.operator === '==' || clause.operator === '(-';
    // A clause that many entries share says who speaks; what is said stands in the others.
    const score =
      (selectivity(literals) * (isWhole ? WHOLE_VALUE_FACTOR : 1)) / (uses.get(clauseKey(clause)) ?? 1) ** 2;
    if (score > bestScore) [best, bestScore] = [literals, score];
  }
  return best;
}

function literalsOfClause({ operator, pattern }: Clause): LiteralSet | null {
  switch (operator) {
    case '==':
      return literalsOfValues([pattern]);
    case '!=':
    case '!~':
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
