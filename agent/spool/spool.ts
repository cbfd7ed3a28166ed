import type { Clock, Timer } from '../../runtime/clock.js';
import { HviewError, describeError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { Compacted } from './compact.js';
import { compact } from './compact.js';
import type { NextLimit } from './entry-window.js';
import { EntryWindow } from './entry-window.js';
import { encodeEntries } from './record-codec.js';
import { recover } from './recover.js';
import { RememberedIds } from './remembered-ids.js';
import { SegmentFiles } from './segment-files.js';
import type { SpoolCondition, SpoolCounts, SpoolDropReason, SpoolEntry, StoredEntry } from './spool-entry.js';
import type { Manifest } from './spool-manifest.js';
import { writeManifest } from './spool-manifest.js';
import { SpoolWriter } from './spool-writer.js';

export type { NextLimit } from './entry-window.js';
export type { SpoolCounts, SpoolDropReason, SpoolEntry, StoredEntry } from './spool-entry.js';

// Longer than other files: writing, reading back, making room and tidying up are files of their own;
// what is left is the one account of which entry is where, which all of them change.

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
  segmentBytes: 512 * 1024,
} as const;

/** Entries ready to be handed out without a look at the disk, bytes. */
const WINDOW_BYTES = 256 * 1024;

/** The manifest is at most so old, milliseconds: what a crash sends once more. */
const SAVE_AFTER_MS = 1000;

/** A full spool is emptied to this share, so that it is not full again at once. */
const ROOM_SHARE = 0.75;

/**
 * Entries between the logs and the aggregator, in order, on disk before `append` resolves. An entry is
 * handed out at once, also while it is being written; it leaves the disk when it is delivered and its
 * log's checkpoint covers it. Memory does not depend on how much waits.
 */
export class Spool {
  readonly #options: Required<Omit<SpoolOptions, 'folder'>> & { readonly folder: string | null };
  readonly #files: SegmentFiles | null;
  readonly #writer: SpoolWriter;
  readonly #ids = new RememberedIds();
  readonly #covered = new Map<string, number>();
  /** The last sequence that was given. */
  #last = 0;
  /** What is missing up to here was told. */
  #accounted = 0;
  #settled = 0;
  #handedOut = 0;
  /** Everything up to here is in the window or was; what follows is on disk or unwritten. */
  #loaded = 0;
  /** The first that came when the spool was closed already; Infinity: none. */
  #firstLost = Infinity;
  readonly #window = new EntryWindow(WINDOW_BYTES);
  /** Handed out and not settled. */
  readonly #inHand: StoredEntry[] = [];
  #isClosed = false;
  #loading: Promise<void> | null = null;
  #compacting: Promise<void> | null = null;
  /** Deleting and replacing files: one after the other. */
  #fileWork: Promise<unknown> = Promise.resolve();
  #saving: Timer | null = null;
  #isSaved = true;
  #newestSaved: string | null = null;
  readonly #entryWaiters = new Set<() => void>();
  #recovered = 0;
  #appended = 0;
  #delivered = 0;
  #coalesced = 0;
  #damaged = 0;
  readonly #waiting = { entries: 0, bytes: 0 };
  readonly #dropped: Record<SpoolDropReason, number> = { middle: 0, worst: 0, newest: 0, closed: 0 };

