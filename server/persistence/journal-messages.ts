/** What the aggregator's thread and the journal's thread say to each other. */

/**
 * One statement of a transaction and its rows: the JSON text of an array of arrays. One text crosses
 * between threads, and into SQLite, far faster than its many parts.
 */
export interface JournalStep {
  readonly statement: StatementName;
  readonly rows: string;
}

/**
 * What a row of each holds; metrics are `[[name, status, score], ...]`.
 * - report: observer, subject, seconds, nanos, metrics, id or null, provenance or null as
 *   `[host, path, offset, line, rule, why]`
 * - inference: subject, `[observer, ...]`, seconds, nanos, metrics
 * - registration: handle, module, observer
 * - watch: subject, seconds, nanos
 * - unwatch: subject
 */
export type StatementName = 'report' | 'inference' | 'registration' | 'watch' | 'unwatch';

export interface JournalSettings {
  readonly file: string;
  /** The newest reports that are read back at the start. */
  readonly restoreReports: number;
  /** Ids of reports that are read back at most. */
  readonly restoreIds: number;
  /** How long to wait for another program that has locked the database. */
  readonly busyTimeoutMs: number;
}

/** The rows of one transaction, or the end. */
export type ToJournal =
  { readonly kind: 'write'; readonly steps: readonly JournalStep[] } | { readonly kind: 'close' };

export type FromJournal =
  | { readonly kind: 'opened'; readonly rows: StoredRows }
  | { readonly kind: 'open-failed'; readonly reason: string }
  | { readonly kind: 'written' }
  /** Nothing of the transaction is in the database. */
  | { readonly kind: 'write-failed'; readonly reason: string }
  | { readonly kind: 'closed' };

/** What the database held when it was opened. */
export interface StoredRows {
  readonly registrations: readonly (readonly [handle: number, module: string, observer: string])[];
  readonly watched: readonly (readonly [subject: string, seconds: number, nanos: number])[];
  /** Oldest first. */
  readonly reports: readonly (readonly [
    observer: string,
    subject: string,
    seconds: number,
    nanos: number,
    metrics: string,
  ])[];
  /** JSON of an array of texts, oldest first. */
  readonly takenIds: string;
}
