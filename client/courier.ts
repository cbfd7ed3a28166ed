import type { Registration } from '../protocol/health-service.js';
import { Backoff } from '../runtime/backoff.js';
import type { Clock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { Destination } from './destination.js';
import type { SendingMode } from './health-reporter.js';
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

/** The largest batch: 300 KB on the wire with the longest names there may be, 30 KB with usual ones. */
export const MAX_BATCH = 500;

/** Single reports under way at once; of one subject there is one at a time. */
const MAX_SINGLES = 32;

/** So often an aggregator must have failed on an observation alone before that is given up. */
const ATTEMPTS_ALONE = 5;

/**
 * Takes letters from the outbox to the aggregator, in batches, or as single reports where it knows no
 * batches. What fails in passing is sent again, with growing pauses, for ever. Of what it will not take
 * the first half is tried, and so on, until one letter is left: that one is dropped.
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #backoff: Backoff;
  /** Taken out and not done, in order. */
  #inHand: Letter[] = [];
  #mode: SendingMode = 'unknown';
  #handle = 0;
  /** The largest batch that this aggregator takes, and the largest that is tried now. */
  #most = MAX_BATCH;
  #size = MAX_BATCH;
  #failuresAlone = 0;
  #awaySinceMs: number | null = null;
  #delivered = 0;
  #refused = 0;
  #isStopped = false;
  /** Ends the present rest, if there is one. */
  #wake: (() => void) | null = null;
  #isPausing = false;
  #onIdle: (() => void) | null = null;

  constructor(options: CourierOptions) {
    const { random } = options;
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, random });
  }

  /** Registers the observer, then sends what waits and what comes. */
  start(): void {
    void this.#run();
  }

  /** There is something in the outbox. */
  notify(): void {
    if (!this.#isPausing) this.#wake?.();
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

  /** Tries at once, sends what waits for as long as the limit (milliseconds), then nothing more. */
  async close(limitMs: number): Promise<void> {
    if (limitMs > 0 && !this.#isIdle()) {
      await new Promise<void>((resolve) => {
        // Unlike all others this timer holds the process: somebody waits for it.
        const limit = this.#options.clock.after(limitMs, resolve);
        this.#onIdle = () => {
          limit.cancel();
          resolve();
        };
        this.#wake?.();
      });
    }
    this.#isStopped = true;
    this.#wake?.();
    this.#options.destination.close();
  }

  #isIdle(): boolean {
    return this.#inHand.length === 0 && this.#options.outbox.size === 0;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        if (this.#mode === 'unknown') await this.#greet();
        else if (this.#isIdle()) await this.#rest();
        else await this.#sendSome();
      } catch (error) {
        await this.#bear(HviewError.from(error));
      }
      if (this.#isIdle()) this.#onIdle?.();
    }
  }

  /** Until woken, or for as long as the pause. */
  async #rest(pauseMs?: number): Promise<void> {
    const { clock } = this.#options;
    this.#isPausing = pauseMs !== undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (pauseMs === undefined) return;
      const timer = clock.after(pauseMs, resolve, { unref: true });
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = null;
    this.#isPausing = false;
  }

  /** Finds out how to send, and makes the observer known before it has anything to say. */
  async #greet(): Promise<void> {
    const { destination, registration } = this.#options;
    let mode: SendingMode = 'batch';
    try {
      const { maxObservations } = await destination.describe();
      // Zero says nothing.
      this.#most = maxObservations > 0 ? Math.min(MAX_BATCH, maxObservations) : MAX_BATCH;
      this.#size = Math.min(this.#size, this.#most);
    } catch (error) {
      if (HviewError.from(error).code !== 'UNSUPPORTED') throw error;
      mode = 'single';
      this.#most = MAX_SINGLES;
    }
    this.#handle = await destination.register(registration);
    this.#mode = mode;
    // One that answers this may still take nothing.
    if (this.#isIdle()) this.#succeeded();
  }

  #succeeded(): void {
    this.#backoff.reset();
    this.#awaySinceMs = null;
  }

  async #sendSome(): Promise<void> {
    if (this.#inHand.length === 0) this.#inHand = this.#options.outbox.take(MAX_BATCH);
    const slice = this.#mode === 'batch' ? this.#inHand.slice(0, this.#size) : this.#onePerSubject();
    try {
      await (this.#mode === 'batch' ? this.#sendBatch(slice) : this.#sendSingly(slice));
    } catch (error) {
      if (this.#isStopped) return;
      await this.#judge(slice, HviewError.from(error));
      return;
    }
    this.#succeeded();
    this.#failuresAlone = 0;
    if (slice.length >= this.#size) this.#size = Math.min(this.#most, this.#size * 2);
  }

  #onePerSubject(): Letter[] {
    const subjects = new Set<string>();
    const slice: Letter[] = [];
    for (const letter of this.#inHand) {
      if (slice.length >= Math.min(this.#size, MAX_SINGLES)) break;
      if (subjects.has(letter.subject)) continue;
      subjects.add(letter.subject);
      slice.push(letter);
    }
    return slice;
  }

  async #sendBatch(slice: readonly Letter[]): Promise<void> {
    const { destination, registration, idPrefix } = this.#options;
    const { module, observer } = registration;
    const entries = slice.map((letter) => ({
      id: `${idPrefix}-${letter.sequence.toString(36)}`,
      report: reportOf(observer, letter),
      provenance: null,
    }));
    const result = await destination.submitBatch({ agent: observer, module, entries });
    const answered = result.accepted + result.duplicates + result.refused.length;
    // Better sent twice than taken for delivered.
    if (answered !== slice.length) {
      throw new HviewError(
        'REMOTE_FAILED',
        `${destination.target} answers for ${answered} of ${slice.length} observations`,
      );
    }
    const refused = new Map(result.refused.map(({ index, reason }) => [index, reason]));
    slice.forEach((letter, index) => {
      const reason = refused.get(index);
      if (reason === undefined) this.#delivered += 1;
      else this.#refuse(letter, reason);
    });
    this.#inHand.splice(0, slice.length);
  }

  /** Rejects with the first failure; those that got through are done nevertheless. */
  async #sendSingly(slice: readonly Letter[]): Promise<void> {
    const results = await Promise.allSettled(slice.map((letter) => this.#submit(letter)));
    const done = new Set(slice.filter((_, index) => results[index]?.status === 'fulfilled'));
    this.#delivered += done.size;
    this.#inHand = this.#inHand.filter((letter) => !done.has(letter));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  async #submit(letter: Letter): Promise<void> {
    const { destination, registration } = this.#options;
    const intake = await destination.submitReport(this.#handle, reportOf(registration.observer, letter));
    if (intake === 'failed') {
      throw new HviewError('REMOTE_FAILED', `${destination.target} could not take the report`);
    }
  }

  /** What becomes of letters that were not taken. */
  async #judge(slice: readonly Letter[], error: HviewError): Promise<void> {
    const [first] = slice;
    if (error.code === 'UNSUPPORTED') {
      // Another release has come in its place.
      this.#mode = 'unknown';
      return;
    }
    if (isAway(error) || isForgottenHandle(error)) {
      if (error.code === 'TIMEOUT') this.#size = Math.max(1, Math.floor(slice.length / 2));
      // Who answers after this may be another one, that knows other things.
      this.#mode = 'unknown';
    } else if (slice.length > 1 || error.code === 'OVERLOADED') {
      this.#size = Math.max(1, Math.floor(slice.length / 2));
      // It has said what is wrong, so that waiting would only put off the finding.
      if (error.code === 'REQUEST_INVALID') return;
    } else if (first !== undefined) {
      this.#failuresAlone += 1;
      if (error.code === 'REQUEST_INVALID' || this.#failuresAlone >= ATTEMPTS_ALONE) {
        this.#failuresAlone = 0;
        this.#inHand = this.#inHand.filter((letter) => letter !== first);
        this.#refuse(first, error.message);
        return;
      }
    }
    await this.#bear(error);
  }

  #refuse({ subject, metric }: Letter, reason: string): void {
    this.#refused += 1;
    const message = `an observation on ${subject} (${metric}) is not taken: ${reason}`;
    this.#options.problems.tell('refused', { message });
  }

  /** Pauses after a failure that may pass. */
  async #bear({ message, hint }: HviewError): Promise<void> {
    if (this.#isStopped) return;
    const { clock, problems } = this.#options;
    this.#awaySinceMs ??= clock.now();
    problems.tell('aggregator-away', { message, hint });
    await this.#rest(this.#backoff.next());
  }
}

/** Nothing gets there at all just now. */
function isAway({ code }: HviewError): boolean {
  return (
    code === 'UNREACHABLE' || code === 'TIMEOUT' || code === 'UNAUTHENTICATED' || code === 'PERMISSION_DENIED'
  );
}

/** The aggregator was restarted without its registrations. */
function isForgottenHandle(error: HviewError): boolean {
  return error.message.includes('Invalid submission handle');
}
