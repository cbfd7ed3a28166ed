import type { Clock, Timer } from '../../runtime/clock.js';
import { systemClock } from '../../runtime/clock.js';

/** The clock of the system, and ahead of it: what is at work with real files sees hours go by at once. */
export class ShiftedClock implements Clock {
  #aheadMs = 0;

  now(): number {
    return systemClock.now() + this.#aheadMs;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#aheadMs;
  }

  /** Timers go by the system's. */
  after(...parts: Parameters<Clock['after']>): Timer {
    return systemClock.after(...parts);
  }

  advance(byMs: number): void {
    this.#aheadMs += byMs;
  }
}
