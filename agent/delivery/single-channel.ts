import type { Intake } from '../../protocol/health-service.js';
import { Backoff } from '../../runtime/backoff.js';
import type { Clock } from '../../runtime/clock.js';
import { sleep } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import type { StoredEntry } from '../spool/spool-entry.js';
import type { DeliveryOutcome, DeliveryTarget } from './delivery-target.js';
import type { Ledger } from './ledger.js';
import type { Link } from './link.js';
import { FIRST_PAUSE_MS, MAX_PAUSE_MS, isAboutTheLink } from './link.js';
import type { SetAside } from './set-aside.js';

export interface SingleChannelOptions {
  readonly client: DeliveryTarget;
  readonly link: Link;
  readonly ledger: Ledger;
  readonly setAside: SetAside;
  /** Calls under way at once. Entries on one subject always go one after the other. */
  readonly inFlight: number;
  /** Entries that may be handed over before some are done. */
  readonly capacity: number;
  readonly giveUpAfterMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface SingleChannelCounts {
  /** Reports that got through, and what they took up in the spool. */
  readonly reports: number;
  readonly bytes: number;
}

/** How an entry has fared that the aggregator fails on. */
interface Trial {
  failures: number;
  /** Of the first failure, by the monotonic clock. */
  sinceMs: number;
  /** How many entries had got through at that time. */
  successes: number;
  readonly backoff: Backoff;
}

/** So often an aggregator must have failed on a report before that is suspected. */
const ATTEMPTS_BEFORE_SUSPICION = 5;

/**
 * Sends entries as single reports, for aggregators without the batch service: registers each observer,
 * keeps the order per subject, and registers anew when it was forgotten. A report that is refused, or
 * that the aggregator fails on again and again while others get through, is set aside.
 */
export class SingleChannel {
  readonly #options: SingleChannelOptions;
  readonly #handles = new Map<string, Promise<number>>();
  /** Waiting entries by subject; the first of each is the one under way. */
  readonly #lanes = new Map<string, StoredEntry[]>();
  readonly #ready: string[] = [];
  readonly #waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];
  #waiting = 0;
  #active = 0;
  #successes = 0;
  #wasForgotten = false;
  /** Aborts when what is waiting is to be given back. */
  #withdrawal = new AbortController();
  readonly #counts = { reports: 0, bytes: 0 };

  constructor(options: SingleChannelOptions) {
    this.#options = options;
    const stop = (): void => {
      this.#withdrawal.abort();
      this.#wake();
    };
    options.link.signal.addEventListener('abort', stop, { once: true });
  }

  counts(): SingleChannelCounts {
    return { ...this.#counts };
  }

  /** Whether the aggregator has lost its registrations since the last call: another one answers there. */
  takeForgotten(): boolean {
    const was = this.#wasForgotten;
    this.#wasForgotten = false;
    return was;
  }

  /** Takes entries to send. `room` says when there is room for more. */
  add(entries: readonly StoredEntry[]): void {
    for (const entry of entries) {
      const { subject } = entry.report;
      const lane = this.#lanes.get(subject);
      if (lane !== undefined) lane.push(entry);
      else {
        this.#lanes.set(subject, [entry]);
        this.#ready.push(subject);
      }
    }
    this.#waiting += entries.length;
    this.#pump();
  }

  /** Resolves when there is room for more, or nothing is to be sent any more. */
  room(): Promise<void> {
    return this.#until(() => this.#waiting < this.#options.capacity);
  }

  /** Begins nothing more, waits for the calls under way, and gives back what is not done, in order. */
  async withdraw(): Promise<readonly StoredEntry[]> {
    this.#withdrawal.abort();
    this.#ready.length = 0;
    await this.#until(() => this.#active === 0);
    const left = [...this.#lanes.values()].flat().sort((a, b) => a.sequence - b.sequence);
    this.#lanes.clear();
    this.#waiting = 0;
    this.#withdrawal = new AbortController();
    return left;
  }

  /** The observer's handle; asks for it when it is not known. */
  handle(module: string, observer: string): Promise<number> {
    const key = `${module}\n${observer}`;
    let handle = this.#handles.get(key);
    if (handle === undefined) {
      handle = this.#options.client.register({ module, observer });
      this.#handles.set(key, handle);
      handle.catch(() => this.#handles.delete(key));
    }
    return handle;
  }

  /** Asks for every handle anew: another aggregator may know none of them. */
  forgetHandles(): void {
    this.#handles.clear();
  }

  #until(isMet: () => boolean): Promise<void> {
    if (isMet() || this.#options.link.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ isMet, resolve }));
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) {
      if (waiter.isMet() || this.#options.link.signal.aborted) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }

  #pump(): void {
    while (this.#active < this.#options.inFlight) {
      const subject = this.#ready.shift();
      if (subject === undefined) return;
      this.#active += 1;
      void this.#sendNext(subject).finally(() => {
        this.#active -= 1;
        this.#pump();
        this.#wake();
      });
    }
  }

  async #sendNext(subject: string): Promise<void> {
    const lane = this.#lanes.get(subject);
    const entry = lane?.[0];
    if (lane === undefined || entry === undefined) return;
    const outcome = await this.#send(entry, lane);
    // It stays where it is.
    if (outcome === null) return;
    this.#takeOff(lane, entry, outcome);
    if (lane.length === 0) this.#lanes.delete(subject);
    else if (!this.#withdrawal.signal.aborted) this.#ready.push(subject);
  }

  #takeOff(lane: StoredEntry[], entry: StoredEntry, outcome: DeliveryOutcome): void {
    lane.splice(lane.indexOf(entry), 1);
    this.#waiting -= 1;
    this.#options.ledger.done(entry, outcome);
  }

  /** Until it is done; null when it is not to be tried any more. */
  async #send(entry: StoredEntry, lane: StoredEntry[]): Promise<DeliveryOutcome | null> {
    const { link, clock, random } = this.#options;
    const backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, random });
    const trial: Trial = { failures: 0, sinceMs: clock.monotonic(), successes: this.#successes, backoff };
    const { signal: withdrawn } = this.#withdrawal;
    while ((await link.ready()) && !withdrawn.aborted) {
      try {
        return await this.#submit(entry);
      } catch (error) {
        const known = HviewError.from(error);
        if (isAboutTheLink(known)) link.failed(known);
        else {
          const outcome = await this.#judge(entry, lane, known, trial, withdrawn);
          if (outcome !== null) return outcome;
        }
      }
    }
    return null;
  }

