import type { Status } from '../protocol/model.js';
import type { LogLevel } from './log-level.js';
import type { Deadline, EscalationStep, Withdrawal } from './matcher.js';

/**
 * A filter file, read and checked. What a file may leave out is filled in here, so that nobody behind
 * the loader needs to know defaults.
 */
export interface RuleSet {
  /** Where it came from, for messages: the path as the user gave it. */
  readonly source: string;
  /** The plugin it is meant for; null: any. */
  readonly plugin: string | null;
  /** Empty when the file has none. */
  readonly description: string;
  /** Drop findings on subjects that the plugin does not know. */
  readonly knownSubjectsOnly: boolean;
  /** In file order, which decides. */
  readonly entries: readonly RuleEntry[];
  /** What is probably a mistake but does not keep the file from being used. */
  readonly warnings: readonly RuleSetProblem[];
}

export interface RuleEntry {
  /** Counted from 1 in file order. */
  readonly number: number;
  /** Unique; `entry-N` when the file gives none. */
  readonly id: string;
  readonly why: string;
  /** Which versions of the system write the line; for the reader. */
  readonly versions: string;
  /** At least one clause; all have to hold. The first one is the head of the entry's branch. */
  readonly chain: readonly Clause[];
  readonly classifier: Classifier;
  readonly examples: readonly Example[];
}

/** One test of one field. */
export interface Clause {
  readonly field: string;
  readonly operator: Operator;
  /** The text to compare with, a regular expression, or a list of either, as the operator wants it. */
  readonly pattern: string;
  /** Named groups become results `<field>_<group>`. */
  readonly captureResult: boolean;
}

/**
 * `==` equal, `!=` not equal, `~` found in the field, `!~` found nowhere in it, `(-` one of a list, `(~` one of
 * a list found in it.
 */
export const OPERATORS = ['==', '!=', '~', '!~', '(-', '(~'] as const;
export type Operator = (typeof OPERATORS)[number];

/** What a record that fulfils the chain says. */
export interface Classifier {
  /** Empty: the context of the record's tag. */
  readonly context: string;
  readonly subject: SubjectRule;
  readonly status: Status;
  /** 0 to 100. */
  readonly score: number;
  /** One more condition: the record's `level` is at least this; null: any level. */
  readonly minLevel: LogLevel | null;
  /** Milliseconds; null: the finding stands until something newer comes. */
  readonly expiresMs: number | null;
  readonly withdraws: Withdrawal | null;
  readonly deadline: Deadline | null;
  readonly escalate: readonly EscalationStep[] | null;
  readonly pause: PauseRule | null;
}

/** How a record tells of a pause of its own process. */
export interface PauseRule {
  readonly lasted: LastedRule;
  readonly distrustMs: number;
}

/** Where the length of a pause comes from. */
export type LastedRule =
  | { readonly kind: 'fixed'; readonly lastedMs: number }
  /** The named result, `content_ms`: a number of milliseconds or a duration; 0 when it is neither. */
  | { readonly kind: 'result'; readonly result: string };

/** Where the subject's name comes from. */
export type SubjectRule =
  | { readonly kind: 'tag' }
  | { readonly kind: 'literal'; readonly name: string }
  /** The named result, `content_host`; the tag's subject when it is empty. */
  | { readonly kind: 'result'; readonly result: string };

/** A log excerpt and what the entry it stands in has to make of it. */
export interface Example {
  /** As they stand in a log, without line ends. */
  readonly lines: readonly string[];
  /** Null: the entry must not fire on any of the lines. */
  readonly expect: ExampleExpectation | null;
  /** Made up after the source code, not taken from a log. */
  readonly isSynthetic: boolean;
}

/** What the entry's last finding on the lines must be; a member that is null is not compared. */
export interface ExampleExpectation {
  readonly subject: string | null;
  readonly context: string | null;
  readonly status: Status | null;
  readonly score: number | null;
}

/** Something wrong or doubtful in a filter file. */
export interface RuleSetProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** Which part of the file, `entry 3 (slow-sync), clause 2`; empty: the file as a whole. */
  readonly part: string;
  readonly message: string;
}

/** A problem on one line, in the form that editors and terminals make clickable. */
export function describeProblem(source: string, problem: RuleSetProblem): string {
  const part = problem.part === '' ? '' : `${problem.part}: `;
  return `${source}:${problem.line}:${problem.column}: ${part}${problem.message}`;
}

/** Name of the result that a named group of a clause on `field` gives. */
export function resultName(field: string, group: string): string {
  return `${field}_${group}`;
}
