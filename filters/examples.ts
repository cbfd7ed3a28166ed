import { statusName, type Status } from '../protocol/model.js';
import type { Example, ExampleExpectation, RuleEntry, RuleSet } from './rule-set.js';

/** One finding that a log excerpt led to, as it would be reported. */
export interface ExampleFinding {
  /** The id of the entry that fired. */
  readonly rule: string;
  readonly subject: string;
  readonly context: string;
  readonly status: Status;
  readonly score: number;
}

/**
 * Reads lines as the start of a fresh log, with the plugin and all rules, and returns the findings in
 * order. Nothing may carry over from one call to the next.
 */
export type ReplayLines = (lines: readonly string[]) => readonly ExampleFinding[];

/** An example whose entry did not do what it expects. */
export interface ExampleFailure {
  readonly entry: RuleEntry;
  /** Counted from 1 within the entry. */
  readonly exampleNumber: number;
  readonly example: Example;
  /** What was expected and what came out instead. */
  readonly message: string;
}

export interface ExampleResults {
  readonly passed: number;
  readonly failures: readonly ExampleFailure[];
  /** Entries with examples that fire, and entries with examples that must not: the rest is untested. */
  readonly withoutPositive: readonly RuleEntry[];
  readonly withoutNegative: readonly RuleEntry[];
}

/** Runs every example of a rule set. */
export function runExamples(ruleSet: RuleSet, replay: ReplayLines): ExampleResults {
  const failures: ExampleFailure[] = [];
  let passed = 0;
  for (const entry of ruleSet.entries) {
    for (const [index, example] of entry.examples.entries()) {
      const message = checkExample(entry, example, replay(example.lines));
      if (message === null) passed++;
      else failures.push({ entry, exampleNumber: index + 1, example, message });
    }
  }
  return {
    passed,
    failures,
    withoutPositive: ruleSet.entries.filter(({ examples }) =>
      examples.every(({ expect }) => expect === null),
    ),
    withoutNegative: ruleSet.entries.filter(({ examples }) =>
      examples.every(({ expect }) => expect !== null),
    ),
  };
}

/** Null when the findings are what the example expects, else what is wrong. */
function checkExample(
  entry: RuleEntry,
  example: Example,
  findings: readonly ExampleFinding[],
): string | null {
  const own = findings.filter((finding) => finding.rule === entry.id);
  const last = own[own.length - 1];
  if (example.expect === null) {
    return last === undefined ? null : `must not fire, but gave ${describeFinding(last)}`;
  }
  if (last === undefined) {
    const others = findings.map((finding) => `${finding.rule} (${describeFinding(finding)})`);
    const instead = others.length === 0 ? 'no entry did' : `instead did ${others.join(', ')}`;
    return `did not fire; ${instead}`;
  }
  const differences = [...differencesOf(example.expect, last)];
  return differences.length === 0 ? null : differences.join('; ');
}

function* differencesOf(expected: ExampleExpectation, found: ExampleFinding): Generator<string> {
  for (const member of ['subject', 'context', 'score'] as const) {
    const wanted = expected[member];
    if (wanted !== null && wanted !== found[member]) {
      yield `${member} should be ${JSON.stringify(wanted)} but is ${JSON.stringify(found[member])}`;
    }
  }
  if (expected.status !== null && expected.status !== found.status) {
    yield `status should be ${statusWord(expected.status)} but is ${statusWord(found.status)}`;
  }
}

function describeFinding({ subject, context, status, score }: ExampleFinding): string {
  return `${subject} ${context} ${statusWord(status)} ${score}`;
}

function statusWord(status: Status): string {
  return statusName(status).toLowerCase();
}
