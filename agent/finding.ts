import type { Deadline, EscalationStep, Pause, RuleIdentity, Withdrawal } from '../filters/matcher.js';
import type { Report } from '../protocol/model.js';
import { Status, timestampFromMillis } from '../protocol/model.js';

/** Where in which log a record stands. */
export interface Origin {
  /** The text that the record is part of, see `FollowedFile.text`. */
  readonly text: string;
  /** Where the record begins, bytes from the start of that text. */
  readonly offset: number;
  /** The record's first line. */
  readonly line: string;
}

/** What one record says of one subject: an observation on its way to the aggregator. */
export interface Finding {
  /** Time of the log record, milliseconds since 1970 UTC. */
  readonly timeMs: number;
  readonly observer: string;
  readonly subject: string;
  /** Becomes the metric's name. */
  readonly context: string;
  readonly status: Status;
  /** 0 (worst) to 100. */
  readonly score: number;
  /** The log line's message, or why hview speaks of itself (a withdrawal). */
  readonly message: string;
  readonly rule: RuleIdentity;
  /** The record that said it; of a withdrawal, the record whose word is taken back. */
  readonly origin: Origin;
  /** Without a newer word for this long it is withdrawn, milliseconds; null: it stands. */
  readonly expiresMs: number | null;
  readonly withdraws: Withdrawal | null;
  /** What it becomes when nothing resolves it in time. */
  readonly deadline: Deadline | null;
  /** What it becomes when it is said again and again. */
  readonly escalate: readonly EscalationStep[] | null;
  /** Around which time the observer's word on others weighs nothing, because it stood still itself. */
  readonly pause: Pause | null;
}

/** What a finding is about: two with the same topic are an older and a newer word on one thing. */
export function topicOf({ observer, subject, context }: Finding): string {
  // None of the three comes from more than one line of a log or of a rule.
  return `${observer}\n${subject}\n${context}`;
}

/** A finding as the wire knows it: an observation with a single metric. */
export function findingToReport(finding: Finding): Report {
  return {
    observer: finding.observer,
    subject: finding.subject,
    observation: {
      time: timestampFromMillis(finding.timeMs),
      metrics: [{ name: finding.context, status: finding.status, score: finding.score }],
    },
  };
}

/** The word that takes `finding` back at `timeMs`: nothing can be said any more. */
export function withdrawalOf(finding: Finding, timeMs: number, reason: string): Finding {
  return {
    ...finding,
    timeMs,
    status: Status.NA,
    score: 0,
    message: reason,
    expiresMs: null,
    withdraws: null,
    deadline: null,
    escalate: null,
    pause: null,
  };
}

/** Whether data from outside, such as a checkpoint, is a finding. */
export function isFinding(data: unknown): data is Finding {
  if (typeof data !== 'object' || data === null) return false;
  const { timeMs, observer, subject, context, status, score, message, rule, origin } = data as Record<
    string,
    unknown
  >;
  return (
    [timeMs, status, score].every((value) => typeof value === 'number') &&
    [observer, subject, context, message].every((value) => typeof value === 'string') &&
    [rule, origin].every((value) => typeof value === 'object' && value !== null)
  );
}
