import { compileRuleSet } from '../compile.js';
import { runExamples, type ReplayLines } from '../examples.js';
import type { Matcher, RecordFields } from '../matcher.js';
import type { Classifier, RuleEntry, RuleSet } from '../rule-set.js';
import { implies } from './clause-implication.js';
import { lintFinding, type LintFinding } from './lint-finding.js';
import { nameOf } from './reachability.js';

/** What a log excerpt leads to, read as the start of a fresh log with the plugin. */
export interface ExampleReader {
  /** The findings that all rules together give. */
  readonly replay: ReplayLines;
  /** The records, each with its continuation lines as `detail`. */
  readonly records: (lines: readonly string[]) => readonly RecordFields[];
}

/** Examples that do not do what they say, and lines of which two entries have different things to say. */
export function* findExampleProblems(ruleSet: RuleSet, reader: ExampleReader): Generator<LintFinding> {
  const { failures } = runExamples(ruleSet, reader.replay);
  for (const { entry, exampleNumber, message } of failures) {
    yield lintFinding({
      severity: 'error',
      kind: 'example-failed',
      entry,
      example: exampleNumber,
      message: `example ${exampleNumber}: ${message}`,
    });
  }
  yield* findTwoClaims(ruleSet, reader);
}

/** Entries without an example that fires, and without one that nearly does. */
export function* findUncovered({ entries }: RuleSet): Generator<LintFinding> {
  for (const entry of entries) {
    if (entry.examples.every(({ expect }) => expect === null)) {
      const message = 'has no example that shows it fire';
      yield lintFinding({ severity: 'warning', kind: 'no-firing-example', entry, message });
    }
    if (entry.examples.every(({ expect }) => expect !== null)) {
      const message = 'has no example of a line that it must leave alone';
      yield lintFinding({ severity: 'warning', kind: 'no-near-miss', entry, message });
    }
  }
}

function* findTwoClaims(ruleSet: RuleSet, { records }: ExampleReader): Generator<LintFinding> {
  const alone = new Map(ruleSet.entries.map((entry) => [entry, matcherOf(ruleSet, entry)]));
  for (const entry of ruleSet.entries) {
    const rivals = new Map<RuleEntry, number>();
    for (const [index, { lines, expect }] of entry.examples.entries()) {
      if (expect === null) continue;
      const own = records(lines).filter((fields) => alone.get(entry)?.match(fields) !== null);
      for (const [other, matcher] of alone) {
        if (other === entry || rivals.has(other) || saysTheSame(entry.classifier, other.classifier)) continue;
        if (isSpecialCase(entry, other)) continue;
        if (own.some((fields) => matcher.match(fields) !== null)) rivals.set(other, index + 1);
      }
    }
    for (const [other, example] of rivals) {
      // One word for each pair: the entry whose example is claimed and comes first.
      yield lintFinding({
        severity: 'warning',
        kind: 'two-claims',
        entry,
        example,
        message: `example ${example} is claimed by ${nameOf(other)} as well, which says something else of it; only the order of the two decides`,
        hint: 'Give one of them a clause that the other line does not fulfil.',
      });
    }
  }
}

function matcherOf(ruleSet: RuleSet, entry: RuleEntry): Matcher {
  return compileRuleSet({ ...ruleSet, entries: [entry] });
}

/** Whether `entry` asks for all that `other` does and more: then it is meant to stand before it. */
function isSpecialCase(entry: RuleEntry, other: RuleEntry): boolean {
  return other.chain.every((clause) => entry.chain.some((own) => implies(own, clause)));
}

function saysTheSame(a: Classifier, b: Classifier): boolean {
  return (
    a.context === b.context &&
    a.status === b.status &&
    a.score === b.score &&
    JSON.stringify(a.subject) === JSON.stringify(b.subject)
  );
}
