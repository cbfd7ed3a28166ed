import type { Clock, Timer } from '../../runtime/clock.js';
import { HviewError, describeError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { Compacted } from './compact.js';
import { compact } from './compact.js';
import type { RecordPlace } from './record-codec.js';
import { encodeEntries, namesIn } from './record-codec.js';
import { RememberedIds } from './remembered-ids.js';
import { SegmentFiles } from './segment-files.js';
import type { SpoolCounts, SpoolDropReason, SpoolEntry, StoredEntry } from './spool-entry.js';
import type { Manifest } from './spool-manifest.js';
import { readManifest, writeManifest } from './spool-manifest.js';

export type { SpoolCounts, SpoolDropReason, SpoolEntry, StoredEntry } from './spool-entry.js';

export interface SpoolOptions {
  /** Where it is kept, made when it is not there; null: in memory only. */
  readonly folder: string | null;
  /** What undelivered entries may take on disk; beyond it repeats are merged and old words dropped. */
  readonly maxBytes?: number;
  /** What may be only in memory while the disk refuses, or without a folder; beyond it `append` waits. */
  readonly maxMemoryBytes?: number;
  /** Size of one file; a larger one is begun less often and deleted later. */
  readonly segmentBytes?: number;
  /**
   * Whether `covered` will be called for a source. Default: for all. Entries of one for which it never
   * is are kept after delivery until the spool is full of them.
   */
  readonly isCheckpointed?: (source: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export const SPOOL_DEFAULTS = {
  // Some 150,000 entries: with a noisy log (20 a second) two hours without an aggregator.
  maxBytes: 64 * 1024 * 1024,
  // Some 10,000 entries, a few seconds of a very noisy log.
  maxMemoryBytes: 4 * 1024 * 1024,
  // Small enough to be read as a whole, large enough that few are needed.
  segmentBytes: 4 * 1024 * 1024,
} as const;

/** How many entries and bytes `next` gives at most; one entry comes whatever its size. */
export interface NextLimit {
  readonly entries: number;
  readonly bytes: number;
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

/** Entries ready to be handed out without a look at the disk, bytes. */
const WINDOW_BYTES = 512 * 1024;

/** The manifest is at most so old, milliseconds: what a crash sends once more. */
const SAVE_AFTER_MS = 1000;

/** How often a disk that refuses is tried again, milliseconds. */
const RETRY_DISK_MS = 2000;

/** A full spool is emptied to this share, so that it is not full again at once. */
const ROOM_SHARE = 0.75;

/** More sequences than a segment holds: what may have been in one that is gone. */
const SEQUENCES_OF_A_SEGMENT = 1_000_000;

/**
 * Entries between the logs and the aggregator, in order, on disk before `append` resolves. An entry is
 * handed out at once, also while it is being written; it leaves the disk when it is delivered and its
 * log's checkpoint covers it. Memory does not depend on how much waits.
 */
export class Spool {
  readonly #options: Required<Omit<SpoolOptions, 'folder'>> & { readonly folder: string | null };
  readonly #files: SegmentFiles | null;
  readonly #ids = new RememberedIds();
  readonly #covered = new Map<string, number>();
  #last = 0;
  /** What is missing up to here was told. */
  #accounted = 0;
  #settled = 0;
  #handedOut = 0;
  /** Everything up to here is in the window or was; what follows is on disk or unwritten. */
  #loaded = 0;
  #window: StoredEntry[] = [];
  #windowBytes = 0;
  /** Handed out and not settled. */
  #inHand: StoredEntry[] = [];
  /** Not on disk yet: on the way there, or kept because the disk refuses. */
  #unwritten: Unwritten[] = [];
  #unwrittenBytes = 0;
  #disk: 'none' | 'good' | 'refuses';
  #retry: Timer | null = null;
  #saving: Timer | null = null;
  #isSaved = true;
  #isClosed = false;
  #writing: Promise<void> | null = null;
  #loading: Promise<void> | null = null;
  #compacting: Promise<void> | null = null;
  /** Deleting and replacing files: one after the other. */
  #fileWork: Promise<unknown> = Promise.resolve();
  #newestKnown: string | null = null;
  readonly #writeWaiters: Waiter[] = [];
  readonly #roomWaiters: (() => void)[] = [];
  readonly #entryWaiters: (() => void)[] = [];
  #recovered = 0;
  #appended = 0;
  #delivered = 0;
  #coalesced = 0;
  #damaged = 0;
  #waitingEntries = 0;
  #waitingBytes = 0;
  readonly #dropped: Record<SpoolDropReason, number> = { middle: 0, worst: 0, newest: 0, closed: 0 };

  private constructor(options: SpoolOptions) {
    this.#options = { ...SPOOL_DEFAULTS, isCheckpointed: () => true, ...options };
    const { folder, segmentBytes, maxBytes } = this.#options;
    // A small spool needs small files, or it would be full before the first is complete.
    const pieceBytes = Math.min(segmentBytes, Math.ceil(maxBytes / 8));
    this.#files = folder === null ? null : new SegmentFiles(folder, pieceBytes);
    this.#disk = folder === null ? 'none' : 'good';
  }

  /**
   * Takes over what an earlier run has left. What is damaged is skipped, counted and told. Rejects with
   * STATE_UNUSABLE for a spool of a newer version or files that are none; a disk that refuses is told,
   * and the spool goes on in memory.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await spool.#recover();
    return spool;
  }

  get lastSequence(): number {
    return this.#last;
  }

  /** Everything up to here is on disk or delivered; a checkpoint must not cover more. */
  get durableSequence(): number {
    const [first] = this.#unwritten;
    return first === undefined ? this.#last : Math.max(this.#settled, first.entry.sequence - 1);
  }

  /** Entries that are not settled. */
  get waiting(): number {
    return this.#waitingEntries;
  }

  /** Whether what waits outlives the process. */
  get isDurable(): boolean {
    return this.#options.folder !== null;
  }

  counts(): SpoolCounts {
    return {
      recovered: this.#recovered,
      appended: this.#appended,
      delivered: this.#delivered,
      waiting: { entries: this.#waitingEntries, bytes: this.#waitingBytes },
      coalesced: this.#coalesced,
      dropped: { ...this.#dropped },
      damaged: this.#damaged,
      bytesOnDisk: this.#files?.bytesOnDisk ?? 0,
      notDurable: this.#unwritten.length,
    };
  }

  /**
   * Takes entries in their order. Resolves when they are on disk (with all that came meanwhile in one
   * go) or, when the disk refuses, in memory, which waits for room when there is none; to the sequence
   * of the last one. Callers of the same source wait for one another.
   */
  async append(entries: readonly SpoolEntry[]): Promise<number> {
    if (entries.length === 0) return this.#last;
    while (this.#disk !== 'good' && this.#isMemoryFull && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
    }
    if (this.#isClosed) {
      this.#appended += entries.length;
      this.#dropped.closed += entries.length;
      return this.#last;
    }
    this.#take(entries);
    const last = this.#last;
    wake(this.#entryWaiters);
    if (this.#disk !== 'good') return last;
    this.#write();
    await new Promise<void>((resolve) => this.#writeWaiters.push({ through: last, resolve }));
    return last;
  }

  /**
   * Ids of entries of `source` above `sequence`, delivered or not: what an agent that goes on at a
   * checkpoint reads again and must not append twice. To be asked before the first `append`.
   */
  idsAfter(source: string, sequence: number): Set<string> {
    this.#raiseTo(sequence);
    return this.#ids.after(source, sequence);
  }

  /** A checkpoint on disk covers the entries of `source` up to `sequence`. */
  covered(source: string, sequence: number): void {
    this.#raiseTo(sequence);
    if (sequence <= (this.#covered.get(source) ?? 0)) return;
    this.#covered.set(source, sequence);
    this.#ids.forget(source, sequence);
    this.#keepHouse();
  }

  /**
   * The next entries in order that were not handed out since the spool was opened; waits until there
   * are some. Empty when the signal aborts or the spool is closed.
   */
  async next(limit: NextLimit, signal?: AbortSignal): Promise<readonly StoredEntry[]> {
    while (!this.#isClosed && signal?.aborted !== true) {
      if (this.#compacting !== null) await this.#compacting;
      else if (this.#window.length > 0) return this.#handOut(limit);
      else if (this.#loaded < this.#last) await this.#load();
      else await this.#untilAppended(signal);
    }
    return [];
  }

  /** Everything handed out up to here is delivered or set aside. Lasting a moment later. */
  settle(through: number): void {
    if (through <= this.#settled) return;
    const settled = Math.min(through, this.#handedOut);
    let count = 0;
    for (const { sequence, bytes } of this.#inHand) {
      if (sequence > settled) break;
      count += 1;
      this.#waitingBytes -= bytes;
    }
    this.#inHand.splice(0, count);
    this.#delivered += count;
    this.#waitingEntries -= count;
    this.#settled = settled;
    if (this.#disk !== 'good') this.#forgetUnwritten(settled);
    this.#trueUp();
    this.#keepHouse();
  }

  /** Writes what the disk takes and ends. What is asked of it afterwards is answered at once. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#saving?.cancel();
    wake(this.#entryWaiters);
    wake(this.#roomWaiters);
    this.#write();
    await this.#writing;
    await this.#loading;
    await this.#tidy(true);
    await this.#files?.seal().catch(() => undefined);
  }

  get #isMemoryFull(): boolean {
    return this.#unwrittenBytes >= this.#options.maxMemoryBytes;
  }

  #take(entries: readonly SpoolEntry[]): void {
    const { isCheckpointed } = this.#options;
    const isNextLoaded = this.#loaded === this.#last && this.#windowBytes < WINDOW_BYTES;
    for (const { stored, record } of encodeEntries(entries, this.#last + 1)) {
      this.#unwritten.push({ entry: stored, record: this.#disk === 'none' ? NO_BYTES : record });
      this.#unwrittenBytes += stored.bytes;
      this.#waitingBytes += stored.bytes;
      if (isNextLoaded) {
        this.#window.push(stored);
        this.#windowBytes += stored.bytes;
      }
      if (this.#files !== null && isCheckpointed(stored.source)) {
        this.#ids.add(stored.source, stored.id, stored.sequence);
      }
    }
    this.#last += entries.length;
    if (isNextLoaded) this.#loaded = this.#last;
    this.#waitingEntries += entries.length;
    this.#appended += entries.length;
  }

  #handOut(limit: NextLimit): readonly StoredEntry[] {
    let count = 0;
    let bytes = 0;
    for (const entry of this.#window) {
      if (count >= limit.entries || (count > 0 && bytes + entry.bytes > limit.bytes)) break;
      count += 1;
      bytes += entry.bytes;
    }
    const out = this.#window.splice(0, count);
    this.#windowBytes -= bytes;
    for (const entry of out) this.#inHand.push(entry);
    this.#handedOut = out.at(-1)?.sequence ?? this.#handedOut;
    return out;
  }

  async #untilAppended(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#entryWaiters.push(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  // Reading back

  #load(): Promise<void> {
    this.#loading ??= this.#fillWindow().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #fillWindow(): Promise<void> {
    const files = this.#files;
    if (files === null || this.#loaded >= files.lastWritten) {
      for (const { entry } of this.#unwritten) {
        if (entry.sequence <= this.#loaded) continue;
        if (this.#windowBytes >= WINDOW_BYTES) return;
        this.#window.push(entry);
        this.#windowBytes += entry.bytes;
        this.#loaded = entry.sequence;
      }
      // What lies between, if anything, is on no disk and in no memory.
      if (this.#windowBytes < WINDOW_BYTES) this.#loaded = this.#last;
      return;
    }
    const goal = files.lastWritten;
    const { entries, through, missing, problem } = await files.read(this.#loaded, WINDOW_BYTES);
    for (const entry of entries) {
      this.#window.push(entry);
      this.#windowBytes += entry.bytes;
    }
    // When the files end before, the rest was never there.
    this.#loaded = through === this.#loaded ? goal : through;
    if (missing > 0 || problem !== undefined) this.#tellMissing(missing, problem);
    this.#trueUp();
  }

  #tellMissing(missing: number, problem: unknown): void {
    this.#damaged += missing;
    this.#waitingEntries = Math.max(0, this.#waitingEntries - missing);
    this.#options.logger.error('observations in the spool cannot be read back', {
      folder: this.#options.folder,
      entries: missing,
      reason: problem === undefined ? 'damaged records' : describeError(problem),
    });
  }

  /** Once nothing is left anywhere nothing waits, whatever was lost on the way. */
  #trueUp(): void {
    if (this.#loaded < this.#last || this.#window.length > 0 || this.#inHand.length > 0) return;
    this.#waitingEntries = 0;
    this.#waitingBytes = 0;
  }

  // Writing

  #write(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
      if (this.#disk === 'good' && this.#unwritten.length > 0) this.#write();
    });
  }

  async #writeAll(): Promise<void> {
    if (this.#disk === 'refuses') await this.#tryDisk();
    while (this.#disk === 'good' && this.#unwritten.length > 0) {
      try {
        await this.#writeGroup();
        if (this.#waitingBytes > this.#options.maxBytes) await this.#makeRoom();
      } catch (error) {
        this.#refuse(error);
      }
    }
  }

  /** Everything that is unwritten now and without a gap, with one wait for the disk. */
  async #writeGroup(): Promise<void> {
    const group = firstRun(this.#unwritten);
    const first = group[0]?.entry.sequence;
    const last = group.at(-1)?.entry.sequence;
    if (this.#files === null || first === undefined || last === undefined) return;
    const sources = new Map(group.map(({ entry }) => [entry.source, entry.sequence]));
    await this.#files.write({ records: group.map(({ record }) => record), first, last, sources });
    this.#forgetUnwritten(last);
    while ((this.#writeWaiters[0]?.through ?? Infinity) <= last) this.#writeWaiters.shift()?.resolve();
    if (this.#files.activeName !== this.#newestKnown) this.#saveSoon();
  }

  #forgetUnwritten(through: number): void {
    let count = 0;
    for (const { entry } of this.#unwritten) {
      if (entry.sequence > through) break;
      count += 1;
      this.#unwrittenBytes -= entry.bytes;
    }
    this.#unwritten.splice(0, count);
    if (!this.#isMemoryFull) wake(this.#roomWaiters);
  }

  #refuse(error: unknown): void {
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
      this.#retry = clock.after(RETRY_DISK_MS, () => this.#write(), { unref: true });
    }
  }

  /** Back to the disk, if it lets us. */
  async #tryDisk(): Promise<void> {
    const { folder, logger } = this.#options;
    try {
      if (this.#unwritten.length > 0) await this.#writeGroup();
      else if (folder !== null) await writeManifest(folder, this.#manifest());
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#disk = 'good';
    logger.info('the spool is written again', { folder });
    wake(this.#roomWaiters);
  }

  /** The spool is full: some entries have to go. */
  #makeRoom(): Promise<void> {
    this.#compacting = this.#afterFileWork(() => this.#compact()).finally(() => (this.#compacting = null));
    return this.#compacting;
  }

  async #compact(): Promise<void> {
    const { maxBytes, segmentBytes, logger, folder } = this.#options;
    await this.#loading;
    if (this.#files === null) return;
    this.#window = [];
    this.#windowBytes = 0;
    this.#loaded = this.#handedOut;
    const before = { coalesced: this.#coalesced, dropped: this.#droppedByNow() };
    const kept = await compact(this.#files, {
      settled: this.#settled,
      handedOut: this.#handedOut,
      isCovered: (source, through) => this.#isCovered(source, through),
      targetBytes: Math.floor(maxBytes * ROOM_SHARE),
      segmentBytes: Math.min(segmentBytes, Math.ceil(maxBytes / 8)),
      onLeftOut: (fate, bytes) => {
        if (fate === 'repeat') this.#coalesced += 1;
        else this.#dropped[fate] += 1;
        this.#waitingEntries -= 1;
        this.#waitingBytes -= bytes;
      },
    });
    this.#count(kept);
    logger.warn('the spool was full; repeats were merged, and old words left out where that was not enough', {
      folder,
      merged: this.#coalesced - before.coalesced,
      dropped: this.#droppedByNow() - before.dropped,
      waiting: this.#waitingEntries,
    });
  }

  /** What waits, now that it is known; less than was thought means that the disk has lost some. */
  #count({ entries, bytes }: Compacted): void {
    const unwritten = this.#unwritten.filter(({ entry }) => entry.sequence > this.#handedOut);
    const others = [...unwritten.map(({ entry }) => entry), ...this.#inHand];
    const waiting = entries + others.length;
    if (waiting < this.#waitingEntries) this.#tellMissing(this.#waitingEntries - waiting, undefined);
    this.#waitingEntries = waiting;
    this.#waitingBytes = others.reduce((sum, entry) => sum + entry.bytes, bytes);
  }

  #droppedByNow(): number {
    const { middle, worst, newest } = this.#dropped;
    return middle + worst + newest;
  }

  // Housekeeping

  #isCovered(source: string, through: number): boolean {
    return !this.#options.isCheckpointed(source) || (this.#covered.get(source) ?? 0) >= through;
  }

  /** Deletes files that nobody needs any more, at once; what was settled is noted a moment later. */
  #keepHouse(): void {
    if (this.#files === null || this.#isClosed) return;
    this.#saveSoon();
    if (this.#removable(this.#files) > 0) void this.#tidy(false);
  }

  #saveSoon(): void {
    this.#isSaved = false;
    if (this.#saving !== null || this.#isClosed) return;
    this.#saving = this.#options.clock.after(
      SAVE_AFTER_MS,
      () => {
        this.#saving = null;
        void this.#tidy(true);
      },
      { unref: true },
    );
  }

  /** How many files at the beginning can go, those that take more than a spool may included. */
  #removable(files: SegmentFiles): number {
    const needless = files.removable(this.#settled, (source, through) => this.#isCovered(source, through));
    const delivered = files.removable(this.#settled, () => true);
    const deliveredBytes = files.segments.slice(0, delivered).reduce((sum, { length }) => sum + length, 0);
    return deliveredBytes > this.#options.maxBytes ? delivered : needless;
  }

  #tidy(isSaveWanted: boolean): Promise<void> {
    return this.#afterFileWork(async () => {
      const files = this.#files;
      if (files === null) return;
      const count = this.#removable(files);
      this.#forgetCovers(files);
      if (count === 0 && (this.#isSaved || !isSaveWanted)) return;
      // First the note that they are delivered, or their absence would look like damage after a crash.
      const isSaved = await this.#save();
      await files.removeFirst(count);
      // A full disk may have had no room for the note; now there is some.
      if (!isSaved && count > 0) await this.#save();
      if (!this.#isSaved) this.#saveSoon();
    });
  }

  /** How far a source is covered means nothing once nothing of it is left: there may be many over time. */
  #forgetCovers(files: SegmentFiles): void {
    const left = new Set(files.segments.flatMap(({ sources }) => [...sources.keys()]));
    for (const source of this.#covered.keys()) if (!left.has(source)) this.#covered.delete(source);
  }

  async #save(): Promise<boolean> {
    const { folder, logger } = this.#options;
    if (folder === null) return true;
    const manifest = this.#manifest();
    this.#isSaved = true;
    try {
      await writeManifest(folder, manifest);
      this.#newestKnown = manifest.newest;
      return true;
    } catch (error) {
      this.#isSaved = false;
      logger.debug('the notes of the spool cannot be saved', { reason: describeError(error) });
      return false;
    }
  }

  #manifest(): Manifest {
    return {
      settled: this.#settled,
      last: this.durableSequence,
      accounted: this.#accounted,
      newest: this.#files?.activeName ?? null,
      covered: Object.fromEntries(this.#covered),
    };
  }

  #afterFileWork(work: () => Promise<void>): Promise<void> {
    const done = this.#fileWork.then(work);
    this.#fileWork = done.catch(() => undefined);
    return done;
  }

  // Opening

  async #recover(): Promise<void> {
    const { folder, logger } = this.#options;
    const files = this.#files;
    if (folder === null || files === null) return;
    try {
      const manifest = await readManifest(folder);
      const known = manifest !== null && 'settled' in manifest ? manifest : null;
      if (manifest !== null && 'damaged' in manifest) {
        logger.error("the spool's notes are damaged; what it holds is sent once more", {
          folder,
          reason: manifest.damaged,
        });
      }
      this.#settled = known?.settled ?? 0;
      this.#accounted = known?.accounted ?? 0;
      for (const [source, sequence] of Object.entries(known?.covered ?? {})) {
        this.#covered.set(source, sequence);
      }
      let seen: number | null = known === null ? null : this.#settled;
      const { names } = await files.recover(
        manifest !== null,
        (buffer, place) => {
          seen = this.#recoverRecord(buffer, place, seen ?? place.from - 1);
        },
        (path, problem) => {
          logger.error('a file of the spool cannot be read', { path, reason: describeError(problem) });
        },
      );
      const last = Math.max(seen ?? 0, known?.last ?? 0);
      this.#noteMissing((seen ?? 0) + 1, last);
      const newest = known?.newest ?? null;
      const isNewestGone = newest !== null && !names.includes(newest);
      this.#last = isNewestGone ? last + SEQUENCES_OF_A_SEGMENT : last;
      this.#accounted = this.#last;
      if (known === null) this.#settled = Math.max(0, (files.segments[0]?.first ?? 1) - 1);
    } catch (error) {
      if (error instanceof HviewError) throw error;
      this.#refuse(error);
    }
    this.#handedOut = this.#settled;
    this.#loaded = this.#settled;
    if (this.#damaged > 0) {
      logger.error('a part of the spool is damaged; the rest is delivered', {
        folder,
        entries: this.#damaged,
      });
    }
    this.#trueUp();
    this.#keepHouse();
  }

  /** `seen`: everything up to there was found or is delivered. Returns the same after this record. */
  #recoverRecord(buffer: Buffer, place: RecordPlace, seen: number): number {
    const { kind, sequence, from, start, end } = place;
    this.#noteMissing(seen + 1, from - 1);
    if (kind === 'entry' && sequence > this.#settled) {
      this.#recovered += 1;
      this.#waitingEntries += 1;
      this.#waitingBytes += end - start;
    }
    if (kind !== 'gap') {
      const { source, id } = namesIn(buffer, place);
      if (!this.#isCovered(source, sequence)) this.#ids.add(source, id, sequence);
    }
    return Math.max(seen, sequence);
  }

  #noteMissing(from: number, through: number): void {
    if (from > through) return;
    this.#files?.noteHole({ from, through });
    this.#damaged += Math.max(0, through - Math.max(from, this.#accounted + 1) + 1);
  }

  /** A checkpoint knows of sequences that the spool does not: it has lost them, and must not give them again. */
  #raiseTo(sequence: number): void {
    if (sequence <= this.#last) return;
    this.#options.logger.warn('the spool ends before what a checkpoint covers', {
      folder: this.#options.folder,
      spooled: this.#last,
      covered: sequence,
    });
    if (this.#loaded === this.#last) this.#loaded = sequence;
    this.#last = sequence;
    this.#accounted = sequence;
  }
}

/** A gap, as `#raiseTo` makes one, needs a record of its own, which a write begins with. */
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
