import type { Status, StatusName } from './model.js';
import type { MetricVerdict, Verdict, VerdictChange, VerdictSummary, Vote } from './verdict.js';

/** The bodies of the JSON API; server/http/openapi.json describes the same for everybody else. */

/** As a type of verdict.ts, each status by its name. */
export type Named<Value> = Value extends Status
  ? StatusName
  : Value extends readonly (infer Item)[]
    ? readonly Named<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Named<Value[Key]> }
      : Value;

export type VoteJson = Named<Vote>;
export type MetricVerdictJson = Named<MetricVerdict>;
export type VerdictJson = Named<Verdict>;
export type VerdictSummaryJson = Named<VerdictSummary>;
export type VerdictChangeJson = Named<VerdictChange>;

/** GET /api/v1/aggregator */
export interface AggregatorJson {
  readonly id: string;
  readonly address: string;
  readonly version: string;
  /** What its clock says, milliseconds since 1970. */
  readonly timeMs: number;
  /** Of the latest change; 0 when there was none. */
  readonly sequence: number;
  readonly peers: readonly { readonly id: string; readonly address: string }[];
  /** How many subjects have each status. */
  readonly subjects: Readonly<Partial<Record<StatusName, number>>>;
}

/** GET /api/v1/verdicts */
export interface VerdictsJson {
  readonly verdicts: readonly VerdictSummaryJson[];
}

/** GET /api/v1/history */
export interface HistoryJson {
  readonly changes: readonly VerdictChangeJson[];
}

/**
 * GET /api/v1/matrix: who says what of whom. `rows` has a text for each subject, in it a letter for each
 * observer: `n` NA, `h` HEALTHY, `p` PENDING, `m` MAYBE_UNHEALTHY, `u` UNHEALTHY, `d` DYING, `x` DEAD, and
 * `.` for an observer who said nothing of the subject; points at its end are left out.
 */
export interface MatrixJson {
  readonly observers: readonly string[];
  readonly subjects: readonly string[];
  readonly rows: readonly string[];
}

/** What the stream GET /api/v1/watch says first. */
export interface WatchHelloJson {
  readonly sequence: number;
  readonly timeMs: number;
  /** How often a beat comes when there is nothing to tell, milliseconds. */
  readonly beatMs: number;
}

/** Any answer of 400 and above. */
export interface ErrorJson {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
}
