import type { Clock } from '../../runtime/clock.js';
import { sleep } from '../../runtime/clock.js';
import { Representation } from './json-answer.js';

/** From one making to the next at least, milliseconds; and this many times as long as the making took. */
const REST = { leastMs: 100, factor: 4 } as const;

/**
 * One answer for all who ask within a moment: a crowd of readers costs as much as one. Nobody who asks after
 * `forget` is told the old one; but however often things change, most of the time is left to other work.
 */
export class SharedAnswer {
  #latest: Representation | null = null;
  /** Rises with each change that is known. */
  #generation = 0;
  #madeMs = -Infinity;
  #tookMs = 0;
  #making: Promise<Representation> | null = null;

  /** An answer that nothing made old is told for `momentMs`. */
  constructor(
    private readonly make: () => unknown,
    private readonly clock: Clock,
    private readonly momentMs: number,
  ) {}

  async get(): Promise<Representation> {
    if (this.#latest !== null && this.clock.monotonic() - this.#madeMs < this.momentMs) return this.#latest;
    this.#making ??= this.#makeRested().finally(() => (this.#making = null));
    return this.#making;
  }

  /** What is known to have changed is not told from memory. */
  forget(): void {
    this.#generation += 1;
    this.#latest = null;
  }

  async #makeRested(): Promise<Representation> {
    const restMs = Math.max(REST.leastMs, REST.factor * this.#tookMs);
    const waitMs = this.#madeMs + restMs - this.clock.monotonic();
    if (waitMs > 0) await sleep(this.clock, waitMs);
    const beganMs = this.clock.monotonic();
    const generation = this.#generation;
    const made = new Representation(JSON.stringify(await this.make()));
    this.#madeMs = this.clock.monotonic();
    this.#tookMs = this.#madeMs - beganMs;
    // What changed meanwhile makes it old at once.
    this.#latest = generation === this.#generation ? made : null;
    return made;
  }
}
