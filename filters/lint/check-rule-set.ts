import type { RuleSet, RuleSetProblem } from '../rule-set.js';
import { findExampleProblems, findUncovered, type ExampleReader } from './examples-lint.js';
import { findUnknownFields } from './field-names.js';
import type { LintFinding } from './lint-finding.js';
import { findUnreachable } from './reachability.js';
import { findSlowPatterns } from './slow-patterns.js';

/** What a check knows of the plugin besides the rules. */
export interface CheckContext {
  /** The fields that the plugin gives to rules; null: not known. */
  readonly fields: readonly string[] | null;
  /** Null: the examples cannot be run. */
  readonly examples: ExampleReader | null;
}

/** All that is wrong or doubtful in a rule set that could be read, in the order of its entries. */
export function checkRuleSet(ruleSet: RuleSet, { fields, examples }: CheckContext): readonly LintFinding[] {
  const { entries } = ruleSet;
  const findings = [
    ...findUnreachable(entries),
    ...findSlowPatterns(entries),
    ...(fields === null ? [] : findUnknownFields(entries, fields)),
    ...(examples === null ? [] : findExampleProblems(ruleSet, examples)),
    ...findUncovered(ruleSet),
  ];
  return findings.sort((a, b) => (a.entry?.number ?? 0) - (b.entry?.number ?? 0));
}

/** The loader's warnings without those that the check words better, with proof. */
export function otherWarnings({ warnings }: RuleSet): readonly RuleSetProblem[] {
  return warnings.filter(({ message }) => !/^never fires:|in very many ways/.test(message));
}
