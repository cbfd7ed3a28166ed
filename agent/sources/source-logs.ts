import type { Matcher } from '../../filters/matcher.js';
import type { Clock } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { CheckpointStore } from '../checkpoint/checkpoint-store.js';
import { LogReader } from '../log-reader.js';
import type { FindingSink, LogReaderCounts } from '../log-reader.js';
import type { LogStanding, LogWork } from '../log-standing.js';
import type { FolderWatches } from '../tail/folder-watches.js';
import type { ReadBuffers } from '../tail/read-buffers.js';
import type { FileLook } from './file-look.js';
import { differs, inGroups, lookAt } from './file-look.js';
import { LogFinder } from './log-finder.js';
import type { OpenedSource } from './opened-source.js';
import { sumOf } from './sum-counts.js';

export interface SourceLogsOptions {
  readonly source: OpenedSource;
  readonly mode: 'follow' | 'once';
  /** Null: nothing is remembered over a restart. */
  readonly checkpoints: CheckpointStore | null;
  /** Where the findings of one log go; `checkpoint`: the one it goes on from. */
  readonly sinkFor: (log: string, checkpoint: Checkpoint | null) => FindingSink;
  /** The spool's last sequence that is on disk: no checkpoint may reach further. */
  readonly durableSequence: () => number;
  /** A checkpoint is on disk. */
  readonly onCovered: (log: string, checkpoint: Checkpoint) => void;
  /** A log is gone for good, and everything found in it was handed over. */
  readonly onForgotten: (log: string) => void;
  readonly buffers: ReadBuffers;
  readonly folders: FolderWatches;
  /** Logs that are open at once; of more, those that are quiet are closed until they change. */
  readonly maxOpenLogs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is known of the work on a source's logs. */
export interface SourceWork {
  readonly name: string;
  readonly logs: readonly LogWork[];
  readonly quietLogs: number;
  /** How often it was looked for logs; null: that is not done again. */
  readonly looks: number | null;
}

/** A log of the source. */
interface Log {
  readonly path: string;
  /** Null while it is closed. */
  reader: LogReader | null;
  checkpoint: Checkpoint | null;
  /** Whether the checkpoint is on disk. */
  isSaved: boolean;
  /** One save at a time. */
  saving: Promise<void>;
  /** How the file looked when it was closed; null: it has not been opened yet. */
  look: FileLook | null;
  /** Not met by the first look, so it is new. */
  readonly isNew: boolean;
  /** Since when the finder does not find it, by the monotonic clock; null: it does. */
  goneSinceMs: number | null;
}

/** Only a log that has been quiet for this long is closed to make room, milliseconds. */
const QUIET_MS = 2000;

/** Sooner while others were never read: an agent that starts with 10,000 logs is to get through them. */
const QUIET_AT_START_MS = 100;

/** A log that nobody finds for so long is forgotten, milliseconds: longer than a rotation takes. */
const FORGET_MS = 90_000;

/** How often closed logs are looked at, milliseconds. */
const LOOK_MS = 1000;

/**
 * All logs of one source: finds them, reads each, and of very many keeps only the busy ones open. The
 * others are looked at every second and go on where they were left.
 */
export class SourceLogs {
  readonly #options: SourceLogsOptions;
  readonly #finder: LogFinder;
  readonly #logs = new Map<string, Log>();
  #matcher: Matcher;
  #hasLooked = false;
  #startFailure: unknown = null;
  #tending: Promise<void> = Promise.resolve();
  #isTendingDue = false;
  #tendedAtMs = -Infinity;
  #looks = 0;
  /** There was no room yet for logs that were never open. */
  #areSomeUnread = false;
  #isStopped = false;
  #closedCounts: LogReaderCounts[] = [];
  #end: { readonly stopped: () => void; readonly failed: (error: unknown) => void } = {
    stopped: () => undefined,
    failed: () => undefined,
  };
  readonly #ended = new Promise<void>((stopped, failed) => (this.#end = { stopped, failed }));

