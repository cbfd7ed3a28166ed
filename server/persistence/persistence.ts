import type { BatchEntry } from '../../protocol/batch-service.js';
import type { Registration } from '../../protocol/health-service.js';
import type { Inference, Report, Timestamp } from '../../protocol/model.js';

/** Takes what the journal holds of the time before a restart: all of one kind, then all of the next. */
export interface Restorer {
  registration(handle: number, registration: Registration): void;
  /** A subject of the watch list, and since when it is there. */
  watch(subject: string, since: Timestamp): void;
  /** The newest reports, in the order in which they came. */
  report(report: Report): void;
  /** The ids of the newest reports that have one, oldest first. */
  id(id: string): void;
}

/** What goes into the journal together. */
export interface Change {
  readonly registrations: readonly { readonly handle: number; readonly registration: Registration }[];
  /** Subjects that join the watch list, and when; one that is watched already keeps its time. */
  readonly watched: ReadonlyMap<string, Timestamp>;
  readonly reports: readonly BatchEntry[];
}

export interface PersistenceCounts {
  /** Reports that are on disk, since the start. */
  readonly written: number;
  /** Transactions that could not be written. */
  readonly failures: number;
  /** Reports on their way. */
  readonly waiting: number;
  /** Of the journal's files. */
  readonly bytes: number;
}

/**
 * Where an aggregator keeps what must outlive it. Each promise resolves when its matter is on disk, in
 * the order of the calls, and rejects with DATABASE_FAILED when it is not; then nothing of it is there.
 */
export interface Persistence {
  /** Call once, first. Throws DATABASE_FAILED. */
  open(restorer: Restorer): Promise<void>;
  /** In one transaction, and the reports in their order. */
  save(change: Change): Promise<void>;
  /** The subject is watched no longer, and what was reported of it so far is not restored. */
  saveUnwatch(subject: string): Promise<void>;
  /** Nobody waits for it: an inference follows from the reports. */
  saveInference(inference: Inference): void;
  counts(): PersistenceCounts;
  /** Resolves when everything is on disk. */
  close(): Promise<void>;
}

/** For an aggregator without a database file: keeps nothing. */
export const noPersistence: Persistence = {
  open: () => Promise.resolve(),
  save: () => Promise.resolve(),
  saveUnwatch: () => Promise.resolve(),
  saveInference: () => undefined,
  counts: () => ({ written: 0, failures: 0, waiting: 0, bytes: 0 }),
  close: () => Promise.resolve(),
};
