import type { Registration } from '../../protocol/health-service.js';
import type { Inference, Report, Timestamp } from '../../protocol/model.js';

/** What the journal holds of the time before a restart. */
export interface Restored {
  readonly registrations: readonly { readonly handle: number; readonly registration: Registration }[];
  /** The watch list: subject → since when. */
  readonly watched: ReadonlyMap<string, Timestamp>;
  /** The newest reports, in the order in which they came. */
  readonly reports: readonly Report[];
}

/**
 * Where an aggregator keeps what must outlive it. Each promise resolves when its matter is on disk, in
 * the order of the calls, and rejects with DATABASE_FAILED when it is not; then nothing of it is there.
 */
export interface Persistence {
  /** Call once, first. Throws DATABASE_FAILED. */
  open(): Promise<Restored>;
  /** `watchedSince`: with it the subject joins the watch list, in the same transaction. */
  saveReport(report: Report, watchedSince?: Timestamp): Promise<void>;
  saveRegistration(handle: number, registration: Registration): Promise<void>;
  /** A subject that is watched already keeps its time. */
  saveWatch(subject: string, since: Timestamp): Promise<void>;
  /** The subject is watched no longer, and what was reported of it so far is not restored. */
  saveUnwatch(subject: string): Promise<void>;
  /** Nobody waits for it: an inference follows from the reports. */
  saveInference(inference: Inference): void;
  /** Resolves when everything is on disk. */
  close(): Promise<void>;
}

const NOTHING: Restored = { registrations: [], watched: new Map(), reports: [] };

/** For an aggregator without a database file: keeps nothing. */
export const noPersistence: Persistence = {
  open: () => Promise.resolve(NOTHING),
  saveReport: () => Promise.resolve(),
  saveRegistration: () => Promise.resolve(),
  saveWatch: () => Promise.resolve(),
  saveUnwatch: () => Promise.resolve(),
  saveInference: () => undefined,
  close: () => Promise.resolve(),
};
