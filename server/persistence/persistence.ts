import type { TakenEntry } from '../../protocol/batch-service.js';
import type { Registration } from '../../protocol/health-service.js';
import type { Inference, Panorama, Report, Status, Timestamp } from '../../protocol/model.js';
import type { Evidence, VerdictChange } from '../../protocol/verdict.js';

/** Takes what the journal holds of the time before a restart: all of one kind, then all of the next. */
export interface Restorer {
  registration(handle: number, registration: Registration): void;
  /** A subject of the watch list, and since when it is there. */
  watch(subject: string, since: Timestamp): void;
  /** What was known of a subject when it was last saved, as it was, and the evidence for it. */
  panorama(panorama: Panorama, evidence: readonly SavedEvidence[]): void;
  /** What came after that, in the order in which it came. */
  report(report: Report, evidence: Evidence | null): void;
  /** Prints (runtime/text-print.ts) of the newest ids, oldest first, one behind the other. */
  prints(prints: Uint32Array): void;
  /** What was given to `saveRelayState`. */
  relayState(peer: string, name: string, value: string): void;
  /** The verdict that stands on a subject. */
  standing(subject: string, standing: SavedStanding): void;
  /** What was given to `saveAlert`. */
  alert(key: string, alert: string): void;
  /** The newest changes of verdicts, oldest first. */
  verdictChange(change: VerdictChange): void;
}

/** Where the word of an observer on a metric comes from. */
export interface SavedEvidence {
  readonly observer: string;
  readonly metric: string;
  readonly time: Timestamp;
  readonly status: Status;
  readonly evidence: Evidence;
}

/** Since when a status holds; milliseconds since 1970 UTC. */
export interface SavedSince {
  readonly status: Status;
  readonly sinceMs: number;
}

/** A subject's verdict and, by name, that of each of its metrics. */
export interface SavedStanding extends SavedSince {
  readonly metrics: ReadonlyMap<string, SavedSince>;
}

/** What the journal asks, whenever nothing is on its way to disk. */
export interface StateSource {
  /** Undefined when nothing is known of the subject (any more). */
  panorama(subject: string): Panorama | undefined;
  evidence(subject: string): Iterable<SavedEvidence>;
}

/** How much of the past is kept. What is still needed is kept beyond it. */
export interface RetentionLimits {
  /** Reports and inferences that were written longer ago go; milliseconds, 0: never. */
  readonly maxAgeMs: number;
  /** Beyond it the oldest go; bytes of the database that are in use, 0: no limit. */
  readonly maxBytes: number;
}

/** What goes into the journal together. */
export interface Change {
  readonly registrations: readonly { readonly handle: number; readonly registration: Registration }[];
  /** Subjects that join the watch list, and when; one that is watched already keeps its time. */
  readonly watched: ReadonlyMap<string, Timestamp>;
  readonly reports: readonly TakenEntry[];
  /**
   * Peers have it too, and give it again if it is lost: it has to outlive this process and need not outlive
   * a loss of power, which spares the wait for the disk itself.
   */
  readonly isElsewhere: boolean;
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
  /** Rows that were dropped for their age or because the journal was too large, since the start. */
  readonly dropped: { readonly reports: number; readonly inferences: number };
}

/**
 * Where an aggregator keeps what must outlive it. Each promise resolves when its matter is on disk, in
 * the order of the calls, and rejects with DATABASE_FAILED when it is not; then nothing of it is there.
 */
export interface Persistence {
  /** Call once, first; `source` is asked from then on. Throws DATABASE_FAILED. */
  open(restorer: Restorer, source: StateSource): Promise<void>;
  /** In one transaction, and the reports in their order. */
  save(change: Change): Promise<void>;
  /** The subject is watched no longer, and what was reported of it so far is not restored. */
  saveUnwatch(subject: string): Promise<void>;
  /** Nobody waits for it: an inference follows from the reports. */
  saveInference(inference: Inference): void;
  /** What stands on the subject from now on (null: nothing), and how that came about, if its worst status changed. */
  saveVerdict(subject: string, standing: SavedStanding | null, change: VerdictChange | null): Promise<void>;
  /**
   * The panorama of the subject changed: by a report of `save`, in the same turn of the event loop as its
   * promise resolved, or otherwise. Must be called for every report.
   */
  panoramaChanged(subject: string): void;
  /**
   * Something that the relay wants back after a restart, null to be rid of it. Nobody waits for it: of what is
   * saved under one name in a short while the last is written.
   */
  saveRelayState(peer: string, name: string, value: string | null): void;
  /** An alert that somebody was told of, null when everybody knows that it is over; otherwise as `saveRelayState`. */
  saveAlert(key: string, alert: string | null): void;
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
  saveVerdict: () => Promise.resolve(),
  panoramaChanged: () => undefined,
  saveRelayState: () => undefined,
  saveAlert: () => undefined,
  counts: () => ({ written: 0, failures: 0, waiting: 0, bytes: 0, dropped: { reports: 0, inferences: 0 } }),
  close: () => Promise.resolve(),
};
