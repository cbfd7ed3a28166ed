import type { Inference, Panorama } from '../../protocol/model.js';

/** A way of summing up a panorama. Pure; null when the panorama holds nothing to sum up. */
export interface InferenceAlgorithm {
  readonly name: string;
  infer(panorama: Panorama): Inference | null;
}
