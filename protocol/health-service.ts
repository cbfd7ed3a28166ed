import type { UncheckedReport } from './codec.js';
import type { Inference, Panorama, Peer, Report, Timestamp, View } from './model.js';

/** What became of a report that was handed over. */
export type Intake = 'ignored' | 'accepted' | 'failed';

/** What a peer wants with LearnReport. */
export type LearnKind = 'normal' | 'subscription' | 'unsubscription';

export interface Registration {
  /** The system the observer belongs to, `ZooKeeper`. */
  readonly module: string;
  readonly observer: string;
}

export interface LearnRequest {
  readonly kind: LearnKind;
  readonly source: Peer;
  /** For a (un)subscription only its subject counts. */
  readonly report: Report;
}

export interface PingAnswer {
  readonly good: boolean;
  readonly time: Timestamp;
}

/** The questions that an aggregator answers, alike for its client and its server side. */
export interface HealthQueries {
  /** Puts a subject on the watch list; whether it was new there. */
  observe(subject: string): Promise<boolean>;
  /** Takes it off; whether it was there. */
  stopObserving(subject: string): Promise<boolean>;
  /** A handle for submitReport; the same registration gets the same handle. */
  register(registration: Registration): Promise<number>;
  /** NOT_FOUND when nothing was ever said about the subject; likewise the three below. */
  getLatestReport(subject: string): Promise<Report>;
  getPanorama(subject: string): Promise<Panorama>;
  getView(observer: string, subject: string): Promise<View>;
  getInference(subject: string): Promise<Inference>;
  /** The watch list: subject → when it joined. */
  getObservedSubjects(): Promise<ReadonlyMap<string, Timestamp>>;
  dumpPanorama(): Promise<ReadonlyMap<string, Panorama>>;
  dumpInference(): Promise<ReadonlyMap<string, Inference>>;
  ping(source: Peer, time: Timestamp): Promise<PingAnswer>;
  getPeers(): Promise<readonly Peer[]>;
  getId(): Promise<Peer>;
}

/** The service as a caller sees it. */
export interface HealthService extends HealthQueries {
  submitReport(handle: number, report: Report): Promise<Intake>;
  learnReport(request: LearnRequest): Promise<Intake>;
}

/**
 * The service as the aggregator offers it: reports arrive unchecked, and null stands for a request
 * without one. Handlers refuse with HviewError; REQUEST_INVALID and NOT_FOUND reach the caller as such.
 */
export interface HealthHandlers extends HealthQueries {
  submitReport(handle: number, report: UncheckedReport | null): Promise<Intake>;
  learnReport(request: {
    readonly kind: LearnKind;
    readonly source: Peer;
    readonly report: UncheckedReport | null;
  }): Promise<Intake>;
}
