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

/** Where an aggregator keeps what must outlive it. */
export interface Persistence {
  /** Call once, first. Throws DATABASE_FAILED. */
  open(): Promise<Restored>;
  /** Resolves when the report is on disk; rejects with DATABASE_FAILED. */
  saveReport(report: Report): Promise<void>;
  /** Likewise for a registration. */
  saveRegistration(handle: number, registration: Registration): Promise<void>;
  /** `since` null: the subject is watched no longer, and what was reported of it is not restored. */
  saveWatch(subject: string, since: Timestamp | null): void;
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
  saveWatch: () => undefined,
  saveInference: () => undefined,
  close: () => Promise.resolve(),
};
