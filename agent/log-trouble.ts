import type { Clock } from '../runtime/clock.js';
import type { LogStanding } from './log-standing.js';

/** A lasting problem is told every five minutes; one that is not told again is over, milliseconds. */
const STANDS_MS = 330_000;

/** Why a log cannot be read, as long as that stands. */
export class LogTrouble {
  #told: { readonly message: string; readonly sinceMs: number; readonly lastMs: number } | null = null;

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  tell(message: string): void {
    const nowMs = this.clock.monotonic();
    const sinceMs = this.now === null ? nowMs : (this.#told?.sinceMs ?? nowMs);
    this.#told = { message, sinceMs, lastMs: nowMs };
  }

  /** It can be read. */
  end(): void {
    this.#told = null;
  }

  /** Since the last time when it could be read. */
  get wasTold(): boolean {
    return this.#told !== null;
  }

  /** Null when there is none, or when it was not told again in the time in which a lasting one is. */
  get now(): LogStanding['trouble'] {
    if (this.#told === null) return null;
    const { message, sinceMs, lastMs } = this.#told;
    const nowMs = this.clock.monotonic();
    return nowMs - lastMs > STANDS_MS ? null : { message, forMs: nowMs - sinceMs };
  }
}
