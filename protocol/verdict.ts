import type { Status } from './model.js';
import type { Evidence } from './provenance.js';

export type { Evidence } from './provenance.js';

/** Times in this file: milliseconds since 1970 UTC, whole or not. */

/** What one observer says of one metric of a subject, and what that counts. */
export interface Vote {
  readonly observer: string;
  readonly status: Status;
  readonly score: number;
  /** Of the newest observation behind it. */
  readonly timeMs: number;
  /** 0 (has no say) to 1; the algorithm says how much. */
  readonly weight: number;
  /** Null: it was submitted without provenance, or that is too long ago. */
  readonly evidence: Evidence | null;
}

/** One metric of a verdict with everything that was said on it, worst first. */
export interface MetricVerdict {
  readonly name: string;
  readonly status: Status;
  readonly score: number;
  /** Since when it has this status. */
  readonly sinceMs: number;
  readonly votes: readonly Vote[];
}

/** A subject's verdict as a list shows it. */
export interface VerdictSummary {
  readonly subject: string;
  /** The worst status over all metrics; NA when nothing stands. */
  readonly status: Status;
  /** The lowest score among the metrics of that status. */
  readonly score: number;
  /** Since when it has this status. */
  readonly sinceMs: number;
  /** When it was last spoken of. */
  readonly timeMs: number;
  /** The metrics that have the worst status. */
  readonly metrics: readonly string[];
  /** Who says so of these metrics. */
  readonly observers: readonly string[];
}

/** A verdict that explains itself. */
export interface Verdict extends VerdictSummary {
  /** The algorithm that weighed the votes. */
  readonly algorithm: string;
  readonly verdicts: readonly MetricVerdict[];
}

/** A verdict became another one. */
export interface VerdictChange {
  /**
   * Rises by one with each change of this aggregator, over restarts too when it keeps a journal. Without one
   * it begins anew, above all that came before.
   */
  readonly sequence: number;
  readonly subject: string;
  /** When it became so, by the observation that tipped it; within a subject it never goes back. */
  readonly timeMs: number;
  readonly before: Status;
  readonly after: Status;
  readonly score: number;
  /** The metrics that have the worst status now. */
  readonly metrics: readonly string[];
  /** Who says so of these metrics. */
  readonly observers: readonly string[];
  /** The rule and the line that tipped it, where one is known. */
  readonly evidence: Evidence | null;
}

/** What the aggregator makes of all it was told: for its clients, its page, its metrics and its alerts. */
export interface Verdicts {
  /** Worst first, then by subject. */
  list(): readonly VerdictSummary[];
  /** Undefined when nothing was ever said of the subject. */
  explain(subject: string): Verdict | undefined;
  /** Oldest first; of the newest ones, `limit` at most. */
  history(filter: {
    readonly subject?: string;
    readonly sinceMs?: number;
    readonly limit: number;
  }): readonly VerdictChange[];
  /**
   * Calls for every later change, in order. `after`: the last sequence the caller knows; what came since is
   * told first, or null is returned when that is no longer kept and the caller has to begin with `list`.
   */
  watch(onChange: (change: VerdictChange) => void, after?: number): { close(): void } | null;
  /** Of the newest change that was told: `list` and then `watch` from here on misses nothing. */
  sequence(): number;
}
