import type { InferenceAlgorithm } from './algorithm.js';
import { majority } from './majority.js';
import { weighted } from './weighted.js';

/** By the name that a configuration uses. Another algorithm is one file and a line here. */
export const ALGORITHMS = { weighted, majority } as const satisfies Record<string, InferenceAlgorithm>;
export type AlgorithmName = keyof typeof ALGORITHMS;

/** Blames fewer innocents over the captured incidents, and finds as many of the sick. */
export const DEFAULT_ALGORITHM: AlgorithmName = 'weighted';

export function isAlgorithmName(name: string): name is AlgorithmName {
  return Object.hasOwn(ALGORITHMS, name);
}
