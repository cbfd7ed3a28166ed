import { join } from 'node:path';
import { timestampToMillis } from '../../protocol/model.js';
import type { Clock } from '../../runtime/clock.js';
import { sleep } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { NextLimit } from '../spool/spool.js';
import type { StoredEntry } from '../spool/spool-entry.js';
import { BatchChannel } from './batch-channel.js';
import type { DeliveryOutcome, DeliveryTarget } from './delivery-target.js';
import { Ledger } from './ledger.js';
import { FIRST_PAUSE_MS, Link, isAboutTheLink } from './link.js';
import { SetAside } from './set-aside.js';
import { SingleChannel } from './single-channel.js';

/** What delivery needs of a spool. */
export interface DeliverySource {
  /** Entries that are not settled. */
  readonly waiting: number;
  /** Whether what is not delivered outlives the process. */
  readonly isDurable: boolean;
  next(limit: NextLimit, signal?: AbortSignal): Promise<readonly StoredEntry[]>;
  settle(through: number): void;
}

export interface DelivererOptions {
  readonly client: DeliveryTarget;
  readonly spool: DeliverySource;
  /** Who sends, for the aggregator's logs. */
  readonly agent: string;
  /** Where `set-aside.jsonl` is kept; null: nowhere. */
  readonly stateFolder: string | null;
  /**
   * Milliseconds of trying in vain after which all is given up; Infinity: never. What a durable spool
   * holds stays there, the rest is lost.
   */
  readonly giveUpAfterMs: number;
  /** The largest batch. More: fewer calls for a backlog, longer ones. */
  readonly batch?: NextLimit;
  /** Single reports under way at once. */
  readonly inFlight?: number;
  readonly onSettled?: (entry: StoredEntry, outcome: DeliveryOutcome) => void;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly logger: Logger;
}

export const DELIVERY_DEFAULTS = {
  // Some 150 KB on the wire: a few milliseconds of the aggregator's time.
  batch: { entries: 1000, bytes: 512 * 1024 },
  // Enough to fill a group commit of the aggregator's journal.
  inFlight: 64,
} as const;

export interface DeliveryCounts {
  /** How entries are sent; `unknown` until the aggregator has answered. */
  readonly mode: 'unknown' | 'batch' | 'single';
  /** What became of entries, by outcome. */
  readonly outcomes: Readonly<Record<DeliveryOutcome, number>>;
  /** Taken from the spool and not done. */
  readonly inHand: number;
  /** Waiting in all. */
  readonly waiting: number;
  /** Since when the aggregator does not answer, milliseconds since 1970 UTC; null: it does. */
  readonly awaySinceMs: number | null;
  /** Of the first entry that is taken from the spool and not done, by its log line; milliseconds since 1970 UTC. */
  readonly oldestMs: number | null;
  readonly retries: number;
  readonly batches: number;
  readonly singleReports: number;
  /** Bytes of entries that got through, as the spool counts them. */
  readonly bytesSent: number;
}

/** Single reports that may be handed over before some are done. */
const SINGLE_CAPACITY = 1000;

/** An aggregator that fails to describe itself so often is sent single reports. */
const DESCRIBE_ATTEMPTS = 3;

/**
 * Takes entries from the spool to the aggregator, in order per log, until each is taken, refused or set
 * aside. Batches where the aggregator knows them, else single reports; it is asked again whenever it was
 * away, as another release may have come back.
 */
export class Deliverer {
  readonly #options: DelivererOptions & { readonly random: () => number };
  readonly #link: Link;
  readonly #ledger: Ledger;
  readonly #batches: BatchChannel;
  readonly #singles: SingleChannel;
  readonly #closed = new AbortController();
  readonly #drainWaiters: (() => void)[] = [];
  #mode: DeliveryCounts['mode'] = 'unknown';
  #describedAt = -1;
  /** The batch after the present one, already on its way from the spool. */
  #ahead: Promise<readonly StoredEntry[]> | null = null;
  #announcing = 0;
  #isStarted = false;

