/** What the aggregator's thread and the journal's thread say to each other. */

/** One row to write: the statement's name and its values. */
export type JournalRow =
  | readonly ['report', observer: string, subject: string, seconds: number, nanos: number, metrics: string]
  | readonly [
      'inference',
      subject: string,
      observers: string,
      seconds: number,
      nanos: number,
      metrics: string,
    ]
  | readonly ['registration', handle: number, module: string, observer: string]
  | readonly ['watch', subject: string, seconds: number, nanos: number]
  | readonly ['unwatch', subject: string];

export interface JournalSettings {
  readonly file: string;
  /** The newest reports that are read back at the start. */
  readonly restoreReports: number;
  /** How long to wait for another program that has locked the database. */
  readonly busyTimeoutMs: number;
}

/** The rows of one transaction, or the end. */
export type ToJournal =
  /** `rows`: JSON of JournalRow[]; one text crosses between threads far faster than its many parts. */
  { readonly kind: 'write'; readonly rows: string } | { readonly kind: 'close' };

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
}
