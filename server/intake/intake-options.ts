import type { TakenEntry } from '../../protocol/batch-service.js';
import type { Registration } from '../../protocol/health-service.js';
import type { Report, Timestamp, View } from '../../protocol/model.js';
import type { Evidence } from '../../protocol/provenance.js';
import type { Clock } from '../../runtime/clock.js';
import type { Admission } from './admission.js';
import type { CheckedEntries } from './batch-room.js';
import type { SentEntries } from './peer-intake.js';
import type { StoreLimits, StoreSizes } from './store-room.js';
import type { TakenIds } from './taken-ids.js';

/** A registration and its handle. */
export interface HandedOut {
  readonly handle: number;
  readonly registration: Registration;
}

export interface IntakeOptions {
  readonly clock: Clock;
  /** Take from peers only reports on watched subjects. */
  readonly filterSubmission: boolean;
  /** Throw REQUEST_INVALID; the second gives the entry as it is kept, or why it is refused. */
  readonly checks: {
    module(name: string): string;
    entries(batch: SentEntries): CheckedEntries;
  };
  readonly registrations: {
    /** Throws REQUEST_INVALID. */
    check(handle: number, observer: string): void;
    register(registration: Registration): { readonly handle: number };
    isSaved(handle: number): boolean;
    markSaved(handle: number): void;
  };
  readonly store: {
    isWatched(subject: string): boolean;
    watch(subject: string, since: Timestamp): boolean;
    unwatch(subject: string): boolean;
    view(observer: string, subject: string): View | undefined;
    add(report: Report): void;
  } & StoreSizes;
  readonly held: {
    readonly subjects: number;
    hold(report: Report, nowMs: number): void;
    release(subject: string, nowMs: number): Report[];
  };
  readonly journal: {
    save(change: {
      readonly registrations: readonly HandedOut[];
      readonly watched: ReadonlyMap<string, Timestamp>;
      readonly reports: readonly TakenEntry[];
      /** A peer has it too, and gives it again if it is lost. */
      readonly isElsewhere: boolean;
    }): Promise<void>;
    saveUnwatch(subject: string): Promise<void>;
  };
  readonly relay: {
    /** There is no peer: nobody sends back what we took. */
    readonly isAlone: boolean;
    /** For a report without an id. */
    nextId(): string;
    propagate(entries: readonly TakenEntry[]): void;
    subscribe(subject: string): void;
    interested(peerId: string, subject: string): void;
  };
  /** Told of every report that was taken, before `onChange`. */
  readonly evidence: { reported(report: Report, evidence: Evidence | null): void };
  /** The panorama of the subject changed; `observer`: by whose word. */
  readonly onChange: (subject: string, observer?: string) => void;
  /** Whether the store would have any use for a report that may be old; default it always has. */
  readonly wouldKeep?: (report: Report) => boolean;
  readonly admission?: Admission;
  readonly takenIds?: TakenIds;
  readonly storeLimits?: StoreLimits;
}
