import type { AggregatorDescription, BatchResult } from '../../protocol/batch-service.js';
import type { Clock } from '../../runtime/clock.js';
import { sleep } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { NextLimit } from '../spool/spool.js';
import type { StoredEntry } from '../spool/spool-entry.js';
import type { DeliveryTarget } from './delivery-target.js';
import type { Ledger } from './ledger.js';
import type { Link } from './link.js';
import { FIRST_PAUSE_MS, isAboutTheLink } from './link.js';
import type { SetAside } from './set-aside.js';

export interface BatchChannelOptions {
  readonly client: DeliveryTarget;
  /** Who sends, for the aggregator's logs. */
  readonly agent: string;
  readonly link: Link;
  readonly ledger: Ledger;
  readonly setAside: SetAside;
  /** The largest batch; what the aggregator describes may lower it. */
  readonly limit: NextLimit;
  /** More entries to try, if some wait. */
  readonly more: () => Promise<readonly StoredEntry[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface BatchChannelCounts {
  /** Batches that got through, and what was in them. */
  readonly batches: number;
  readonly entries: number;
  readonly bytes: number;
}

/** How a slice fared. `again`: the same or less of it is to be sent once more. */
type Sent = 'taken' | 'again' | 'unsupported' | 'stopped';

/** An aggregator that fails may do so for reasons of its own: only then is the batch suspected. */
const ATTEMPTS_BEFORE_SUSPICION = 3;

/**
 * Sends entries in batches, one at a time, in order. What the aggregator answers decides the size: less
 * when it is overloaded or too slow, more when it takes what it gets. A batch that it cannot stomach is
 * halved until the entry is found that is to blame; that one is set aside.
 */
export class BatchChannel {
  readonly #options: BatchChannelOptions;
  /** Entries to send by module, each list in order; a batch speaks of one module. */
  readonly #groups = new Map<string, StoredEntry[]>();
  #max: NextLimit;
  #size: number;
  /** How many at the beginning of the present list hold one to blame, as far as known; 0: none does. */
  #suspects = 0;
  /** Failures in a row of what is sent now, and on a single suspect. */
  #failures = 0;
  readonly #counts = { batches: 0, entries: 0, bytes: 0 };

  constructor(options: BatchChannelOptions) {
    this.#options = options;
    this.#max = options.limit;
    this.#size = options.limit.entries;
  }

  /** How much may be handed over at once. */
  get limit(): NextLimit {
    return this.#max;
  }

  counts(): BatchChannelCounts {
    return { ...this.#counts };
  }

  /** Keeps to what this aggregator can take. */
  adapt({ maxObservations, maxBytes }: AggregatorDescription): void {
    const { entries, bytes } = this.#options.limit;
    // Zero says nothing.
    this.#max = {
      entries: Math.min(entries, maxObservations > 0 ? maxObservations : entries),
      bytes: Math.min(bytes, maxBytes > 0 ? maxBytes : bytes),
    };
    // It grows again by itself: an aggregator that was overloaded is asked anew, too.
    this.#size = Math.min(this.#size, this.#max.entries);
  }

  /**
   * Resolves when all is done: to the entries that are not, in order, because the aggregator has no batch
   * service or because nothing is to be sent any more; else to none.
   */
  async deliver(entries: readonly StoredEntry[]): Promise<readonly StoredEntry[]> {
    this.#accept(entries);
    for (const [module, list] of this.#groups) {
      this.#suspects = 0;
      this.#failures = 0;
      while (list.length > 0) {
        const sent = await this.#sendSome(list);
        if (sent === 'unsupported' || sent === 'stopped') return this.#takeBack();
      }
      this.#groups.delete(module);
    }
    return [];
  }

  #accept(entries: readonly StoredEntry[]): void {
    for (const entry of entries) {
      const list = this.#groups.get(entry.module);
      if (list === undefined) this.#groups.set(entry.module, [entry]);
      else list.push(entry);
    }
  }

  #takeBack(): readonly StoredEntry[] {
    const left = [...this.#groups.values()].flat();
    this.#groups.clear();
    return left.sort((a, b) => a.sequence - b.sequence);
  }

  /** Sends from the beginning of the list and takes off it what is done. */
  async #sendSome(list: StoredEntry[]): Promise<Sent> {
    const slice = this.#sliceOf(list);
    const [first] = slice;
    if (slice.length === 1 && first !== undefined && first.bytes > this.#max.bytes) {
      list.shift();
      await this.#setAside(first, tooLarge(first, this.#max.bytes), 'refused');
      return 'taken';
    }
    if (!(await this.#options.link.ready())) return 'stopped';
    try {
      await this.#submit(slice);
    } catch (error) {
      return this.#failed(list, slice, HviewError.from(error));
    }
    list.splice(0, slice.length);
    this.#failures = 0;
    this.#suspects = Math.max(0, this.#suspects - slice.length);
    if (slice.length >= this.#size) this.#size = Math.min(this.#max.entries, this.#size * 2);
    return 'taken';
  }

  #sliceOf(list: readonly StoredEntry[]): StoredEntry[] {
    const most = this.#suspects > 1 ? Math.ceil(this.#suspects / 2) : this.#suspects === 1 ? 1 : this.#size;
    let count = 0;
    let bytes = 0;
    for (const entry of list) {
      bytes += entry.bytes;
      if (count >= most || (count > 0 && bytes > this.#max.bytes)) break;
      count += 1;
    }
    return list.slice(0, count);
  }

  /** Rejects when the batch was not taken. */
  async #submit(slice: readonly StoredEntry[]): Promise<void> {
    const { client, agent, link, ledger } = this.#options;
    const module = slice[0]?.module ?? '';
    const entries = slice.map(({ id, report, provenance }) => ({ id, report, provenance }));
    const result = await client.submitBatch({ agent, module, entries });
    const answered = result.accepted + result.duplicates + result.refused.length;
    // Better sent twice than taken for delivered.
    if (answered !== slice.length) {
      throw new HviewError(
        'REMOTE_FAILED',
        `${client.target} answers for ${answered} of ${slice.length} observations`,
      );
    }
    link.succeeded();
    this.#counts.batches += 1;
    this.#counts.entries += slice.length;
    this.#counts.bytes += slice.reduce((sum, { bytes }) => sum + bytes, 0);
    await this.#putAsideRefused(slice, result);
    const refused = new Set(result.refused.map(({ index }) => index));
    // Which ones were duplicates is not told; those sent before are the oldest.
    let duplicates = result.duplicates;
    slice.forEach((entry, index) => {
      if (refused.has(index)) return;
      ledger.done(entry, duplicates > 0 ? 'duplicate' : 'accepted');
      duplicates -= 1;
    });
  }

  async #putAsideRefused(slice: readonly StoredEntry[], { refused }: BatchResult): Promise<void> {
    for (const { index, reason } of refused) {
      const entry = slice[index];
      if (entry !== undefined)
        await this.#setAside(entry, new HviewError('REQUEST_INVALID', reason), 'refused');
    }
  }

  async #setAside(entry: StoredEntry, error: HviewError, outcome: 'refused' | 'set-aside'): Promise<void> {
    const { setAside, ledger } = this.#options;
    await setAside.add(entry, error);
    ledger.done(entry, outcome);
  }

  async #failed(list: StoredEntry[], slice: readonly StoredEntry[], error: HviewError): Promise<Sent> {
    const { link } = this.#options;
    if (link.signal.aborted) return 'stopped';
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- whatever else it answers, it failed on this batch
    switch (error.code) {
      case 'UNSUPPORTED':
        return 'unsupported';
      case 'UNREACHABLE':
      case 'UNAUTHENTICATED':
      case 'PERMISSION_DENIED':
        link.failed(error);
        return 'again';
      case 'OVERLOADED':
      case 'TIMEOUT':
        link.failed(error);
        this.#size = Math.max(1, Math.floor(slice.length / 2));
        return 'again';
      case 'REQUEST_INVALID':
        return this.#blame(list, slice, error, true);
      default:
        return this.#blame(list, slice, error, false);
    }
  }

