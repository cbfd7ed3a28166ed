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
  /** Any number of times, then `opened`. */
  | { readonly kind: 'stored'; readonly part: StoredPart }
  | { readonly kind: 'opened' }
  | { readonly kind: 'open-failed'; readonly reason: string }
  | { readonly kind: 'written' }
  /** Nothing of the transaction is in the database. */
  | { readonly kind: 'write-failed'; readonly reason: string }
  | { readonly kind: 'closed' };

/**
 * Some of what the database held when it was opened, as JSON text of an array.
 * - registrations: `[handle, module, observer]`
 * - watched: `[subject, seconds, nanos]`
 * - reports: `[observer, subject, seconds, nanos, metrics]`
 * - ids: the texts
 */
export interface StoredPart {
  readonly kind: 'registrations' | 'watched' | 'reports' | 'ids';
  readonly rows: string;
}
