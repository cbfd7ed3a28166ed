import { Backoff } from '../../runtime/backoff.js';
import type { Clock } from '../../runtime/clock.js';
import { sleep } from '../../runtime/clock.js';
import type { ErrorCode, HviewError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';

export interface LinkOptions {
  /** host:port, for logs. */
  readonly target: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Milliseconds of trying in vain after which all is given up; Infinity: never. */
  readonly giveUpAfterMs: number;
}

export const FIRST_PAUSE_MS = 200;
export const MAX_PAUSE_MS = 10_000;

/**
 * Whether the aggregator can be reached, for everybody who sends to it: one pause serves all whose calls
 * failed with the same cause, pauses grow, and the log says once that it is away and once that it is back.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  #pause: { readonly over: Promise<void>; readonly end: AbortController } | null = null;
  /** Since when nothing gets through, by the monotonic and by the wall clock; null: all is well. */
  #down: { readonly sinceMs: number; readonly wallMs: number } | null = null;
  #failure: HviewError | null = null;
  #retries = 0;
  #recoveries = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { random } = options;
    this.#backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, random });
  }

  /** Aborts when nothing is to be sent any more: stopped, or given up. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Why everything was given up, else null. */
  get failure(): HviewError | null {
    return this.#failure;
  }

  /** Since when the aggregator does not answer, milliseconds since 1970 UTC; null: it does. */
  get awaySinceMs(): number | null {
    return this.#down?.wallMs ?? null;
  }

  /** Calls that have failed in passing. */
  get retries(): number {
    return this.#retries;
  }

  /** How often it came back: another process may answer there now. */
  get recoveries(): number {
    return this.#recoveries;
  }

  /** Waits for the end of the pause, if there is one. False: do not send. */
  async ready(): Promise<boolean> {
    while (this.#pause !== null && !this.#stop.signal.aborted) await this.#pause.over;
    return !this.#stop.signal.aborted;
  }

  /** Something got through. `wasAway` of the log line is the time since the first failure. */
  succeeded(): void {
    this.#backoff.reset();
    if (this.#down === null) return;
    const { clock, logger, target } = this.#options;
    const awayMs = Math.round(clock.monotonic() - this.#down.sinceMs);
    this.#down = null;
    this.#recoveries += 1;
    logger.info('the aggregator takes observations again', { aggregator: target, awayMs });
  }

  /** Nothing got through, for a reason that may pass: nobody sends until the pause is over. */
  failed(error: HviewError): void {
    this.#retries += 1;
    // The others that were under way fail with the same cause; one pause serves them all.
    if (this.#pause !== null || this.#stop.signal.aborted) return;
    const { clock, logger, target, giveUpAfterMs } = this.#options;
    if (this.#down === null) {
      this.#down = { sinceMs: clock.monotonic(), wallMs: clock.now() };
      const { code, message, hint } = error;
      logger.warn('the aggregator does not take observations, trying again until it does', {
        aggregator: target,
        ...{ code, reason: message, hint },
      });
    }
    const patienceMs = this.#down.sinceMs + giveUpAfterMs - clock.monotonic();
    if (patienceMs <= 0) {
      this.giveUp(error);
      return;
    }
    const end = new AbortController();
    const over = sleep(clock, Math.min(this.#backoff.next(), patienceMs), end.signal).then(() => {
      this.#pause = null;
    });
    this.#pause = { over, end };
  }

  /** Ends the present pause: somebody has no time to wait for its end. */
  hurry(): void {
    this.#pause?.end.abort();
  }

  giveUp(error: HviewError): void {
    this.#failure ??= error;
    this.stop();
  }

  stop(): void {
    this.#stop.abort();
    this.hurry();
  }
}

/** Somebody has to put a missing certificate or permission right; until then findings wait. */
const LINK_TROUBLE: ReadonlySet<ErrorCode> = new Set([
  'UNREACHABLE',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'TIMEOUT',
  'OVERLOADED',
  'UNSUPPORTED',
]);

/** Trouble that every other call has as well, for as long as it lasts. */
export function isAboutTheLink({ code }: HviewError): boolean {
  return LINK_TROUBLE.has(code);
}
