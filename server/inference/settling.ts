import type { Clock } from '../../runtime/clock.js';

/**
 * How long changes gather before they are inferred for the journal, milliseconds. Who asks does not
 * wait for it: an inference is made when it is asked for.
 */
const SETTLE_MS = 20;

/** What one turn of the event loop infers at most: some milliseconds' worth. */
const INFERENCES_PER_TURN = 100;

/** After each turn, what comes in has this many times as long to itself: a flood is not to slow down the intake. */
const REST_FACTOR = 4;

/** Has what changed inferred: once for all reports of a short while, many subjects spread over several turns. */
export class Settling {
  #isDue = false;
  #restMs = 0;

  /** `settle` infers so many at most, and says whether that were all. */
  constructor(
    private readonly settle: (limit: number) => boolean,
    private readonly clock: Clock,
  ) {}

  soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.clock.after(Math.max(SETTLE_MS, this.#restMs), () => this.#some(), { unref: true });
  }

  #some(): void {
    const beganMs = this.clock.monotonic();
    const isDone = this.settle(INFERENCES_PER_TURN);
    this.#restMs = (this.clock.monotonic() - beganMs) * REST_FACTOR;
    if (isDone) this.#isDue = false;
    else this.clock.after(this.#restMs, () => this.#some(), { unref: true });
  }
}
