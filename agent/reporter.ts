import type { Intake, Registration } from '../protocol/health-service.js';
import type { Report } from '../protocol/model.js';
import { Backoff } from '../runtime/backoff.js';
import type { Clock } from '../runtime/clock.js';
import { sleep } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import type { Finding } from './finding.js';
import { findingToReport } from './finding.js';

/** What the reporter needs of an aggregator. */
export interface ReportSink {
  readonly target: string;
  register(registration: Registration): Promise<number>;
  submitReport(handle: number, report: Report): Promise<Intake>;
}

/** What in the end became of a finding handed over. */
export type Delivery = Intake | 'refused' | 'given-up';

export interface ReporterOptions {
  readonly sink: ReportSink;
  /** The module that observers register under. */
  readonly module: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Findings that may wait. When it is full the reading of the log pauses: the log itself keeps the rest. */
  readonly queueLength: number;
  /** Calls under way at once. Findings on one subject always go one after the other. */
  readonly inFlight: number;
  /** Milliseconds of trying in vain after which everything is given up; Infinity: never. */
  readonly giveUpAfterMs: number;
  readonly onDelivered?: (finding: Finding, delivery: Delivery) => void;
}

export const REPORTER_DEFAULTS = {
  // A few seconds of a very noisy log.
  queueLength: 10_000,
  // Enough to fill a group commit of the aggregator's journal.
  inFlight: 64,
} as const;

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 10_000;

