import type { RuleEntry } from '../rule-set.js';
import type { Attack } from './pattern-growth.js';

/** Every kind of thing that a check can find, with what it means to the writer of the rules. */
export const LINT_KINDS = {
  invalid: 'the file breaks the format and cannot be used',
  odd: 'the format allows it, but it cannot be meant',
  unreachable: 'the entry can never fire',
  'slow-pattern': 'a hostile line can make the pattern take far more than linear time',
  'unclear-pattern': 'the pattern is too intricate to tell whether a line can make it slow',
  'example-failed': 'an entry does not do what its example says',
  'examples-not-run': 'the plugin cannot read the examples',
  'two-claims': 'two entries have something different to say of one line, and only their order decides',
  'no-firing-example': 'no example shows the entry fire',
  'no-near-miss': 'no example shows what the entry must leave alone',
  'unknown-field': 'the plugin gives no such field',
  'other-plugin': 'the file is meant for another plugin',
} as const;
export type LintKind = keyof typeof LINT_KINDS;

/** An attack with the pattern that it is on. */
export interface PatternAttack extends Attack {
  readonly pattern: string;
}

/** Something that a check has found in a rule set. */
export interface LintFinding {
  /** An error means: do not put this rule set to use. */
  readonly severity: 'error' | 'warning';
  readonly kind: LintKind;
  /** Null: it is about the file as a whole. */
  readonly entry: RuleEntry | null;
  /** Which clause of the entry, counted from 1; null: the entry as a whole. */
  readonly clause: number | null;
  /** Which example of the entry, counted from 1; null: none. */
  readonly example: number | null;
  readonly message: string;
  /** What to do about it; empty when the message says it all. */
  readonly hint: string;
  /** The texts that show a pattern to be slow; null for everything else. */
  readonly attack: PatternAttack | null;
}

/** A finding with what it does not say filled in. */
export function lintFinding(
  finding: Pick<LintFinding, 'severity' | 'kind' | 'message'> & Partial<LintFinding>,
): LintFinding {
  return { entry: null, clause: null, example: null, hint: '', attack: null, ...finding };
}
