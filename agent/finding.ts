import type { RuleIdentity, Withdrawal } from '../filters/matcher.js';
import type { Report } from '../protocol/model.js';
import { Status, timestampFromMillis } from '../protocol/model.js';

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
  /** Without a newer word for this long it is withdrawn, milliseconds; null: it stands. */
  readonly expiresMs: number | null;
  readonly withdraws: Withdrawal | null;
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
  };
}
