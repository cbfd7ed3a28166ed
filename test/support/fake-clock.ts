import type { Clock, Timer } from '../../runtime/clock.js';

interface Pending {
  readonly dueMs: number;
  readonly action: () => void;
}

/** A clock that stands still until `advance` moves it; both of its readings are the same. */
export class FakeClock implements Clock {
  #nowMs: number;
  #pending: Pending[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): Timer {
    const pending: Pending = { dueMs: this.#nowMs + delayMs, action };
    this.#pending.push(pending);
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== pending);
      },
    };
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#pending.length;
  }

  /** Milliseconds until the next timer is due; Infinity when none waits. */
  get nextDelayMs(): number {
    return Math.min(...this.#pending.map(({ dueMs }) => dueMs)) - this.#nowMs;
  }

  /** Resolves once a timer waits: what the last one set off may need real files before it sets another. */
  async waitForTimer(): Promise<void> {
    while (this.#pending.length === 0) await settle();
  }

  /** Moves the time on and runs what falls due, in order of time, each at its own time. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const next = this.#pending
        .filter(({ dueMs }) => dueMs <= endMs)
        .reduce<Pending | undefined>((a, b) => (a === undefined || b.dueMs < a.dueMs ? b : a), undefined);
      if (next === undefined) break;
      this.#pending = this.#pending.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.action();
    }
    this.#nowMs = endMs;
  }
}

/** Lets every promise that is already settled run its continuations. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
