import type { Inference, Metric, Panorama, Timestamp } from '../../protocol/model.js';

/** The panorama of any subject; undefined when nothing was ever said of it. */
export type PanoramaLookup = (subject: string) => Panorama | undefined;

/** What one observer says of one metric, and what that counts. */
export interface WeighedVote extends Metric {
  readonly observer: string;
  /** Of the newest observation behind it. */
  readonly time: Timestamp;
  /** 0 (has no say) to 1. */
  readonly weight: number;
}

/** A way of summing up a panorama. Pure; null when the panorama holds nothing to sum up. */
export interface InferenceAlgorithm {
  readonly name: string;
  /** Whether what is said of an observer changes what its word counts. */
  readonly weighsObservers: boolean;
  /** `others`: what is said of the observers. */
  infer(panorama: Panorama, others: PanoramaLookup): Inference | null;
  /** The votes that `infer` counts, of every metric; only for who asks why. */
  votes(panorama: Panorama, others: PanoramaLookup): readonly WeighedVote[];
  /**
   * `infer` for several panoramas of one moment, none of which changes meanwhile: what is found out of
   * the observers for one serves the next. Absent: there is nothing to gain.
   */
  at?(others: PanoramaLookup): (panorama: Panorama) => Inference | null;
}
