import type { Clock, Timer } from '../../runtime/clock.js';
import { describeError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { SegmentFiles } from './segment-files.js';
import type { StoredEntry } from './spool-entry.js';

export interface SpoolWriterOptions {
  /** Null: there is no disk, entries stay in memory until they are delivered. */
  readonly files: SegmentFiles | null;
  readonly folder: string | null;
  /** What may be in memory only while the disk refuses, or without one, bytes. */
  readonly maxMemoryBytes: number;
  /** Called after each write; when it rejects, the disk refuses. */
  readonly onWritten: () => Promise<void>;
  /** Writes something small, to see whether the disk can be written again. */
  readonly probe: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Unwritten {
  readonly entry: StoredEntry;
  readonly record: Buffer;
}

interface Waiter {
  readonly through: number;
  readonly resolve: () => void;
}

const NO_BYTES = Buffer.alloc(0);

/** How often a disk that refuses is tried again, milliseconds. */
const RETRY_DISK_MS = 2000;

/**
 * Entries on their way to the disk: all that came during one write go with the next. When the disk
 * refuses they stay in memory, as many as may, until it takes them or they are delivered.
 */
export class SpoolWriter {
  readonly #options: SpoolWriterOptions;
  #unwritten: Unwritten[] = [];
  #bytes = 0;
  #disk: 'none' | 'good' | 'refuses';
  #isClosed = false;
  #retry: Timer | null = null;
  #writing: Promise<void> | null = null;
  readonly #writeWaiters: Waiter[] = [];
  readonly #roomWaiters: (() => void)[] = [];

  constructor(options: SpoolWriterOptions) {
    this.#options = options;
    this.#disk = options.files === null ? 'none' : 'good';
  }

  /** Entries that are not on disk. */
  get length(): number {
    return this.#unwritten.length;
  }

  /** The first of them; null: everything is on disk. */
  get firstSequence(): number | null {
    return this.#unwritten[0]?.entry.sequence ?? null;
  }

  /** Whether more must wait until something is delivered. */
  get isFull(): boolean {
    return this.#disk !== 'good' && this.#bytes >= this.#options.maxMemoryBytes;
  }

  /** Whether there is a disk and it cannot be written. */
  get isRefused(): boolean {
    return this.#disk === 'refuses';
  }

  /** Resolves when this may have changed, or when it is closed. */
  untilRoom(): Promise<void> {
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  add(entry: StoredEntry, record: Buffer): void {
    this.#unwritten.push({ entry, record: this.#disk === 'none' ? NO_BYTES : record });
    this.#bytes += entry.bytes;
  }

  /** Resolves when everything up to there is on disk, or when the disk refuses and it is kept in memory. */
  async write(through: number): Promise<void> {
    if (this.#disk !== 'good') return;
    this.#start();
    await new Promise<void>((resolve) => this.#writeWaiters.push({ through, resolve }));
  }

  /** Entries above a sequence, in order. */
  *after(sequence: number): Generator<StoredEntry> {
    for (const { entry } of this.#unwritten) if (entry.sequence > sequence) yield entry;
  }

  /** Entries up to there are delivered. Where the disk is good they are written all the same. */
  delivered(through: number): void {
    if (this.#disk !== 'good') this.#forget(through);
  }

  /** The disk cannot be had: told once until it can. */
  refuse(error: unknown): void {
    const { logger, folder, clock } = this.#options;
    if (this.#disk === 'good') {
      logger.warn('the spool cannot be written; observations are kept in memory until it can', {
        folder,
        reason: describeError(error),
        waiting: this.#unwritten.length,
      });
    }
    this.#disk = 'refuses';
    for (const { resolve } of this.#writeWaiters.splice(0)) resolve();
    if (!this.#isClosed) {
      this.#retry?.cancel();
      this.#retry = clock.after(RETRY_DISK_MS, () => this.#start(), { unref: true });
    }
  }

  /** Writes what the disk takes and lets go whoever waits for room. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    wake(this.#roomWaiters);
    this.#start();
    await this.#writing;
    const { folder, logger } = this.#options;
    if (folder === null || this.#unwritten.length === 0) return;
    logger.warn('observations that were only in memory are gone; their part of the log is read again', {
      folder,
      entries: this.#unwritten.length,
    });
  }

  #start(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
      if (this.#disk === 'good' && this.#unwritten.length > 0) this.#start();
    });
  }

  async #writeAll(): Promise<void> {
    if (this.#disk === 'refuses') await this.#tryDisk();
    while (this.#disk === 'good' && this.#unwritten.length > 0) {
      try {
        await this.#writeGroup();
      } catch (error) {
        this.refuse(error);
      }
    }
  }

  /** Everything that is unwritten now and without a gap, with one wait for the disk. */
  async #writeGroup(): Promise<void> {
    const { files, onWritten } = this.#options;
    const group = firstRun(this.#unwritten);
    const first = group[0]?.entry.sequence;
    const last = group.at(-1)?.entry.sequence;
    if (files === null || first === undefined || last === undefined) return;
    const sources = new Map(group.map(({ entry }) => [entry.source, entry.sequence]));
    await files.write({ records: group.map(({ record }) => record), first, last, sources });
    this.#forget(last);
    while ((this.#writeWaiters[0]?.through ?? Infinity) <= last) this.#writeWaiters.shift()?.resolve();
    await onWritten();
  }

  /** Back to the disk, if it lets us. */
  async #tryDisk(): Promise<void> {
    const { probe, logger, folder } = this.#options;
    try {
      if (this.#unwritten.length > 0) await this.#writeGroup();
      else await probe();
    } catch (error) {
      this.refuse(error);
      return;
    }
    this.#disk = 'good';
    logger.info('the spool is written again', { folder });
    wake(this.#roomWaiters);
  }

  #forget(through: number): void {
    let count = 0;
    for (const { entry } of this.#unwritten) {
      if (entry.sequence > through) break;
      count += 1;
      this.#bytes -= entry.bytes;
    }
    this.#unwritten.splice(0, count);
    if (!this.isFull) wake(this.#roomWaiters);
  }
}

/** A gap in the sequences needs a record of its own, which a write begins with. */
function firstRun(unwritten: readonly Unwritten[]): readonly Unwritten[] {
  const end = unwritten.findIndex(({ entry }, index) => {
    const before = unwritten[index - 1];
    return before !== undefined && entry.sequence !== before.entry.sequence + 1;
  });
  return unwritten.slice(0, end === -1 ? undefined : end);
}

function wake(waiters: (() => void)[]): void {
  for (const resume of waiters.splice(0)) resume();
}
