import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileError, systemErrorCode } from '../../runtime/errors.js';
import type { HviewError } from '../../runtime/errors.js';
import { systemClock } from '../../runtime/clock.js';
import type { Clock, Timer } from '../../runtime/clock.js';
import { AppearanceWatch } from './appearance-watch.js';
import type {
  ByteSource,
  ByteSourceCounts,
  ByteSourceHandlers,
  FileEndReason,
  FilePosition,
  FollowedFile,
} from './byte-source.js';
import { ChunkPump } from './chunk-pump.js';
import { FOLLOWER_DEFAULTS } from './follower-options.js';
import type { FileFollowerOptions } from './follower-options.js';
import { FolderWatches, notificationProblem } from './folder-watches.js';
import { NameTail } from './name-tail.js';
import { fileKey, notAFile } from './open-file.js';
import type { OpenFile } from './open-file.js';
import { ReadBuffers } from './read-buffers.js';
import { Succession } from './succession.js';

/** A rename leaves the name empty for a moment; only after this long is a file called missing. */
const MISSING_GRACE_MS = 1000;

/** How long to wait before trying again to be notified, after the system refused. */
const REWATCH_MS = 30_000;

/**
 * Follows one log by name and inode through rotation, truncation, deletion and return. Files are read
 * one after the other, each to its end before the next is begun; a file that was left stays open for a
 * while, and what a late writer still adds to it follows under its own generation.
 */
export class FileFollower implements ByteSource {
  readonly finished: Promise<void>;

  readonly #path: string;
  readonly #options: Required<Omit<FileFollowerOptions, 'path' | 'buffers' | 'folders' | 'clock'>>;
  readonly #clock: Clock;
  readonly #handlers: ByteSourceHandlers;
  readonly #folders: FolderWatches;
  readonly #ownsFolders: boolean;
  readonly #succession: Succession;
  readonly #pump: ChunkPump;
  readonly #tail: NameTail;

  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #settle: Settle = { resolve: () => {}, reject: () => {} };
  #pollTimer: Timer | undefined;
  #pollInMs: number;
  #looking: Promise<unknown> = Promise.resolve();
  #isLookDue = false;
  #areStragglersDue = false;
  #missingSinceMs: number | null = null;
  #appearance: AppearanceWatch | undefined;
  #watchedFolder: string | undefined;
  #rewatchAtMs = Infinity;
  readonly #toldAtMs = new Map<string, number>();
  #caughtUp: { readonly file: OpenFile; readonly offset: number } | undefined;
  #rotations = 0;
  #missingLosses = 0;

