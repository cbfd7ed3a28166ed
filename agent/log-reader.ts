import type { Matcher } from '../filters/matcher.js';
import type { LogPlugin } from '../plugins/log-plugin.js';
import type { Clock, Timer } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { Checkpoint } from './checkpoint/checkpoint.js';
import type { Finding } from './finding.js';
import type { LogStanding, LogWork } from './log-standing.js';
import { LogTrouble } from './log-trouble.js';
import type { ParseEpisode } from './parse-health.js';
import type { PipelineCounts, PipelineFile } from './pipeline.js';
import { Pipeline } from './pipeline.js';
import type { SuppressOptions } from './suppress.js';
import type {
  ByteSource,
  ByteSourceCounts,
  ByteSourceHandlers,
  Chunk,
  FileEndReason,
  FilePosition,
  FollowedFile,
} from './tail/byte-source.js';
import { FileFollower } from './tail/file-follower.js';
import type { FileFollowerOptions } from './tail/follower-options.js';
import { piecesOf } from './tail/line-region.js';
import { LineRegions } from './tail/line-regions.js';
import { WholeFileSource } from './tail/whole-file-source.js';

/** Takes findings in their order. */
export interface FindingSink {
  /** Resolves when they are safe, or when there is room for more; to the last sequence given, see `Spool`. */
  put(findings: readonly Finding[]): Promise<number>;
  /** The end of the log was reached: what was read before a restart has been read again. */
  caughtUp(): void;
}

export interface LogReaderOptions {
  readonly logPath: string;
  /** `follow`: for ever, through rotations; `once`: to its end. */
  readonly mode: 'follow' | 'once';
  readonly plugin: LogPlugin;
  readonly matcher: Matcher;
  readonly suppress: SuppressOptions;
  readonly sink: FindingSink;
  /** Where the last run ended; null: there was none. */
  readonly checkpoint: Checkpoint | null;
  /** How a log is followed; without `startAt` from its beginning. A checkpoint comes first. */
  readonly follow?: Omit<FileFollowerOptions, 'path' | 'clock'>;
  /** Another file is being read now: a good moment for a checkpoint, or a crash would lose sight of it. */
  readonly onFileBegun?: () => void;
  /** Longer lines are cut, see `LineSplitter`. */
  readonly maxLineBytes?: number;
  /** Continuation lines that a record takes at most. */
  readonly maxDetailLines?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What one log has come to. The numbers count from the start of the process. */
export interface LogReaderCounts extends PipelineCounts, ByteSourceCounts {
  readonly cutLines: number;
}

/** How long a record whose meaning depends on its continuation lines waits for them, milliseconds. */
const CONTINUATION_WAIT_MS = 50;

/** So many records, and no other, of which nobody knows who wrote them: that does not come right by itself. */
const ANONYMOUS_RECORDS = 20;

/**
 * Where a log is full of findings, some are handed over before more lines are looked at: they take ten times
 * the memory of their lines. Bytes of lines between two looks, and how many findings may be in hand then.
 */
const PIECE_BYTES = 64 * 1024;
const FINDINGS_IN_HAND = 256;

/**
 * One log: source → splitter → pipeline → sink. Reading waits for the sink, so that the log itself is
 * the buffer when there is no other.
 */
export class LogReader implements ByteSourceHandlers {
  readonly #options: LogReaderOptions;
  readonly #pipeline: Pipeline;
  readonly #source: ByteSource;
  readonly #regions: LineRegions;
  readonly #trouble: LogTrouble;
  readonly #files = new Map<FollowedFile, PipelineFile>();
  /** Up to where files were read, whatever became of it. */
  readonly #readTo = new WeakMap<FollowedFile, number>();
  #flushTimer: Timer | null = null;
  #delivering: Promise<void> | null = null;
  #handedOver = 0;
  /** What waits for the next moment at rest. */
  readonly #onRest: (() => void)[] = [];
  /** Where the files were left when the source was stopped, oldest first. */
  #closed: FilePosition[] | null = null;
  #spooled: number;
  #hasChanged: boolean;
  #isCaughtUp = false;
  /** By the monotonic clock. */
  #activeAtMs: number;
  #toldUnknownObserver = false;

