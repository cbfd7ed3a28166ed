import type { Clock } from './clock.js';

export interface RateLimitsOptions {
  /** What may be taken a second by one, in the long run. */
  readonly perSecond: number;
  /** How many seconds' worth may be taken at once after a rest. */
  readonly burstSeconds: number;
  readonly clock: Clock;
}

interface Bucket {
  /** May be below zero: whoever took much at once has to wait longer. */
  left: number;
  filledMs: number;
}

/** Buckets that are remembered; one that is full again can be forgotten. */
const MAX_BUCKETS = 10_000;

/** How much each of many may take, by one bucket each that fills at a steady rate. */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  readonly #most: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitsOptions) {
    this.#options = options;
    this.#most = options.perSecond * options.burstSeconds;
  }

  get perSecond(): number {
    return this.#options.perSecond;
  }

  /** Buckets that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes so much if anything is left; false: nothing is. */
  take(key: string, amount: number): boolean {
    const nowMs = this.#options.clock.monotonic();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_BUCKETS) this.#forget(nowMs);
      bucket = { left: this.#most, filledMs: nowMs };
      this.#buckets.set(key, bucket);
    }
    const left = this.#leftIn(bucket, nowMs);
    bucket.filledMs = nowMs;
    bucket.left = left <= 0 ? left : left - amount;
    return left > 0;
  }

  #leftIn({ left, filledMs }: Bucket, nowMs: number): number {
    return Math.min(this.#most, left + ((nowMs - filledMs) / 1000) * this.#options.perSecond);
  }

  /** Full buckets are as good as none; if that frees too little, the oldest go. */
  #forget(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#leftIn(bucket, nowMs) >= this.#most) this.#buckets.delete(key);
    }
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size < MAX_BUCKETS / 2) return;
      this.#buckets.delete(key);
    }
  }
}