  constructor(options: FileFollowerOptions, handlers: ByteSourceHandlers) {
    const { path, buffers = new ReadBuffers(), folders, clock = systemClock, ...settings } = options;
    this.#path = resolve(path);
    this.#options = Object.freeze({ ...FOLLOWER_DEFAULTS, ...settings });
    this.#clock = clock;
    this.#handlers = handlers;
    const { pollMs, useNotifications, maxOpenFiles } = this.#options;
    const onProblem = (problem: HviewError) => this.#tell(problem);
    this.#ownsFolders = folders === undefined;
    this.#folders = folders ?? new FolderWatches({ pollMs, usePolling: !useNotifications, onProblem });
    this.#succession = new Succession({ path: this.#path, maxOpenFiles, clock, onProblem });
    const replace = (file: OpenFile) => this.#succession.restart(file);
    const findCopy = (file: OpenFile) => this.#succession.findCopy(file);
    this.#pump = new ChunkPump({ handlers, buffers, clock, replace, findCopy, onProblem });
    this.#tail = new NameTail(
      this.#path,
      {
        read: () => this.#read(),
        look: () => this.#look(),
        notice: (kind) => this.#notice(kind),
        loseNotifications: (error) => this.#loseNotifications(error),
      },
      useNotifications,
    );
    this.#tail.on('eof', () => this.#sayCaughtUp());
    this.#pollInMs = pollMs;
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever does not ask how it ended must not be ended by it.
    this.finished.catch(() => {});
  }

  /** Counted since the start. */
  counts(): ByteSourceCounts {
    const counts = this.#pump.counts();
    return {
      ...counts,
      losses: counts.losses + this.#missingLosses,
      rotations: this.#rotations,
      filesOpened: this.#succession.filesOpened,
    };
  }

  openFiles(): readonly FollowedFile[] {
    return [...this.#succession.lingering, ...this.#succession.chain];
  }

  start(): Promise<void> {
    this.#starting ??= this.#stopping ?? this.#begin();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  /** Looks now what the name leads to instead of waiting to be told, and opens what is new. */
  async lookAgain(): Promise<void> {
    if (await this.#look()) this.#tail.wake();
  }

  async #begin(): Promise<void> {
    const stats = await stat(this.#path, { bigint: true }).catch(() => undefined);
    if (stats !== undefined && !stats.isFile()) throw notAFile(this.#path, stats);
    this.#tellMissing(await this.#succession.begin(this.#options.startAt));
    this.#watchedFolder = await folderKey(this.#path);
    await this.#tail.startP();
    this.#tail.watchTarget(this.#succession.target);
    this.#schedulePoll();
  }

  async #end(failure?: { readonly error: unknown }): Promise<void> {
    await this.#starting?.catch(() => {});
    this.#pollTimer?.cancel();
    this.#pump.stop();
    await this.#tail.stop();
    await this.#looking;
    await this.#appearance?.close();
    if (this.#ownsFolders) await this.#folders.close();
    for (const file of [...this.#succession.lingering, ...this.#succession.chain]) {
      try {
        if (failure === undefined) await this.#handlers.onFileEnd(file, 'source-closed');
      } catch (error) {
        failure = { error };
      }
      await this.#succession.finish(file);
    }
    if (failure === undefined) this.#settle.resolve();
    else this.#settle.reject(failure.error);
  }

  /** What a handler throws ends the source. */
  #fail(error: unknown): void {
    this.#stopping ??= this.#end({ error });
  }

  /** Everything there is to read, in order. */
  async #read(): Promise<void> {
    try {
      await this.#readChain();
      if (this.#areStragglersDue) {
        this.#areStragglersDue = false;
        for (const file of [...this.#succession.lingering]) await this.#pump.drain(file);
        await this.#expire();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #readChain(): Promise<void> {
    const { chain } = this.#succession;
    for (let file = chain[0]; file !== undefined && !this.#pump.isStopped(); file = chain[0]) {
      file = await this.#pump.drain(file);
      const next = chain[1];
      if (next === undefined) return;
      // While the next file is empty the writer may not have moved on yet.
      const isAwaited = chain.length === 2 && next.position === 0 && !(await hasUnread(next));
      if (isAwaited && !(await this.#isDeletedAndQuiet(file))) return;
      // What was written between the end of the file and the first bytes of the next one.
      file = await this.#pump.drain(file, 'thorough');
      if (this.#pump.isStopped()) return;
      await this.#leave(file);
    }
  }

  async #leave(file: OpenFile): Promise<void> {
    this.#rotations += 1;
    this.#succession.leave();
    file.quietSinceMs = this.#clock.monotonic();
    if (this.#options.lingerMs > 0) await this.#handlers.onFileLeft?.(file);
    else await this.#finish(file);
    this.#tellMissing(await this.#succession.extendPacked());
    const { lingering } = this.#succession;
    for (let oldest = lingering[0]; lingering.length > this.#options.maxLingering; oldest = lingering[0]) {
      if (oldest !== undefined) await this.#finish(oldest);
    }
  }

  #tellMissing(positions: readonly FilePosition[]): void {
    this.#missingLosses += positions.length;
    for (const position of positions) this.#handlers.onLoss?.({ kind: 'missing', position });
  }

  /** Lets go of files that nobody writes to any more. */
  async #expire(): Promise<void> {
    const { chain, lingering } = this.#succession;
    for (const file of [...lingering]) {
      const quietMs = this.#clock.monotonic() - file.quietSinceMs;
      if (quietMs >= this.#options.lingerMs || (await this.#isDeletedAndQuiet(file)))
        await this.#finish(file);
    }
    const last = chain[0];
    if (last === undefined || chain.length > 1 || this.#missingSinceMs === null) return;
    if (await this.#isDeletedAndQuiet(last)) await this.#finish(last);
  }

  async #finish(file: OpenFile): Promise<void> {
    // What came between the last read and this decision.
    const ended = await this.#pump.drain(file, 'thorough');
    if (this.#pump.isStopped()) return;
    const reason: FileEndReason = (await hasNoName(ended)) ? 'deleted' : 'rotated';
    await this.#handlers.onFileEnd(ended, reason);
    await this.#succession.finish(ended);
  }

  async #isDeletedAndQuiet(file: OpenFile): Promise<boolean> {
    const now = this.#clock.monotonic();
    if (!file.isDeleted) {
      file.isDeleted = await hasNoName(file);
      if (file.isDeleted) file.quietSinceMs = now;
    }
    return file.isDeleted && now - file.quietSinceMs >= this.#options.deletedLingerMs;
  }

  /** One look at a time, each begun after it was asked for; whether there is something to read. */
  #look(): Promise<boolean> {
    const look = this.#looking
      .then(() => this.#lookNow())
      .catch((error: unknown) => {
        this.#fail(error);
        return false;
      });
    this.#looking = look;
    return look;
  }

  #notice(kind: 'rename' | 'sibling' | 'folder'): void {
    if (kind === 'sibling') this.#areStragglersDue = true;
    else this.#lookSoon();
    if (kind === 'folder') this.#watchedFolder = undefined;
  }

  /** Looks while a read is at work, or its handler makes it wait: files must be opened before they go. */
  #lookSoon(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    void this.#look().then((hasMore) => {
      if (hasMore) this.#tail.wake();
    });
  }

  async #lookNow(): Promise<boolean> {
    this.#isLookDue = false;
    if (this.#pump.isStopped()) return false;
    try {
      const stats = await stat(this.#path, { bigint: true });
      if (!stats.isFile()) {
        this.#tell(notAFile(this.#path, stats));
        return await this.#lookAtNothing();
      }
      const wasMissing = this.#missingSinceMs !== null;
      await this.#endMissing();
      const { chain } = this.#succession;
      const last = chain.at(-1);
      if (last?.key === fileKey(stats)) {
        const hasChanged = last.hasChanged(stats, this.#clock.now());
        if (this.#watchedFolder === undefined) await this.#noteFolder();
        return hasChanged || (wasMissing && chain.length > 1);
      }
      const appended = await this.#succession.extend();
      await this.#noteFolder();
      return appended > 0;
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === undefined) throw error;
      if (code === 'ENOENT' || code === 'ENOTDIR') return this.#lookAtNothing();
      this.#tell(fileError('FILE_UNREADABLE', 'cannot look at the log', this.#path, error));
      return false;
    }
  }

  /** Nothing has the name. */
  async #lookAtNothing(): Promise<boolean> {
    const now = this.#clock.monotonic();
    this.#missingSinceMs ??= now;
    // What had the name for a moment since the last look has been renamed as well.
    const appended = await this.#succession.extend();
    const hasBeenThere = this.#succession.filesOpened > 0;
    if (!hasBeenThere || now - this.#missingSinceMs >= MISSING_GRACE_MS) {
      if (this.#isTimeToTell('waiting')) this.#handlers.onWaiting?.(this.#path);
      this.#appearance ??= new AppearanceWatch(this.#path, this.#folders, () => this.#lookSoon());
    }
    return appended > 0;
  }

  async #endMissing(): Promise<void> {
    if (this.#missingSinceMs === null) return;
    this.#missingSinceMs = null;
    this.#toldAtMs.delete('waiting');
    const appearance = this.#appearance;
    this.#appearance = undefined;
    await appearance?.close();
    await this.#noteFolder();
  }

  /** A folder that was replaced tells nothing any more: its successor has to be watched. */
  async #noteFolder(): Promise<void> {
    this.#tail.watchTarget(this.#succession.target);
    const folder = await folderKey(this.#path);
    if (folder === this.#watchedFolder) return;
    this.#watchedFolder = folder;
    this.#tail.rewatch();
  }

  #schedulePoll(): void {
    this.#pollTimer = this.#clock.after(this.#pollInMs, () => {
      void this.#poll().then(() => {
        if (!this.#pump.isStopped()) this.#schedulePoll();
      });
    });
  }

  async #poll(): Promise<void> {
    const { chain, lingering } = this.#succession;
    this.#areStragglersDue = true;
    const hasMore = await this.#look();
    const isUnsettled =
      lingering.length > 0 ||
      chain.length > 1 ||
      chain[0]?.hasFailed === true ||
      this.#missingSinceMs !== null;
    if (this.#clock.monotonic() >= this.#rewatchAtMs) {
      this.#rewatchAtMs = Infinity;
      this.#tail.rewatch();
    }
    if (hasMore || isUnsettled) this.#tail.wake();
    const { pollMs, idlePollMs, useNotifications } = this.#options;
    const isIdle = !hasMore && !isUnsettled && useNotifications && this.#tail.isNotified;
    this.#pollInMs = isIdle ? Math.min(this.#pollInMs * 2, Math.max(pollMs, idlePollMs)) : pollMs;
  }

  #loseNotifications(error: unknown): void {
    const code = systemErrorCode(error);
    // A folder that is not there is waited for, and watched when it comes.
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    this.#rewatchAtMs = this.#clock.monotonic() + REWATCH_MS;
    this.#tell(notificationProblem(dirname(this.#path), error));
  }

  #sayCaughtUp(): void {
    const file = this.#succession.chain[0];
    if (file === undefined) return;
    if (this.#caughtUp?.file === file && this.#caughtUp.offset === file.position) return;
    this.#caughtUp = { file, offset: file.position };
    try {
      this.#handlers.onCaughtUp?.(file, file.position);
    } catch (error) {
      this.#fail(error);
    }
  }

  #tell(problem: HviewError): void {
    if (this.#isTimeToTell(problem.message)) this.#handlers.onProblem?.(problem);
  }

  #isTimeToTell(what: string): boolean {
    const now = this.#clock.monotonic();
    const told = this.#toldAtMs.get(what);
    if (told !== undefined && now - told < this.#options.reminderMs) return false;
    this.#toldAtMs.set(what, now);
    return true;
  }
}

interface Settle {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Which folder the path lies in; undefined when it is not there. */
async function folderKey(path: string): Promise<string | undefined> {
  const stats = await stat(dirname(path), { bigint: true }).catch(() => undefined);
  return stats === undefined ? undefined : fileKey(stats);
}

async function hasNoName(file: OpenFile): Promise<boolean> {
  const stats = await file.stats().catch(() => undefined);
  return stats?.nlink === 0n;
}

/** Whether bytes wait to be read, or those that were read are gone. */
async function hasUnread(file: OpenFile): Promise<boolean> {
  const stats = await file.stats().catch(() => undefined);
  return stats !== undefined && Number(stats.size) !== file.position;
}