  private constructor(options: SpoolOptions) {
    this.#options = { ...SPOOL_DEFAULTS, isCheckpointed: () => true, ...options };
    const { folder, segmentBytes, maxBytes, maxMemoryBytes, clock, logger } = this.#options;
    // A small spool needs small files, or it would be full before the first is complete.
    const pieceBytes = Math.min(segmentBytes, Math.ceil(maxBytes / 8));
    const files = folder === null ? null : new SegmentFiles(folder, pieceBytes);
    this.#files = files;
    this.#writer = new SpoolWriter({
      ...{ files, folder, maxMemoryBytes, clock, logger },
      onWritten: () => this.#written(),
      probe: () => this.#writeManifest(),
    });
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
    const unwritten = Math.min(this.#writer.firstSequence ?? Infinity, this.#firstLost);
    return unwritten === Infinity ? this.#last : Math.max(this.#settled, unwritten - 1);
  }

  /** Entries that are not settled. */
  get waiting(): number {
    return this.#waiting.entries;
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
      waiting: { ...this.#waiting },
      coalesced: this.#coalesced,
      dropped: { ...this.#dropped },
      damaged: this.#damaged,
      bytesOnDisk: this.#files?.bytesOnDisk ?? 0,
      notDurable: this.#writer.length,
    };
  }

  condition(): SpoolCondition {
    const { middle, worst, newest } = this.#dropped;
    const { length, isRefused, isFull } = this.#writer;
    return {
      ...{ waiting: this.#waiting.entries, notDurable: length, isRefused, isFull },
      dropped: middle + worst + newest,
    };
  }

  /**
   * Takes entries in their order. Resolves when they are on disk (with all that came meanwhile in one
   * go) or, when the disk refuses, in memory, which waits for room when there is none; to the sequence
   * of the last one. Callers of the same source wait for one another. What comes after `close` is
   * dropped, and counted; `durableSequence` stays below it.
   */
  async append(entries: readonly SpoolEntry[]): Promise<number> {
    if (entries.length === 0) return this.#last;
    while (this.#writer.isFull && !this.#isClosed) await this.#writer.untilRoom();
    if (this.#isClosed) {
      this.#appended += entries.length;
      this.#dropped.closed += entries.length;
      this.#firstLost = Math.min(this.#firstLost, this.#last + 1);
      this.#last += entries.length;
      return this.#last;
    }
    this.#take(entries);
    const last = this.#last;
    for (const wake of this.#entryWaiters) wake();
    await this.#writer.write(last);
    return last;
  }

  /**
   * Ids of entries of `source` above `sequence`, delivered or not: what an agent that goes on at a
   * checkpoint reads again and must not append twice. To be asked before anything of the source is
   * appended.
   */
  idsAfter(source: string, sequence: number): Set<string> {
    this.#raiseTo(sequence);
    return this.#ids.after(source, sequence);
  }

  /** A checkpoint on disk covers the entries of `source` up to `sequence`. */
  covered(source: string, sequence: number): void {
    this.#raiseTo(sequence);
    this.#ids.forget(source, sequence);
    if (sequence <= (this.#covered.get(source) ?? 0) || this.#files?.has(source) !== true) return;
    this.#covered.set(source, sequence);
    this.#keepHouse();
  }

  /**
   * The next entries in order that were not handed out since the spool was opened; waits until there
   * are some. Empty when the signal aborts or the spool is closed.
   */
  async next(limit: NextLimit, signal?: AbortSignal): Promise<readonly StoredEntry[]> {
    while (!this.#isClosed && signal?.aborted !== true) {
      if (this.#compacting !== null) await this.#compacting.catch(() => undefined);
      else if (!this.#window.isEmpty) return this.#handOut(limit);
      else if (this.#loaded < this.#last) await this.#load();
      else await this.#untilAppended(signal);
    }
    return [];
  }

  /** Everything handed out up to here is delivered or set aside. Lasting a moment later. */
  settle(through: number): void {
    const settled = Math.min(through, this.#handedOut);
    if (settled <= this.#settled) return;
    const open = this.#inHand.findIndex(({ sequence }) => sequence > settled);
    for (const { bytes } of this.#inHand.splice(0, open === -1 ? Infinity : open)) {
      this.#waiting.entries -= 1;
      this.#waiting.bytes -= bytes;
      this.#delivered += 1;
    }
    this.#settled = settled;
    this.#writer.delivered(settled);
    this.#trueUp();
    this.#keepHouse();
  }

  /** Writes what the disk takes and ends. What is asked of it afterwards is answered at once. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#saving?.cancel();
    for (const wake of this.#entryWaiters) wake();
    await this.#writer.close();
    await this.#loading;
    await this.#tidy(true);
    await this.#files?.seal().catch(() => undefined);
  }

  #take(entries: readonly SpoolEntry[]): void {
    const { isCheckpointed } = this.#options;
    const isReadyNext = this.#loaded === this.#last && !this.#window.isFull;
    for (const { stored, record } of encodeEntries(entries, this.#last + 1)) {
      this.#writer.add(stored, record);
      this.#waiting.bytes += stored.bytes;
      if (isReadyNext) this.#window.push(stored);
      if (this.#files !== null && isCheckpointed(stored.source)) {
        this.#ids.add(stored.source, stored.id, stored.sequence);
      }
    }
    this.#last += entries.length;
    if (isReadyNext) this.#loaded = this.#last;
    this.#waiting.entries += entries.length;
    this.#appended += entries.length;
  }

  #handOut(limit: NextLimit): readonly StoredEntry[] {
    const out = this.#window.take(limit);
    for (const entry of out) this.#inHand.push(entry);
    this.#handedOut = out.at(-1)?.sequence ?? this.#handedOut;
    return out;
  }

  #untilAppended(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#entryWaiters.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#entryWaiters.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  // Reading back

  #load(): Promise<void> {
    this.#loading ??= this.#fillWindow().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #fillWindow(): Promise<void> {
    const files = this.#files;
    const written = files?.lastWritten ?? 0;
    if (files === null || this.#loaded >= written) {
      for (const entry of this.#writer.after(this.#loaded)) {
        if (this.#window.isFull) return;
        this.#window.push(entry);
        this.#loaded = entry.sequence;
      }
      // What lies between, if anything, is on no disk and in no memory.
      this.#loaded = this.#last;
      return;
    }
    const { entries, through, missing, problem } = await files.read(this.#loaded, WINDOW_BYTES);
    for (const entry of entries) this.#window.push(entry);
    // When the files end before, the rest was never there.
    this.#loaded = through === this.#loaded ? written : through;
    if (missing > 0 || problem !== undefined) this.#tellMissing(missing, problem);
    this.#trueUp();
  }

  #tellMissing(missing: number, problem: unknown): void {
    const { folder, logger } = this.#options;
    this.#damaged += missing;
    this.#waiting.entries = Math.max(0, this.#waiting.entries - missing);
    logger.error('observations in the spool cannot be read back', {
      folder,
      entries: missing,
      reason: problem === undefined ? 'damaged records' : describeError(problem),
    });
  }

  /** Once nothing is left anywhere nothing waits, whatever was lost on the way. */
  #trueUp(): void {
    if (this.#loaded < this.#last || !this.#window.isEmpty || this.#inHand.length > 0) return;
    this.#waiting.entries = 0;
    this.#waiting.bytes = 0;
  }

  // Making room

  async #written(): Promise<void> {
    if (this.#files?.activeName !== this.#newestSaved) this.#saveSoon();
    if (this.#waiting.bytes <= this.#options.maxBytes) return;
    this.#compacting = this.#afterFileWork(() => this.#compact()).finally(() => (this.#compacting = null));
    await this.#compacting;
  }

  /** The spool is full: some entries have to go. */
  async #compact(): Promise<void> {
    const { maxBytes, segmentBytes, logger, folder } = this.#options;
    await this.#loading;
    if (this.#files === null) return;
    this.#window.clear();
    this.#loaded = this.#handedOut;
    const left = { merged: 0, dropped: 0 };
    const kept = await compact(this.#files, {
      settled: this.#settled,
      handedOut: this.#handedOut,
      isCovered: (source, through) => this.#isCovered(source, through),
      targetBytes: Math.floor(maxBytes * ROOM_SHARE),
      segmentBytes: Math.min(segmentBytes, Math.ceil(maxBytes / 8)),
      onLeftOut: (fate, bytes) => {
        this.#waiting.entries -= 1;
        this.#waiting.bytes -= bytes;
        if (fate === 'repeat') {
          this.#coalesced += 1;
          left.merged += 1;
        } else {
          this.#dropped[fate] += 1;
          left.dropped += 1;
        }
      },
    });
    this.#recount(kept);
    logger.warn('the spool was full; repeats were merged, and old words left out where that was not enough', {
      ...{ folder, ...left, waiting: this.#waiting.entries },
    });
  }

  /** What waits, now that it is known; less than was thought means that the disk has lost some. */
  #recount({ entries, bytes }: Compacted): void {
    const others = [...this.#writer.after(this.#handedOut), ...this.#inHand];
    const waiting = entries + others.length;
    if (waiting < this.#waiting.entries) this.#tellMissing(this.#waiting.entries - waiting, undefined);
    this.#waiting.entries = waiting;
    this.#waiting.bytes = others.reduce((sum, entry) => sum + entry.bytes, bytes);
  }

  // Tidying up

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
    const save = (): void => {
      this.#saving = null;
      void this.#tidy(true);
    };
    this.#saving = this.#options.clock.after(SAVE_AFTER_MS, save, { unref: true });
  }

  /** How many files at the beginning can go; also uncovered ones when there is too much of them. */
  #removable(files: SegmentFiles): number {
    const needless = files.removable(this.#settled, (source, through) => this.#isCovered(source, through));
    const delivered = files.removable(this.#settled, () => true);
    return files.bytesOfFirst(delivered) > this.#options.maxBytes ? delivered : needless;
  }

  #tidy(isSaveWanted: boolean): Promise<void> {
    return this.#afterFileWork(async () => {
      const files = this.#files;
      if (files === null) return;
      const count = this.#removable(files);
      if (count === 0 && (this.#isSaved || !isSaveWanted)) return;
      // First the note that they are delivered, or their absence would look like damage after a crash.
      const isSaved = await this.#save();
      await files.removeFirst(count);
      // A full disk may have had no room for the note; now there is some.
      if (!isSaved && count > 0) await this.#save();
      // How far a source is covered means nothing once nothing of it is left; there may be many over time.
      for (const source of this.#covered.keys()) if (!files.has(source)) this.#covered.delete(source);
      if (!this.#isSaved) this.#saveSoon();
    });
  }

  async #save(): Promise<boolean> {
    this.#isSaved = true;
    try {
      await this.#writeManifest();
      return true;
    } catch (error) {
      this.#isSaved = false;
      this.#options.logger.debug('the notes of the spool cannot be saved', { reason: describeError(error) });
      return false;
    }
  }

  async #writeManifest(): Promise<void> {
    const { folder } = this.#options;
    if (folder === null) return;
    const manifest: Manifest = {
      settled: this.#settled,
      last: this.durableSequence,
      accounted: this.#accounted,
      newest: this.#files?.activeName ?? null,
      covered: Object.fromEntries(this.#covered),
    };
    await writeManifest(folder, manifest);
    this.#newestSaved = manifest.newest;
  }

  #afterFileWork(work: () => Promise<void>): Promise<void> {
    const done = this.#fileWork.then(work);
    this.#fileWork = done.catch(() => undefined);
    return done;
  }

  // Opening

  async #recover(): Promise<void> {
    const { folder, isCheckpointed, logger } = this.#options;
    const files = this.#files;
    if (folder === null || files === null) return;
    const onUncovered = (source: string, id: string, sequence: number): void =>
      this.#ids.add(source, id, sequence);
    try {
      const found = await recover({ folder, files, isCheckpointed, onUncovered, logger });
      this.#last = found.last;
      this.#accounted = found.last;
      this.#settled = found.settled;
      this.#handedOut = found.settled;
      this.#loaded = found.settled;
      this.#recovered = found.entries;
      this.#waiting.entries = found.entries;
      this.#waiting.bytes = found.bytes;
      this.#damaged = found.damaged;
      for (const [source, sequence] of found.covered) this.#covered.set(source, sequence);
      this.#trueUp();
      this.#keepHouse();
    } catch (error) {
      if (error instanceof HviewError) throw error;
      this.#writer.refuse(error);
    }
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
