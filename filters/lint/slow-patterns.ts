import { searchesOf } from '../operators.js';
import { LAST_CODE_POINT, setSize } from '../pattern/character-set.js';
import type { PatternNode } from '../pattern/pattern-syntax.js';
import { patternOf } from '../pattern/pattern.js';
import type { RuleEntry } from '../rule-set.js';

import { lintFinding, type LintFinding } from './lint-finding.js';
import { findGrowth, type Attack, type Growth } from './pattern-growth.js';
import { nameOf } from './reachability.js';

/** The field whose values can have several lines. */
const DETAIL = 'detail';

interface Use {
  readonly entry: RuleEntry;
  readonly clause: number;
  readonly field: string;
  readonly pattern: string;
  readonly captures: boolean;
}

/** Patterns that a hostile line could make slow, each once, with the texts that show it. */
export function* findSlowPatterns(entries: readonly RuleEntry[]): Generator<LintFinding> {
  const uses = new Map<string, Use[]>();
  for (const use of entries.flatMap(usesOf)) {
    const key = JSON.stringify([use.field === DETAIL, use.captures, use.pattern]);
    uses.set(key, [...(uses.get(key) ?? []), use]);
  }
  for (const [first, ...others] of uses.values()) {
    if (first === undefined) continue;
    const { entry, clause, pattern } = first;
    const growth = growthOf(first);
    const elsewhere = others.length === 0 ? '' : ` (used by ${others.length} more)`;
    if (growth.kind === 'slow') {
      yield lintFinding({
        severity: 'error',
        kind: 'slow-pattern',
        entry,
        clause,
        message: `pattern ${JSON.stringify(pattern)}${elsewhere} takes ${describePower(growth.attack)} time`,
        hint: adviceFor(pattern, growth.attack),
        attack: { pattern, ...growth.attack },
      });
    } else if (growth.kind === 'unknown') {
      yield lintFinding({
        severity: 'warning',
        kind: 'unclear-pattern',
        entry,
        clause,
        message: `pattern ${JSON.stringify(pattern)}${elsewhere} is too intricate to tell whether a line can make it slow`,
        hint: `Split ${nameOf(entry)} into several clauses.`,
      });
    }
  }
}

function usesOf(entry: RuleEntry): Use[] {
  return entry.chain.flatMap((clause, index) =>
    searchesOf(clause).map((pattern) => ({
      entry,
      clause: index + 1,
      field: clause.field,
      pattern,
      captures: clause.captureResult,
    })),
  );
}

function growthOf({ field, pattern, captures }: Use): Growth {
  const { core, tree } = patternOf(pattern);
  const growth = findGrowth(core, field === DETAIL);
  const whole = captures ? withoutEnd(tree.root) : null;
  return growth.kind === 'linear' && whole !== null ? findGrowth(whole, field === DETAIL) : growth;
}

/**
 * What is run once more to capture, when that is more than the search itself: an optional beginning.
 * Null: it is not. One that takes everything, as `.*` does, succeeds where it is first tried.
 */
function withoutEnd(root: PatternNode): PatternNode | null {
  if (root.kind !== 'sequence') return null;
  const [first] = root.items;
  if (first?.kind !== 'repeat' || first.min > 0) return null;
  if (first.body.kind === 'set' && first.max === Infinity && setSize(first.body.set) >= LAST_CODE_POINT)
    return null;
  const last = root.items.findLastIndex((item) => item.kind !== 'repeat' || item.min > 0);
  return { kind: 'sequence', items: root.items.slice(0, last + 1) };
}

/** `quadratic`, `cubic`, ... */
export function describePower({ kind, power }: Attack): string {
  if (kind === 'exponential') return 'exponential';
  const degree = Math.max(2, Math.round(power));
  return degree === 2 ? 'quadratic' : degree === 3 ? 'cubic' : `more than cubic (length to the ${degree}th)`;
}

function adviceFor(pattern: string, { kind, prefix }: Attack): string {
  if (kind === 'exponential') {
    return 'Make the rounds of the repetition begin with something that they cannot contain, such as (?:,[^,]*)*.';
  }
  const isAnchored = pattern.startsWith('^') || pattern.startsWith('\\A');
  if (!isAnchored && prefix === '') {
    return 'Begin it with ^ and the words that the message begins with, so that the search is not begun anew at every character.';
  }
  return 'Let each repetition stop where the next part begins, [^/]*/ instead of .*/, or make a clause of each part.';
}