/**
 * Delivers findings to the aggregator: registers each observer, keeps the order per subject, tries
 * again for as long as the aggregator is away, and registers anew when it has forgotten us. A report
 * that the aggregator refuses is counted and does not hold up the rest.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #handles = new Map<string, Promise<number>>();
  /** Waiting findings by subject; the first of each is the one under way. */
  readonly #lanes = new Map<string, Finding[]>();
  readonly #ready: string[] = [];
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  readonly #spaceWaiters: (() => void)[] = [];
  readonly #idleWaiters: (() => void)[] = [];
  #waiting = 0;
  #active = 0;
  /** Since when nothing gets through, by the monotonic clock; null while all is well. */
  #downSinceMs: number | null = null;
  #pause: Promise<void> | null = null;
  #failure: HviewError | null = null;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, random: options.random });
  }

  /** Why delivery was given up, else null. */
  get failure(): HviewError | null {
    return this.#failure;
  }

  /** Findings handed over and not yet settled. */
  get pending(): number {
    return this.#waiting;
  }

  /** Registers ahead of the first finding, so that an observer is known even while its log is quiet. */
  announce(observer: string): void {
    this.#active += 1;
    void this.#retrying(() => this.#handle(observer)).finally(() => this.#settle());
  }

  /** Hands over a finding. Resolves once there is room for the next. */
  async deliver(finding: Finding): Promise<void> {
    const lane = this.#lanes.get(finding.subject);
    this.#waiting += 1;
    if (lane === undefined) {
      this.#lanes.set(finding.subject, [finding]);
      this.#ready.push(finding.subject);
      this.#pump();
    } else {
      lane.push(finding);
    }
    while (this.#waiting >= this.#options.queueLength && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#spaceWaiters.push(resolve));
    }
  }

  /** Resolves when all that was handed over is settled. Throws UNREACHABLE or TIMEOUT when it was given up. */
  async drain(): Promise<void> {
    while (this.#waiting > 0 || this.#active > 0) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** Gives up whatever is not delivered yet. */
  close(): void {
    this.#stop.abort();
    wake(this.#spaceWaiters);
  }

  #pump(): void {
    while (this.#active < this.#options.inFlight) {
      const subject = this.#ready.shift();
      if (subject === undefined) return;
      this.#active += 1;
      void this.#sendNext(subject).finally(() => this.#settle());
    }
  }

  #settle(): void {
    this.#active -= 1;
    this.#pump();
    if (this.#waiting < this.#options.queueLength) wake(this.#spaceWaiters);
    if (this.#waiting === 0 && this.#active === 0) wake(this.#idleWaiters);
  }

  async #sendNext(subject: string): Promise<void> {
    const lane = this.#lanes.get(subject);
    const finding = lane?.[0];
    if (lane === undefined || finding === undefined) return;
    const delivery = await this.#send(finding);
    lane.shift();
    this.#waiting -= 1;
    this.#options.onDelivered?.(finding, delivery);
    if (lane.length > 0) this.#ready.push(subject);
    else this.#lanes.delete(subject);
  }

  async #send(finding: Finding): Promise<Delivery> {
    try {
      const report = findingToReport(finding);
      const intake = await this.#retrying(async () => {
        const handle = await this.#handle(finding.observer);
        try {
          return await this.#options.sink.submitReport(handle, report);
        } catch (error) {
          if (!isForgottenHandle(error)) throw error;
          this.#handles.delete(finding.observer);
          return this.#options.sink.submitReport(await this.#handle(finding.observer), report);
        }
      });
      return intake ?? 'given-up';
    } catch (error) {
      const { code, message } = HviewError.from(error);
      this.#options.logger.error('the aggregator refused a report', {
        code,
        reason: message,
        observer: finding.observer,
        subject: finding.subject,
        line: finding.message,
      });
      return 'refused';
    }
  }

  #handle(observer: string): Promise<number> {
    let handle = this.#handles.get(observer);
    if (handle === undefined) {
      handle = this.#options.sink.register({ module: this.#options.module, observer });
      this.#handles.set(observer, handle);
      handle.catch(() => this.#handles.delete(observer));
    }
    return handle;
  }

  /** Until it succeeds, is refused (then it throws) or everything is given up (then undefined). */
  async #retrying<Result>(attempt: () => Promise<Result>): Promise<Result | undefined> {
    while (!this.#stop.signal.aborted) {
      if (this.#pause !== null) {
        await this.#pause;
        continue;
      }
      try {
        const result = await attempt();
        this.#cameThrough();
        return result;
      } catch (error) {
        const known = HviewError.from(error);
        if (!isPassing(known)) throw error;
        this.#gotNothing(known);
      }
    }
    return undefined;
  }

  #cameThrough(): void {
    if (this.#downSinceMs === null) return;
    const { clock, logger, sink } = this.#options;
    const awayMs = Math.round(clock.monotonic() - this.#downSinceMs);
    logger.info('the aggregator answers again', { aggregator: sink.target, awayMs, waiting: this.#waiting });
    this.#downSinceMs = null;
    this.#backoff.reset();
  }

  #gotNothing(error: HviewError): void {
    // The others that were under way fail with the same cause; one pause serves them all.
    if (this.#pause !== null) return;
    const { clock, logger, sink, giveUpAfterMs } = this.#options;
    if (this.#downSinceMs === null) {
      this.#downSinceMs = clock.monotonic();
      logger.warn('the aggregator does not answer, trying again until it does', {
        aggregator: sink.target,
        code: error.code,
        reason: error.message,
        hint: error.hint,
      });
    }
    const patienceMs = this.#downSinceMs + giveUpAfterMs - clock.monotonic();
    if (patienceMs <= 0) {
      this.#failure = error;
      this.close();
      return;
    }
    this.#pause = sleep(clock, Math.min(this.#backoff.next(), patienceMs), this.#stop.signal).then(() => {
      this.#pause = null;
    });
  }
}

function wake(waiters: (() => void)[]): void {
  for (const resume of waiters.splice(0)) resume();
}

/** Trouble that the same call may not meet the next time. */
function isPassing(error: HviewError): boolean {
  return error.code === 'UNREACHABLE' || error.code === 'TIMEOUT' || error.code === 'REMOTE_FAILED';
}

/** The aggregator was restarted without its registrations. */
function isForgottenHandle(error: unknown): boolean {
  return error instanceof HviewError && error.message.includes('Invalid submission handle');
}
