import type { Matcher } from '../filters/matcher.js';
import type { LogPlugin } from '../plugins/log-plugin.js';
import type { Clock, Timer } from '../runtime/clock.js';
import { every } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { Finding } from './finding.js';
import type { PipelineCounts, PipelineFile } from './pipeline.js';
import { Pipeline } from './pipeline.js';
import type { Reporter } from './reporter.js';
import type { SuppressOptions } from './suppress.js';
import type {
  ByteSource,
  ByteSourceHandlers,
  Chunk,
  FileEndReason,
  FollowedFile,
} from './tail/byte-source.js';
import { FileFollower } from './tail/file-follower.js';
import { LineRegions } from './tail/line-regions.js';
import { WholeFileSource } from './tail/whole-file-source.js';

export interface AgentOptions {
  /** The log to read. */
  readonly logPath: string;
  /** `follow`: for ever, through rotations; `once`: to its end. */
  readonly mode: 'follow' | 'once';
  readonly plugin: LogPlugin;
  readonly matcher: Matcher;
  readonly suppress: SuppressOptions;
  /** Takes the findings to an aggregator; null: nobody does. */
  readonly reporter: Reporter | null;
  /** Called with each finding before it is delivered. */
  readonly onFinding: (finding: Finding) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a record whose meaning depends on its continuation lines waits for them, milliseconds. */
const CONTINUATION_WAIT_MS = 50;

/** How often findings are looked over for those whose time is over, milliseconds. */
const EXPIRY_CHECK_MS = 250;

/**
 * The agent of one log: source → splitter → pipeline → reporter. Reading pauses while the reporter is
 * full, so that the log itself is the buffer when the aggregator is away.
 */
export class Agent implements ByteSourceHandlers {
  readonly #options: AgentOptions;
  readonly #pipeline: Pipeline;
  readonly #source: ByteSource;
  readonly #regions = new LineRegions();
  readonly #files = new Map<FollowedFile, PipelineFile>();
  #flushTimer: Timer | null = null;
  #expiryTimer: Timer | null = null;
  #delivering: Promise<void> | null = null;

  constructor(options: AgentOptions) {
    this.#options = options;
    const { logPath, mode, plugin, matcher, suppress, clock } = options;
    this.#pipeline = new Pipeline({ plugin, matcher, suppress, now: () => clock.now() });
    this.#source =
      mode === 'once'
        ? new WholeFileSource({ path: logPath, clock }, this)
        : new FileFollower({ path: logPath, clock }, this);
  }

  /** Rejects with FILE_UNREADABLE when the path can never be a log. */
  async start(): Promise<void> {
    const { plugin, reporter, clock, mode } = this.#options;
    if (plugin.observer !== null) reporter?.announce(plugin.observer);
    if (mode === 'follow') {
      this.#expiryTimer = every(clock, EXPIRY_CHECK_MS, () => {
        this.#pipeline.expire(clock.now());
        void this.#deliver();
      });
    }
    await this.#source.start();
  }

  /** Resolves when the log was read to its end (`once`) or the agent was stopped. */
  get finished(): Promise<void> {
    return this.#source.finished;
  }

  /** Reads no more; what was read is handed to the reporter. */
  async stop(): Promise<void> {
    this.#expiryTimer?.cancel();
    this.#flushTimer?.cancel();
    await this.#source.stop();
    await this.#deliver();
  }

  counts(): PipelineCounts {
    return this.#pipeline.counts();
  }

  async onChunk(chunk: Chunk): Promise<void> {
    this.#flushTimer?.cancel();
    const lines = this.#linesOf(chunk.file);
    for (const region of this.#regions.push(chunk)) lines.push(region);
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
    const lines = this.#linesOf(file);
    const unfinished = this.#regions.end(file, reason);
    if (unfinished !== null) lines.push(unfinished);
    lines.flush();
    this.#files.delete(file);
    await this.#deliver();
  }

  onWaiting(path: string): void {
    this.#options.logger.warn('the log is not there, waiting for it', { path });
  }

  onLoss(loss: Parameters<NonNullable<ByteSourceHandlers['onLoss']>>[0]): void {
    const fields = loss.kind === 'truncated' ? { path: loss.file.path, knownBytes: loss.knownBytes } : {};
    this.#options.logger.warn('a part of the log is gone before it was read', { kind: loss.kind, ...fields });
  }

  onProblem(problem: Parameters<NonNullable<ByteSourceHandlers['onProblem']>>[0]): void {
    const { code, message, hint } = problem;
    this.#options.logger.warn('the log cannot be read now, trying again', { code, reason: message, hint });
  }

  #linesOf(file: FollowedFile): PipelineFile {
    let lines = this.#files.get(file);
    if (lines === undefined) {
      lines = this.#pipeline.openFile();
      this.#files.set(file, lines);
    }
    return lines;
  }

  /** One timer for all files: one that is left may still wait while the next is read. */
  #flushSoon(): void {
    const waiting = [...this.#files.values()].filter(({ isWaiting }) => isWaiting);
    if (waiting.length === 0 || this.#options.mode === 'once') return;
    this.#flushTimer = this.#options.clock.after(CONTINUATION_WAIT_MS, () => {
      for (const lines of waiting) lines.flush();
      void this.#deliver();
    });
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
      for (let batch = findings; batch.length > 0; batch = this.#pipeline.take()) {
        for (const finding of batch) {
          this.#options.onFinding(finding);
          await this.#options.reporter?.deliver(finding);
        }
      }
    } finally {
      this.#delivering = null;
    }
  }
}