  /** Something in the slice, if not the aggregator itself, is to blame. `isSaid`: it says so. */
  async #blame(
    list: StoredEntry[],
    slice: readonly StoredEntry[],
    error: HviewError,
    isSaid: boolean,
  ): Promise<Sent> {
    const { link, clock } = this.#options;
    const [first] = slice;
    const attempts = isSaid ? 1 : ATTEMPTS_BEFORE_SUSPICION;
    this.#failures += 1;
    if (slice.length === 1 && first !== undefined) {
      this.#suspects = 1;
      if (this.#failures >= attempts && (await this.#isProven(list, this.#failures - attempts))) {
        list.shift();
        this.#suspects = 0;
        this.#failures = 0;
        await this.#setAside(first, error, isSaid ? 'refused' : 'set-aside');
        return 'taken';
      }
      link.failed(error);
      return 'again';
    }
    if (this.#suspects === 0 && this.#failures < attempts) {
      link.failed(error);
      return 'again';
    }
    this.#suspects = slice.length;
    this.#failures = 0;
    // It answers, so that growing pauses would only put off the finding.
    if (!isSaid) await sleep(clock, FIRST_PAUSE_MS, link.signal);
    return 'again';
  }

  /**
   * Whether others get through when the first of the list does not; one of them is tried. Without that
   * an aggregator with a defect, or something in between, would have everything set aside.
   */
  async #isProven(list: StoredEntry[], attempt: number): Promise<boolean> {
    // Those in hand may all be as bad.
    if (attempt >= this.#witnesses(list).length) this.#accept(await this.#options.more());
    const witnesses = this.#witnesses(list);
    const witness = witnesses[attempt % Math.max(1, witnesses.length)];
    if (witness === undefined) return false;
    try {
      await this.#submit([witness]);
    } catch (error) {
      // Passing trouble of the aggregator says nothing: the same one is asked again.
      if (isAboutTheLink(HviewError.from(error))) this.#failures -= 1;
      return false;
    }
    const group = this.#groups.get(witness.module);
    group?.splice(group.indexOf(witness), 1);
    return true;
  }

  /** First the next one, which keeps the order; it may be just as bad, so others follow, further away. */
  #witnesses(list: readonly StoredEntry[]): readonly StoredEntry[] {
    const witnesses: StoredEntry[] = [];
    for (let step = 1; step < list.length; step *= 2) {
      const witness = list[step];
      if (witness !== undefined) witnesses.push(witness);
    }
    for (const group of this.#groups.values()) {
      if (group !== list && group[0] !== undefined) witnesses.push(group[0]);
    }
    return witnesses;
  }
}

function tooLarge(entry: StoredEntry, maxBytes: number): HviewError {
  return new HviewError(
    'REQUEST_INVALID',
    `an observation of ${entry.bytes} bytes is larger than a batch may be (${maxBytes})`,
  );
}