  constructor(options: SourceLogsOptions) {
    this.#options = options;
    this.#matcher = options.source.rules.matcher;
    // Whoever does not ask how it ended must not be ended by it.
    this.#ended.catch(() => undefined);
    const { logs, exclude } = options.source.settings;
    const { folders, clock } = options;
    this.#finder = new LogFinder({
      ...{ logs, exclude, folders, clock },
      known: () => this.#logs.keys(),
      onLogs: (paths) => this.#take(paths),
    });
  }

  get name(): string {
    return this.#options.source.settings.name;
  }

  /** Rejects with FILE_UNREADABLE when a path that is named can never be a log. */
  async start(): Promise<void> {
    await this.#finder.start();
    this.#hasLooked = true;
    await this.#tending;
    if (this.#startFailure !== null) throw HviewError.from(this.#startFailure);
    if (this.#logs.size === 0) {
      this.#options.logger.warn('no log matches yet, waiting for one', {
        logs: this.#options.source.settings.logs,
      });
    }
  }

  /** Resolves when all logs were read to their end (`once`), or reading was stopped; rejects when it failed. */
  async finished(): Promise<void> {
    const readThrough = Promise.all(this.#readers().map((reader) => reader.finished));
    await (this.#options.mode === 'once' ? Promise.race([readThrough, this.#ended]) : this.#ended);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#finder.stop();
    await this.#tending;
    await Promise.all(this.#readers().map((reader) => reader.stop()));
    await this.saveCheckpoints();
    this.#end.stopped();
  }

  useRules(matcher: Matcher): void {
    this.#matcher = matcher;
    for (const reader of this.#readers()) reader.useRules(matcher);
  }

  /** Does what is due: withdraws, opens and closes logs. To be called several times a second. */
  tick(): void {
    for (const reader of this.#readers()) reader.expire();
    const { clock } = this.#options;
    if (this.#areSomeUnread || clock.monotonic() - this.#tendedAtMs >= LOOK_MS) this.#tendSoon();
  }

  async saveCheckpoints(): Promise<void> {
    for (const log of this.#logs.values()) if (log.reader !== null) await this.#save(log, log.reader);
  }

  /** Of every log that is or was open. */
  counts(): readonly LogReaderCounts[] {
    return [...this.#closedCounts, ...this.#readers().map((reader) => reader.counts())];
  }

  /** Logs known and logs open now. */
  logCounts(): { readonly known: number; readonly open: number } {
    return { known: this.#logs.size, open: this.#readers().length };
  }

  async behindBytes(): Promise<number> {
    const all = await Promise.all(this.#readers().map((reader) => reader.behindBytes()));
    return all.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** How far each open log is, of `limit` logs at most. */
  standings(limit: number): Promise<readonly LogStanding[]> {
    return Promise.all(
      this.#readers()
        .slice(0, limit)
        .map((reader) => reader.standing()),
    );
  }

  /** Of the open logs, those that were closed as they are quiet, and how often it was looked for others. */
  async work(): Promise<SourceWork> {
    const logs = await Promise.all(this.#readers().map((reader) => reader.work()));
    const quiet = [...this.#logs.values()].filter(({ reader, look }) => reader === null && look !== null);
    return {
      name: this.name,
      logs,
      quietLogs: quiet.length,
      looks: this.#options.mode === 'once' ? null : this.#looks,
    };
  }

  #readers(): LogReader[] {
    return [...this.#logs.values()].flatMap(({ reader }) => (reader === null ? [] : [reader]));
  }

  #take(paths: ReadonlySet<string>): void {
    for (const path of paths) {
      if (this.#logs.has(path)) continue;
      this.#logs.set(path, newLog(path, this.#hasLooked));
    }
    const now = this.#options.clock.monotonic();
    for (const log of this.#logs.values()) {
      log.goneSinceMs = paths.has(log.path) ? null : (log.goneSinceMs ?? now);
    }
    this.#tendSoon();
  }

  #tendSoon(): void {
    if (this.#isTendingDue || this.#isStopped) return;
    this.#isTendingDue = true;
    this.#tending = this.#tending.then(async () => {
      this.#isTendingDue = false;
      this.#tendedAtMs = this.#options.clock.monotonic();
      await this.#tend().catch((error: unknown) => (this.#startFailure ??= error));
      this.#looks += 1;
    });
  }

  /** Opens what has something to read, as far as there is room; makes room by closing what is quiet. */
  async #tend(): Promise<void> {
    for (const log of [...this.#logs.values()]) {
      // Its follower waits for the next file of that name, and for writers that still have the old one.
      const goneMs = log.goneSinceMs === null ? 0 : this.#tendedAtMs - log.goneSinceMs;
      if (goneMs > FORGET_MS && (log.reader === null || log.reader.idleMs() > FORGET_MS)) {
        await this.#forget(log);
      }
    }
    const wanted = await this.#wanted();
    const { maxOpenLogs } = this.#options;
    let room = maxOpenLogs - this.#readers().length;
    this.#areSomeUnread = wanted.length > room && wanted.some(({ look }) => look === null);
    if (wanted.length > room) {
      const quietMs = this.#areSomeUnread ? QUIET_AT_START_MS : QUIET_MS;
      const quiet = [...this.#logs.values()]
        .flatMap((log) => (log.reader === null ? [] : [{ log, idleMs: log.reader.idleMs() }]))
        .filter(({ idleMs }) => idleMs >= quietMs)
        .sort((a, b) => b.idleMs - a.idleMs)
        .slice(0, wanted.length - room);
      await inGroups(quiet, ({ log }) => this.#closeQuiet(log));
      room = maxOpenLogs - this.#readers().length;
    }
    await this.#openAll(wanted.slice(0, Math.max(0, room)));
  }

  /** The logs that are closed and have changed since, or were never open. */
  async #wanted(): Promise<Log[]> {
    const closed = [...this.#logs.values()].filter(({ reader }) => reader === null);
    const wanted = new Set<Log>();
    await inGroups(closed, async (log) => {
      if (log.look === null || differs(log.look, await lookAt(log.path))) wanted.add(log);
    });
    return closed.filter((log) => wanted.has(log));
  }

  /** Several at once, for each waits for its checkpoint to be on disk; but two names of one file one after the other. */
  async #openAll(logs: readonly Log[]): Promise<void> {
    const keys = new Set<string>();
    const again: Log[] = [];
    await inGroups(logs, async (log) => {
      const key = (await lookAt(log.path))?.key;
      if (key !== undefined && keys.has(key)) again.push(log);
      else {
        if (key !== undefined) keys.add(key);
        await this.#open(log);
      }
    });
    for (const log of again) await this.#open(log);
  }

  async #open(log: Log): Promise<void> {
    const { source, mode, checkpoints, sinkFor, buffers, folders, clock, logger } = this.#options;
    const { settings, plugin } = source;
    if (this.#isStopped || (await this.#isReadAlready(log))) return;
    log.checkpoint ??= (await checkpoints?.load(this.#keyOf(log))) ?? null;
    const reader = new LogReader({
      logPath: log.path,
      mode,
      plugin,
      matcher: this.#matcher,
      suppress: { staleSeconds: settings.staleSeconds, mergeSeconds: settings.mergeSeconds },
      sink: sinkFor(log.path, log.checkpoint),
      checkpoint: log.checkpoint,
      onFileBegun: () => void this.#save(log, reader),
      follow: { startAt: log.isNew ? 'beginning' : settings.start, buffers, folders },
      maxLineBytes: settings.maxLineBytes,
      maxDetailLines: settings.maxDetailLines,
      clock,
      logger,
    });
    log.reader = reader;
    reader.finished.catch((error: unknown) => this.#end.failed(error));
    try {
      await reader.start();
      // Should it be killed before the next one: which files it was about to read.
      await this.#save(log, reader);
    } catch (error) {
      log.reader = null;
      // What a glob finds may be gone or unreadable by now; a path that is named has to be right.
      if (settings.logs.includes(log.path)) throw error;
      log.look = await lookAt(log.path);
      logger.warn('a log cannot be read', { path: log.path, reason: HviewError.from(error).message });
    }
  }

  /** Two names of one file, as of a link, are one log. */
  async #isReadAlready(log: Log): Promise<boolean> {
    if (this.#readers().length === 0) return false;
    const look = await lookAt(log.path);
    if (look === null) return false;
    const other = this.#readers().find((reader) => reader.reads(look.key));
    if (other === undefined) return false;
    log.look = look;
    this.#options.logger.debug('a second name of a log that is read', { path: log.path, readAs: other.path });
    return true;
  }

  async #closeQuiet(log: Log): Promise<void> {
    const look = await lookAt(log.path);
    // Its reader may not have been told yet of what was written in this moment; as a closed log it would look read.
    if (look === null || log.reader?.hasRead(look.key, Number(look.size)) === true)
      await this.#close(log, look);
  }

  /** `look`: what it looked like before. */
  async #close(log: Log, look: FileLook | null): Promise<void> {
    const { reader } = log;
    if (reader === null) return;
    await reader.stop();
    await this.#save(log, reader);
    this.#closedCounts.push(reader.counts());
    if (this.#closedCounts.length > 1) this.#closedCounts = [sumOf(this.#closedCounts)];
    log.reader = null;
    log.look = look;
  }

  /** The log is gone for good: what was read of it stays counted. */
  async #forget(log: Log): Promise<void> {
    await this.#close(log, await lookAt(log.path));
    this.#logs.delete(log.path);
    await this.#options.checkpoints?.remove(this.#keyOf(log));
    this.#options.onForgotten(log.path);
  }

  #save(log: Log, reader: LogReader): Promise<void> {
    log.saving = log.saving.then(() => this.#saveNow(log, reader));
    return log.saving;
  }

  async #saveNow(log: Log, reader: LogReader): Promise<void> {
    const { checkpoints, durableSequence, onCovered } = this.#options;
    const checkpoint = await reader.checkpoint();
    if (checkpoint !== null) {
      log.checkpoint = checkpoint;
      log.isSaved = false;
    }
    if (log.isSaved || log.checkpoint === null || log.checkpoint.spooled > durableSequence()) return;
    const { checkpoint: current } = log;
    if (checkpoints !== null && !(await checkpoints.save(this.#keyOf(log), current))) return;
    log.isSaved = true;
    onCovered(log.path, current);
  }

  #keyOf(log: Log): { source: string; log: string } {
    return { source: this.name, log: log.path };
  }
}

function newLog(path: string, isNew: boolean): Log {
  return {
    path,
    reader: null,
    checkpoint: null,
    isSaved: true,
    saving: Promise.resolve(),
    look: null,
    isNew,
    goneSinceMs: null,
  };
}
