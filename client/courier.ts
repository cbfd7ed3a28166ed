import type { BatchResult } from '../protocol/batch-service.js';
import type { Registration } from '../protocol/health-service.js';
import { Backoff } from '../runtime/backoff.js';
import type { Clock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { Destination } from './destination.js';
import type { Letter, Outbox } from './outbox.js';
import type { Problems } from './problems.js';
import { reportOf } from './statement.js';

export interface CourierOptions {
  readonly destination: Destination;
  readonly registration: Registration;
  readonly outbox: Outbox;
  /** Of this process alone; with the letter's number it makes the observation's id. */
  readonly idPrefix: string;
  readonly problems: Problems;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** How observations are sent; `unknown` while the aggregator has not answered. */
export type SendingMode = 'unknown' | 'batch' | 'single';

export interface CourierCounts {
  readonly mode: SendingMode;
  /** Taken by the aggregator. */
  readonly delivered: number;
  /** Not taken, for what they say. */
  readonly refused: number;
  /** Out of the outbox and not done. */
  readonly inHand: number;
  /** Since when the aggregator does not answer, milliseconds since 1970 UTC; null: it does. */
  readonly awaySinceMs: number | null;
}

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 10_000;

/** The largest batch: names of the greatest length still fit into what an aggregator takes. */
export const MAX_BATCH = 500;

/** Single reports under way at once; those on one subject always go one after the other. */
const MAX_SINGLES = 32;

/** So often an aggregator must have failed on an observation alone before that is given up. */
const ATTEMPTS_ALONE = 5;

/**
 * Takes letters from the outbox to the aggregator: in batches, or as single reports where it knows no
 * batches, one call after the other. What fails in passing is sent again, with growing pauses, for ever;
 * of what the aggregator will not take the half is tried until one letter is left, which is dropped.
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #backoff: Backoff;
  readonly #stopped = new AbortController();
  /** Taken out and not done, in order. */
  #inHand: Letter[] = [];
  #mode: SendingMode = 'unknown';
  #handle = 0;
  #most = MAX_BATCH;
  #size = MAX_BATCH;
  #failuresAlone = 0;
  #awaySinceMs: number | null = null;
  #delivered = 0;
  #refused = 0;
  #wake: () => void = () => undefined;
  #onIdle: () => void = () => undefined;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#backoff = new Backoff({
      firstMs: FIRST_PAUSE_MS,
      maxMs: MAX_PAUSE_MS,
      random: options.random,
    });
  }

  /** Registers the observer and sends what waits and what is to come. */
  start(): void {
    void this.#run();
  }

  /** There is something in the outbox. Ends no pause. */
  notify(): void {
    if (this.#isResting) this.#wake();
  }

  counts(): CourierCounts {
    return {
      mode: this.#mode,
      delivered: this.#delivered,
      refused: this.#refused,
      inHand: this.#inHand.length,
      awaySinceMs: this.#awaySinceMs,
    };
  }

  /** Sends what waits for as long as the limit, then nothing more; cuts off what is under way. */
  async close(limitMs: number): Promise<void> {
    if (limitMs > 0 && !this.#isDone()) {
      await new Promise<void>((resolve) => {
        // Unlike all others this timer holds the process: somebody waits for it.
        const limit = this.#options.clock.after(limitMs, resolve);
        this.#onIdle = () => {
          limit.cancel();
          resolve();
        };
        this.#wake();
      });
    }
    this.#stopped.abort();
    this.#wake();
    this.#options.destination.close();
  }
}