  /** What becomes of an entry that the aggregator failed on; null: it is tried again. */
  async #judge(
    entry: StoredEntry,
    lane: StoredEntry[],
    error: HviewError,
    trial: Trial,
    withdrawn: AbortSignal,
  ): Promise<DeliveryOutcome | null> {
    const { link, clock, setAside, giveUpAfterMs } = this.#options;
    if (isAboutTheReport(error)) {
      await setAside.add(entry, error);
      return 'refused';
    }
    if (trial.failures === 0) {
      trial.sinceMs = clock.monotonic();
      trial.successes = this.#successes;
    }
    trial.failures += 1;
    const attempt = trial.failures - ATTEMPTS_BEFORE_SUSPICION;
    if (
      attempt >= 0 &&
      (this.#successes > trial.successes || (await this.#getsThrough(lane, trial, attempt)))
    ) {
      await setAside.add(entry, error);
      return 'set-aside';
    }
    if (clock.monotonic() - trial.sinceMs >= giveUpAfterMs) link.giveUp(error);
    // A pause of its own: the others may get through.
    await sleep(clock, Math.min(trial.backoff.next(), giveUpAfterMs), withdrawn);
    return null;
  }

  /** Whether another one of the lane is taken when the first is not; it is done then. */
  async #getsThrough(lane: StoredEntry[], trial: Trial, attempt: number): Promise<boolean> {
    // First the next one, which keeps the order; it may be just as bad, so others follow.
    const witness = lane[1 + (attempt % Math.max(1, lane.length - 1))];
    if (witness === undefined) return false;
    try {
      this.#takeOff(lane, witness, await this.#submit(witness));
      return true;
    } catch (error) {
      // Passing trouble of the aggregator says nothing: the same one is asked again.
      if (isAboutTheLink(HviewError.from(error))) trial.failures -= 1;
      return false;
    }
  }

  async #submit(entry: StoredEntry): Promise<Exclude<Intake, 'failed'>> {
    const { client, link } = this.#options;
    const { module, report, bytes } = entry;
    let intake: Intake;
    const handle = await this.handle(module, report.observer);
    try {
      intake = await client.submitReport(handle, report);
    } catch (error) {
      if (!isForgottenHandle(error)) throw error;
      this.#handles.delete(`${module}\n${report.observer}`);
      this.#wasForgotten = true;
      intake = await client.submitReport(await this.handle(module, report.observer), report);
    }
    if (intake === 'failed')
      throw new HviewError('REMOTE_FAILED', 'the aggregator could not take the report');
    link.succeeded();
    this.#successes += 1;
    this.#counts.reports += 1;
    this.#counts.bytes += bytes;
    return intake;
  }
}

function isAboutTheReport(error: HviewError): boolean {
  return error.code === 'REQUEST_INVALID' && !isForgottenHandle(error);
}

/** The aggregator was restarted without its registrations. */
function isForgottenHandle(error: unknown): boolean {
  return error instanceof HviewError && error.message.includes('Invalid submission handle');
}
