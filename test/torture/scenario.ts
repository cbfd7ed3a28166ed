import type { WorldOptions, World } from './world.js';

export interface Scenario {
  /** Unique, short, for picking one on the command line. */
  readonly name: string;
  /** What is done, for the table. */
  readonly what: string;
  /**
   * `exact`: everything once, in order. `gap`: what nobody could have read is missing, and the agent
   * counted a loss; nothing is doubled.
   */
  readonly promise: 'exact' | 'gap';
  readonly options?: WorldOptions;
  /** Part of `npm test`. */
  readonly isQuick?: boolean;
  run(world: World, random: () => number): Promise<void>;
}
