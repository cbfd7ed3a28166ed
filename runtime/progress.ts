import type { Clock } from './clock.js';

/** Whether work gets done, by looks at it. */
export class Progress {
  #done = -1;
  #hadWork = false;
  #movedMs: number;
  #lookedMs: number;

  /**
   * `restMs`: after a longer time without a look the work counts as moved, for a process that was stopped
   * could not do any; default never.
   */
  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly restMs = Infinity,
  ) {
    this.#movedMs = clock.monotonic();
    this.#lookedMs = this.#movedMs;
  }

  /** `done`: a figure that grows with what is done; `hasWork`: something is left to do. */
  look({ done, hasWork }: { readonly done: number; readonly hasWork: boolean }): void {
    const nowMs = this.clock.monotonic();
    const hasRested = nowMs - this.#lookedMs > this.restMs;
    // What came since the last look has not waited since then.
    if (!hasWork || !this.#hadWork || done !== this.#done || hasRested) this.#movedMs = nowMs;
    this.#done = done;
    this.#hadWork = hasWork;
    this.#lookedMs = nowMs;
  }

  /** For how long there has been work of which nothing was done, milliseconds. */
  get stuckMs(): number {
    return this.#hadWork ? this.clock.monotonic() - this.#movedMs : 0;
  }
}
