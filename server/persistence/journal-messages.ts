/** What the aggregator's thread and the journal's thread say to each other. */
import type { RetentionLimits } from './persistence.js';

/**
 * One statement of a transaction and its rows: the JSON text of an array of arrays, or what is not JSON.
 * One text crosses between threads, and into SQLite, far faster than its many parts.
 */
export type JournalStep =
  | { readonly statement: StatementName; readonly rows: string }
  /** Of the ids in the transaction's reports. */
  | { readonly statement: 'prints'; readonly prints: Uint32Array };

/**
 * What a row of each holds; metrics are `[[name, status, score], ...]`.
 * - report: observer, subject, seconds, nanos, metrics, id or null, provenance or null as
 *   `[host, path, offset, line, rule, why, agent]`
 * - inference: subject, `[observer, ...]`, seconds, nanos, metrics
 * - registration: handle, module, observer
 * - watch: subject, seconds, nanos
 * - unwatch: subject
 * - panorama: subject, `[[observer, [[seconds, nanos, metrics], ...]], ...]`, as it is after all reports of
 *   earlier transactions, and `[[observer, metric, seconds, nanos, status, provenance], ...]`
 * - standing: subject, status, since, `[[name, status, since], ...]`
 * - standing-end: subject
 * - change: sequence, subject, time, before, after, score, `[metric, ...]`, `[observer, ...]`, provenance or null
 * - state: name, number
 * - relay: peer, name, value or null to delete it
 * - alert: key, alert or null to delete it
 */
export type StatementName =
  | 'report'
  | 'inference'
  | 'registration'
  | 'watch'
  | 'unwatch'
  | 'panorama'
  | 'standing'
  | 'standing-end'
  | 'change'
  | 'state'
  | 'relay'
  | 'alert';

export interface JournalSettings {
  readonly file: string;
  /** Prints of ids that are kept. */
  readonly rememberedIds: number;
  /** How long to wait for another program that has locked the database. */
  readonly busyTimeoutMs: number;
  readonly limits: RetentionLimits;
  /** How often it is looked at whether something is to be dropped, milliseconds. */
  readonly retentionEveryMs: number;
}

/** For the log: what the journal's thread found or did. */
export interface NoteToAggregator {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Rows that were dropped for their age or because the journal was too large. */
export interface Dropped {
  readonly reports: number;
  readonly inferences: number;
}

export type ToJournal =
  /** The next part of what is stored; ask until it is all. */
  | { readonly kind: 'read' }
  /** The rows of one transaction; `isSynced`: to be answered only when they would outlive a loss of power. */
  | { readonly kind: 'write'; readonly steps: readonly JournalStep[]; readonly isSynced: boolean }
  | { readonly kind: 'close' };

export type FromJournal =
  | { readonly kind: 'note'; readonly note: NoteToAggregator }
  /** Reports up to `covered` are in their panoramas; `last` is the newest one's id. */
  | { readonly kind: 'opened'; readonly covered: number; readonly last: number }
  | { readonly kind: 'open-failed'; readonly reason: string }
  /** Null: that was all. */
  | { readonly kind: 'stored'; readonly part: StoredPart | null }
  /** `last`: the newest report's id. */
  | { readonly kind: 'written'; readonly last: number }
  /** Nothing of the transaction is in the database. */
  | { readonly kind: 'write-failed'; readonly reason: string }
  | { readonly kind: 'dropped'; readonly dropped: Dropped }
  /** More would be dropped if all panoramas were saved. */
  | { readonly kind: 'held' }
  | { readonly kind: 'closed' };

/**
 * Some of what the database held when it was opened, as JSON text of an array.
 * - registrations: `[handle, module, observer]`
 * - watched: `[subject, seconds, nanos]`
 * - panoramas: `[subject, views, evidence]`
 * - reports: `[observer, subject, seconds, nanos, metrics, provenance or null]`
 * - standings: `[subject, status, since, metrics]`
 * - changes: as they were written
 * - relay: `[peer, name, value]`
 * - alerts: `[key, alert]`
 */
export type StoredPart =
  | { readonly kind: StoredKind; readonly rows: string }
  | { readonly kind: 'prints'; readonly prints: Uint32Array };

export type StoredKind =
  'registrations' | 'watched' | 'panoramas' | 'reports' | 'relay' | 'standings' | 'changes' | 'alerts';