  constructor(options: LogReaderOptions) {
    this.#options = options;
    const { logPath, mode, plugin, matcher, suppress, clock, checkpoint, follow } = options;
    const { maxDetailLines, maxLineBytes } = options;
    this.#pipeline = new Pipeline({
      ...{ plugin, matcher, suppress },
      ...(maxDetailLines === undefined ? {} : { maxDetailLines }),
      now: () => clock.now(),
      onParseEpisode: (episode) => this.#tellParseEpisode(episode),
    });
    this.#regions = new LineRegions(maxLineBytes === undefined ? {} : { maxLineBytes });
    this.#spooled = checkpoint?.spooled ?? 0;
    this.#hasChanged = checkpoint === null;
    this.#activeAtMs = clock.monotonic();
    this.#trouble = new LogTrouble(clock);
    if (checkpoint !== null && checkpoint.plugin === plugin.name) this.#pipeline.restore(checkpoint.state);
    const resumed = checkpoint === null ? {} : { startAt: checkpoint.files };
    this.#source =
      mode === 'once'
        ? new WholeFileSource({ path: logPath, clock }, this)
        : new FileFollower({ path: logPath, clock, ...follow, ...resumed }, this);
  }

  get path(): string {
    return this.#options.logPath;
  }

  /** Rejects with FILE_UNREADABLE when the path can never be a log. */
  start(): Promise<void> {
    return this.#source.start();
  }

  /** Resolves when the log was read to its end (`once`) or the reading was stopped. */
  get finished(): Promise<void> {
    return this.#source.finished;
  }

  /** Reads no more; what was read is handed to the sink. */
  async stop(): Promise<void> {
    this.#flushTimer?.cancel();
    await this.#source.stop();
    await this.#deliver();
  }

  /** Since when nothing has come, milliseconds; 0 while something is unread, still waits or may yet expire. */
  idleMs(): number {
    const isReading = !this.#isCaughtUp && !this.#trouble.wasTold;
    const isBusy = isReading || this.#delivering !== null || this.#pipeline.nextEndMs() !== Infinity;
    return isBusy ? 0 : this.#options.clock.monotonic() - this.#activeAtMs;
  }

  /** Whether it is reading the file with this device and inode, `2049:131`, now. */
  reads(key: string): boolean {
    return this.#source.openFiles().some((file) => keyOf(file) === key);
  }

  /** Whether nothing is left to read when the log is this file and so long. What cannot be read counts as read. */
  hasRead(key: string, size: number): boolean {
    if (this.#trouble.wasTold) return true;
    const newest = this.#source.openFiles().at(-1);
    return newest !== undefined && keyOf(newest) === key && this.#readIn(newest) === size;
  }

  /** Goes on with other rules from the next line. */
  useRules(matcher: Matcher): void {
    this.#pipeline.useRules(matcher);
  }

  /** Withdraws what nobody renewed in its time. To be called often while a log is followed. */
  expire(): void {
    // The clock is ahead of a log that is being caught up with: its time comes with its records.
    if (!this.#isCaughtUp) return;
    this.#pipeline.expire(this.#options.clock.now());
    void this.#deliver();
  }

  counts(): LogReaderCounts {
    const { cutLines } = this.#regions.counts();
    return { ...this.#source.counts(), ...this.#pipeline.counts(), cutLines };
  }

  /** Bytes that stand in the files being read and were not dealt with yet. */
  async behindBytes(): Promise<number> {
    const unread = this.#source.openFiles().map(async (file) => {
      const size = await file.size().catch(() => 0);
      return Math.max(0, size - this.#positionIn(file));
    });
    return (await Promise.all(unread)).reduce((sum, bytes) => sum + bytes, 0);
  }

  /** How far it is in the file that is written to. */
  async standing(): Promise<LogStanding> {
    const newest = this.#source.openFiles().at(-1);
    const sizeBytes = newest === undefined ? 0 : await newest.size().catch(() => 0);
    return {
      path: this.path,
      sizeBytes,
      offsetBytes: newest === undefined ? 0 : this.#positionIn(newest),
      behindBytes: await this.behindBytes(),
      quietMs: this.#options.clock.monotonic() - this.#activeAtMs,
      trouble: this.#trouble.now,
    };
  }

  /** Whether it is at work, and on what. What cannot be read is no work. */
  async work(): Promise<LogWork> {
    const files = this.#source.openFiles();
    const trouble = this.#trouble.now;
    const unread = files.map(async (file) => {
      const size = await file.size().catch(() => 0);
      return size > this.#readIn(file);
    });
    const isUnread = (await Promise.all(unread)).includes(true);
    return {
      path: this.path,
      done: this.#source.counts().bytesRead + this.#handedOver,
      hasWork: this.#delivering !== null || (isUnread && trouble === null),
      isThere: files.length > 0,
      troubleMs: trouble?.forMs ?? 0,
    };
  }

  /**
   * Up to where the log was read and everything found is with the sink. Null when nothing has changed
   * since the last call.
   */
  async checkpoint(): Promise<Checkpoint | null> {
    if (!this.#hasChanged) return null;
    return this.#atRest(async () => {
      // Up to the last position asked for in one go: it has to be one moment's state.
      this.#hasChanged = false;
      const state = this.#pipeline.state();
      const spooled = this.#spooled;
      const open = this.#source.openFiles().map((file) => file.positionAt(this.#positionIn(file)));
      const files = this.#closed ?? (await Promise.all(open));
      return { plugin: this.#options.plugin.name, files, state, spooled };
    });
  }

  async onChunk(chunk: Chunk): Promise<void> {
    this.#flushTimer?.cancel();
    this.#hasChanged = true;
    this.#isCaughtUp = false;
    this.#activeAtMs = this.#options.clock.monotonic();
    this.#readTo.set(chunk.file, chunk.offset + chunk.bytes.length);
    this.#trouble.end();
    if (chunk.offset === 0) this.#tellOtherEncoding(chunk);
    const lines = this.#linesOf(chunk.file, chunk.offset);
    for (const region of this.#regions.push(chunk)) {
      for (const piece of piecesOf(region, PIECE_BYTES)) {
        lines.push(piece);
        if (this.#pipeline.waiting >= FINDINGS_IN_HAND) await this.#deliver();
      }
    }
    this.#tellUnknownObserver();
    await this.#deliver();
    // Only now: while delivery holds up the reading, the missing lines may stand unread in the log.
    this.#flushSoon();
  }

  async onFileLeft(file: FollowedFile): Promise<void> {
    this.#files.get(file)?.flush();
    await this.#deliver();
  }

  async onFileEnd(file: FollowedFile, reason: FileEndReason): Promise<void> {
    this.#options.logger.debug('a file of the log ended', { path: file.path, reason });
    const lines = this.#files.get(file);
    if (reason === 'source-closed') {
      // Before the flush: after the restart the unfinished record is read again, with all its lines.
      this.#closed = [...(this.#closed ?? []), await file.positionAt(this.#positionIn(file))];
    }
    this.#hasChanged = true;
    const unfinished = this.#regions.end(file, reason);
    if (unfinished !== null) lines?.push(unfinished);
    lines?.flush();
    this.#files.delete(file);
    await this.#deliver();
  }

  onCaughtUp(): void {
    this.#isCaughtUp = true;
    this.#options.sink.caughtUp();
  }

  onWaiting(path: string): void {
    this.#isCaughtUp = true;
    this.#options.logger.warn('the log is not there, waiting for it', { path });
  }

  onLoss(loss: Parameters<NonNullable<ByteSourceHandlers['onLoss']>>[0]): void {
    const fields = loss.kind === 'truncated' ? { path: loss.file.path, knownBytes: loss.knownBytes } : {};
    this.#options.logger.warn('a part of the log is gone before it was read', { kind: loss.kind, ...fields });
  }

  onProblem(problem: Parameters<NonNullable<ByteSourceHandlers['onProblem']>>[0]): void {
    const { code, message, hint } = problem;
    this.#trouble.tell(message);
    this.#options.logger.warn('the log cannot be read now, trying again', { code, reason: message, hint });
  }

  #tellOtherEncoding({ bytes, file }: Chunk): void {
    const mark = bytes.subarray(0, 2).toString('hex');
    if (mark !== 'fffe' && mark !== 'feff') return;
    this.#options.logger.warn('the log is written in UTF-16, of which nothing is understood', {
      path: file.path,
      hint: 'Let the program write its log in UTF-8.',
    });
  }

  /** Once: nothing of such a log can be reported, which otherwise looks as if all were well. */
  #tellUnknownObserver(): void {
    if (this.#toldUnknownObserver) return;
    const { records, quiet } = this.#pipeline.counts();
    const dropped = quiet.get('unknown-observer') ?? 0;
    if (records > 0 || dropped < ANONYMOUS_RECORDS) return;
    this.#toldUnknownObserver = true;
    const { logPath, plugin, logger } = this.#options;
    logger.warn('nothing tells whose log this is, so nothing in it can be reported', {
      ...{ path: logPath, plugin: plugin.name, records: dropped },
      hint: "Say it with the plugin's options; hview-logtail --help lists them.",
    });
  }

  #tellParseEpisode(episode: ParseEpisode): void {
    const { logPath, plugin, logger } = this.#options;
    const share = Math.round(episode.share * 100) / 100;
    if (episode.kind === 'ended') {
      logger.info('the log looks again like what the plugin reads', { path: logPath, share });
      return;
    }
    logger.warn('many lines look like records and the plugin cannot read them: has the format changed?', {
      path: logPath,
      plugin: plugin.name,
      share,
      line: episode.line.slice(0, 200),
      hint: 'hview-logtail explain shows what is not understood.',
    });
  }

  #readIn(file: FollowedFile): number {
    return this.#readTo.get(file) ?? file.startOffset;
  }

  #positionIn(file: FollowedFile): number {
    return this.#files.get(file)?.position ?? file.startOffset;
  }

  #linesOf(file: FollowedFile, offset: number): PipelineFile {
    let lines = this.#files.get(file);
    if (lines === undefined) {
      lines = this.#pipeline.openFile(file.text, offset);
      this.#files.set(file, lines);
      this.#options.onFileBegun?.();
    }
    return lines;
  }

  /** One timer for all files: one that is left may still wait while the next is read. */
  #flushSoon(): void {
    const waiting = [...this.#files.values()].filter(({ isWaiting }) => isWaiting);
    if (waiting.length === 0 || this.#options.mode === 'once') return;
    this.#flushTimer = this.#options.clock.after(CONTINUATION_WAIT_MS, () => {
      for (const lines of waiting) lines.flush();
      this.#hasChanged = true;
      void this.#deliver();
    });
  }

  /** Does something at a moment when no finding is between the pipeline and the sink. */
  #atRest<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#delivering === null) return action();
    return new Promise((resolve) => this.#onRest.push(() => resolve(action())));
  }

  /** Hands over what the pipeline has, in order; who calls meanwhile joins the hand-over under way. */
  #deliver(): Promise<void> {
    if (this.#delivering !== null) return this.#delivering;
    const findings = this.#pipeline.take();
    if (findings.length === 0) return Promise.resolve();
    this.#delivering = this.#handOver(findings);
    return this.#delivering;
  }

  async #handOver(findings: readonly Finding[]): Promise<void> {
    try {
      this.#hasChanged = true;
      for (let batch = findings; batch.length > 0; batch = this.#pipeline.take()) {
        this.#spooled = await this.#options.sink.put(batch);
        this.#handedOver += batch.length;
      }
    } finally {
      this.#delivering = null;
      for (const act of this.#onRest.splice(0)) act();
    }
  }
}

function keyOf({ identity }: FollowedFile): string {
  return `${identity.device}:${identity.inode}`;
}
