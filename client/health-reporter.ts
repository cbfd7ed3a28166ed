import type { Subject } from './subject.js';

/** What names a request among those that are open; `1` and `'1'` are two. */
export type RequestId = string | number;

/** How a subject is, from good to bad; `NA` takes back what was said of it. */
export type HealthStatus = 'NA' | 'HEALTHY' | 'PENDING' | 'MAYBE_UNHEALTHY' | 'UNHEALTHY' | 'DYING' | 'DEAD';

/** How observations are sent: in batches, or one by one to an aggregator of another make. */
export type SendingMode = 'unknown' | 'batch' | 'single';

/** What a reporter has done so far. */
export interface ReporterCounts {
  /** Statements that were made by report, clear, fail and overdue requests, and could be understood. */
  readonly statements: number;
  /** Of these, HEALTHY ones that are not sent as such: what goes out of them is a mean, if anything. */
  readonly merged: number;
  /** Of these, those that were made after close, and have no effect. */
  readonly late: number;
  /** Calls that had no effect, as something was wrong with them. */
  readonly invalid: number;
  /** Observations to be sent: the other statements, and means. Each is one of the four below. */
  readonly observations: number;
  /** Taken by the aggregator. */
  readonly delivered: number;
  /** Not taken, for what they say. */
  readonly refused: number;
  /** Given up for want of room, or at close. */
  readonly dropped: number;
  /** On their way. */
  readonly waiting: number;
  /** Requests within their time, and those that are overdue and still open. */
  readonly pendingRequests: number;
  readonly overdueRequests: number;
  /** How observations are sent; `unknown` while the aggregator does not answer. */
  readonly mode: SendingMode;
  /** Since when the aggregator does not answer, milliseconds since 1970 UTC; null: it does. */
  readonly awaySinceMs: number | null;
}

export interface PendingOptions {
  /** How long the answer may take before PENDING is reported, milliseconds. Default: `pendingAfterMs` of connect. */
  readonly withinMs?: number;
  /** Score of the PENDING, 0 (worst) to 100; default 60. */
  readonly score?: number;
}

/**
 * Says how others are, as this program meets them. Every method returns at once and none throws, whatever
 * it is given: what cannot be reported goes to `onProblem`, and the call has no effect.
 */
export interface HealthReporter {
  /** The id that this program reports under. */
  readonly observer: string;
  /**
   * Reports how a subject is. `metric` names the context in which it was met, such as `checkout`. Scores go
   * from 0 (worst) to 100; the default is HEALTHY 100, PENDING 60, MAYBE_UNHEALTHY 50, UNHEALTHY 20, DYING 10,
   * DEAD and NA 0. Repeated HEALTHY is merged; any other status is sent at once and ends the merging.
   */
  report(subject: Subject, metric: string, status: HealthStatus, score?: number): void;
  /**
   * A request was sent to a subject. Unless it is cleared or failed in time, PENDING is reported, once. An id
   * that is open already begins anew.
   */
  pending(subject: Subject, metric: string, requestId: RequestId, options?: PendingOptions): void;
  /** The request was answered: HEALTHY, merged with others, whether it was overdue or not. */
  clear(requestId: RequestId, score?: number): void;
  /** The request failed: UNHEALTHY, whether it was overdue or not. */
  fail(requestId: RequestId, score?: number): void;
  counts(): ReporterCounts;
  /**
   * Reports what was merged, delivers for at most so long (milliseconds, default 2000), then nothing any more.
   * Requests that are open are forgotten. Resolves to the number of observations that may not have arrived;
   * never rejects.
   */
  close(limitMs?: number): Promise<number>;
}