  constructor(options: DelivererOptions) {
    this.#options = { random: Math.random, ...options };
    const { client, spool, agent, stateFolder, giveUpAfterMs, clock, random, logger } = this.#options;
    const link = new Link({ target: client.target, clock, random, logger, giveUpAfterMs });
    const ledger = new Ledger({
      settle: (through) => {
        spool.settle(through);
        this.#wakeDrained();
      },
      onSettled: (entry, outcome) => options.onSettled?.(entry, outcome),
    });
    const file = stateFolder === null ? null : join(stateFolder, 'set-aside.jsonl');
    const setAside = new SetAside({ file, clock, logger });
    const shared = { client, link, ledger, setAside, clock };
    this.#link = link;
    this.#ledger = ledger;
    this.#batches = new BatchChannel({
      ...{ ...shared, agent, logger, more: () => this.#takeMore() },
      limit: options.batch ?? DELIVERY_DEFAULTS.batch,
    });
    this.#singles = new SingleChannel({
      ...{ ...shared, random, giveUpAfterMs, capacity: SINGLE_CAPACITY },
      inFlight: options.inFlight ?? DELIVERY_DEFAULTS.inFlight,
    });
    link.signal.addEventListener('abort', () => this.#wakeDrained(), { once: true });
  }

  /** Why delivery was given up, else null. */
  get failure(): HviewError | null {
    return this.#link.failure;
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    void this.#run();
  }

  /** Registers an observer, so that it is known even while its log is quiet. */
  announce(module: string, observer: string): void {
    this.#announcing += 1;
    void this.#register(module, observer).finally(() => {
      this.#announcing -= 1;
      this.#wakeDrained();
    });
  }

  /** Resolves when nothing waits any more; rejects with UNREACHABLE, TIMEOUT, ... when delivery was given up. */
  async drained(): Promise<void> {
    await this.#until(() => this.#options.spool.waiting === 0 && this.#announcing === 0);
    if (this.#link.failure !== null) throw this.#link.failure;
  }

  /**
   * Delivers what waits within the limit (0: nothing more is begun), tries at once if it was pausing, and
   * sends nothing afterwards. Resolves to the number of entries that are left.
   */
  async drain(limitMs: number): Promise<number> {
    this.#link.hurry();
    const limit = new AbortController();
    await Promise.race([
      // Who was not announced yet is announced at the next start; nobody is to wait for that.
      this.#until(() => this.#options.spool.waiting === 0),
      sleep(this.#options.clock, limitMs, limit.signal),
    ]);
    limit.abort();
    await this.close();
    return this.#options.spool.waiting;
  }

  counts(): DeliveryCounts {
    const batches = this.#batches.counts();
    const singles = this.#singles.counts();
    const { oldest } = this.#ledger;
    return {
      mode: this.#mode,
      outcomes: this.#ledger.outcomes,
      inHand: this.#ledger.open,
      waiting: this.#options.spool.waiting,
      awaySinceMs: this.#link.awaySinceMs,
      oldestMs: oldest === null ? null : timestampToMillis(oldest.report.observation.time),
      retries: this.#link.retries,
      batches: batches.batches,
      singleReports: singles.reports,
      bytesSent: batches.bytes + singles.bytes,
    };
  }

  /** Sends nothing more. What is under way may still arrive; it is sent again after the next start. */
  close(): Promise<void> {
    this.#closed.abort();
    this.#link.stop();
    return Promise.resolve();
  }

  async #run(): Promise<void> {
    const { spool } = this.#options;
    while (!this.#link.signal.aborted) {
      if (this.#isToBeAsked()) await this.#describe();
      if (this.#mode === 'single') await this.#singles.room();
      const entries = await this.#takeNext();
      // Closed: nothing comes any more.
      if (entries.length === 0) break;
      this.#ledger.take(entries);
      this.#lookAhead();
      await this.#send(entries);
    }
    if (this.#link.failure !== null && !spool.isDurable) await this.#loseEverything();
  }

  #takeNext(): Promise<readonly StoredEntry[]> {
    const ahead = this.#ahead ?? this.#options.spool.next(this.#batches.limit, this.#link.signal);
    this.#ahead = null;
    return ahead;
  }

  /** Of a backlog the next batch is read while the aggregator is at work on this one. */
  #lookAhead(): void {
    const { spool } = this.#options;
    const { limit } = this.#batches;
    if (spool.waiting - this.#ledger.open < limit.entries) return;
    this.#ahead = spool.next(limit, this.#link.signal);
  }

  async #send(entries: readonly StoredEntry[]): Promise<void> {
    if (this.#isToBeAsked()) await this.#describe();
    if (this.#mode === 'single') {
      this.#singles.add(entries);
      return;
    }
    const left = await this.#batches.deliver(entries);
    if (left.length === 0 || this.#link.signal.aborted) return;
    this.#useSingles('it does not take batches any more');
    this.#singles.add(left);
  }

  #isToBeAsked(): boolean {
    if (this.#singles.takeForgotten()) this.#describedAt = -1;
    return this.#describedAt !== this.#link.recoveries && !this.#link.signal.aborted;
  }

  /** Finds out how to send. Where batches come to be known, they take over what single reports have left. */
  async #describe(): Promise<void> {
    const { client, logger, clock } = this.#options;
    for (let attempt = 1; await this.#link.ready();) {
      try {
        const description = await client.describe();
        this.#link.succeeded();
        this.#batches.adapt(description);
        const { version, features } = description;
        logger.info('observations are sent in batches', { aggregator: client.target, version, features });
        const left = this.#mode === 'single' ? await this.#singles.withdraw() : [];
        this.#mode = 'batch';
        this.#describedAt = this.#link.recoveries;
        if (left.length > 0) await this.#send(left);
        return;
      } catch (error) {
        const known = HviewError.from(error);
        if (known.code !== 'UNSUPPORTED' && isAboutTheLink(known)) {
          this.#link.failed(known);
          continue;
        }
        if (known.code === 'UNSUPPORTED' || attempt === DESCRIBE_ATTEMPTS) {
          this.#link.succeeded();
          this.#useSingles(known.message);
          break;
        }
        attempt += 1;
        await sleep(clock, FIRST_PAUSE_MS, this.#link.signal);
      }
    }
    this.#describedAt = this.#link.recoveries;
  }

  #useSingles(reason: string): void {
    const { client, logger } = this.#options;
    logger.info('observations are sent as single reports', { aggregator: client.target, reason });
    this.#mode = 'single';
  }

  /** A few entries more, if some wait. */
  async #takeMore(): Promise<readonly StoredEntry[]> {
    const { spool, clock } = this.#options;
    if (this.#ahead !== null) {
      const entries = await this.#takeNext();
      this.#ledger.take(entries);
      return entries;
    }
    if (spool.waiting <= this.#ledger.open) return [];
    const patience = new AbortController();
    const timer = clock.after(FIRST_PAUSE_MS, () => patience.abort());
    const entries = await spool.next({ entries: 8, bytes: this.#batches.limit.bytes }, patience.signal);
    timer.cancel();
    this.#ledger.take(entries);
    return entries;
  }

  async #register(module: string, observer: string): Promise<void> {
    const { logger, clock } = this.#options;
    for (let attempt = 1; await this.#link.ready();) {
      try {
        await this.#singles.handle(module, observer);
        this.#link.succeeded();
        return;
      } catch (error) {
        const known = HviewError.from(error);
        if (isAboutTheLink(known)) {
          this.#link.failed(known);
          continue;
        }
        if (attempt === DESCRIBE_ATTEMPTS) {
          const { code, message } = known;
          logger.warn('an observer could not be registered', { module, observer, code, reason: message });
          return;
        }
        attempt += 1;
        await sleep(clock, FIRST_PAUSE_MS, this.#link.signal);
      }
    }
  }

  /** Nobody will ever take it: whoever waits for room in the spool must not wait for ever. */
  async #loseEverything(): Promise<void> {
    if (this.#ahead !== null) this.#ledger.take(await this.#ahead);
    this.#ledger.giveUp();
    for (;;) {
      const entries = await this.#options.spool.next(this.#batches.limit, this.#closed.signal);
      if (entries.length === 0) return;
      this.#ledger.take(entries);
      this.#ledger.giveUp();
    }
  }

  /** Resolves when it is true after a settlement or an announcement, or there is nothing more to hope for. */
  async #until(isTrue: () => boolean): Promise<void> {
    while (!this.#link.signal.aborted && !isTrue()) {
      await new Promise<void>((resolve) => this.#drainWaiters.push(resolve));
    }
  }

  #wakeDrained(): void {
    for (const resume of this.#drainWaiters.splice(0)) resume();
  }
}
