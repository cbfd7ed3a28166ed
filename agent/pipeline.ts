import { LiteralScanner } from '../filters/literal-scanner.js';
import type { Matcher } from '../filters/matcher.js';
import type { DropReason, LogPlugin, LogRecord, LogStream } from '../plugins/log-plugin.js';
import type { Finding } from './finding.js';
import type { SkipReason } from './observe.js';
import { observe } from './observe.js';
import type { LineCounts } from './record-reader.js';
import { RecordReader } from './record-reader.js';
import { StandingFindings } from './standing-findings.js';
import type { LineRegion } from './tail/line-region.js';
import type { SuppressDecision, SuppressOptions } from './suppress.js';
import { Suppressor } from './suppress.js';

/** Why something that was read did not become a finding on its way out. */
export type QuietReason = DropReason | SkipReason | Exclude<SuppressDecision, 'pass'>;

export interface PipelineCounts extends Readonly<LineCounts> {
  /** Findings that went on. */
  readonly findings: number;
  readonly quiet: ReadonlyMap<QuietReason, number>;
}

export interface PipelineOptions {
  readonly plugin: LogPlugin;
  readonly matcher: Matcher;
  readonly suppress: SuppressOptions;
  /** Wall clock, milliseconds since 1970 UTC. */
  readonly now: () => number;
}

/** The lines of one file on their way through the pipeline; the next file of a log gets its own. */
export interface PipelineFile {
  push(region: LineRegion): void;
  /** Completes the record that waits for continuation lines, if there is one. */
  flush(): void;
  readonly isWaiting: boolean;
}

/**
 * One log's way from lines to findings: parse, match, stale, merge, withdraw. It keeps what outlives a
 * single file of the log: the plugin's memory and the findings that still stand. Does no input or
 * output; `take` hands out what has accumulated.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #scanner: LiteralScanner | null;
  readonly #stream: LogStream;
  readonly #suppressor: Suppressor;
  readonly #standing = new StandingFindings();
  readonly #lineCounts: LineCounts = { lines: 0, candidates: 0 };
  readonly #quiet = new Map<QuietReason, number>();
  #out: Finding[] = [];
  #findings = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { plugin, matcher } = options;
    const literals = matcher.literals(plugin.verbatimFields);
    this.#scanner = literals === null ? null : new LiteralScanner([...literals, ...plugin.memoryLiterals]);
    this.#stream = plugin.openStream();
    this.#suppressor = new Suppressor(options.suppress);
  }

  openFile(): PipelineFile {
    return new RecordReader({
      scanner: this.#scanner,
      stream: this.#stream,
      matcher: this.#options.matcher,
      onRecord: (record) => this.#takeRecord(record),
      onDrop: (reason) => this.#count(reason),
      counts: this.#lineCounts,
    });
  }

  /** Withdraws the findings whose time is over at `nowMs`. */
  expire(nowMs: number): void {
    for (const withdrawn of this.#standing.expire(nowMs)) this.#emit(withdrawn);
  }

  /** The findings since the last call, in order. */
  take(): readonly Finding[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  counts(): PipelineCounts {
    return { ...this.#lineCounts, findings: this.#findings, quiet: this.#quiet };
  }

  #takeRecord(record: LogRecord): void {
    const { matcher, now } = this.#options;
    const observed = observe(record, matcher, this.#stream);
    if (observed.kind === 'skipped') {
      this.#count(observed.reason);
      return;
    }
    this.expire(record.timeMs);
    const { finding } = observed;
    const decision = this.#suppressor.decide(finding, now());
    if (decision === 'stale') {
      this.#count('stale');
      return;
    }
    // A repeat is not sent again, but it keeps the finding standing for longer.
    for (const withdrawn of this.#standing.note(finding)) this.#emit(withdrawn);
    if (decision === 'repeat') this.#count('repeat');
    else this.#push(finding);
  }

  /** A withdrawal is the last word on its subject now: what comes next is no repeat. */
  #emit(withdrawn: Finding): void {
    if (this.#suppressor.decide(withdrawn, this.#options.now()) === 'pass') this.#push(withdrawn);
  }

  #push(finding: Finding): void {
    this.#findings += 1;
    this.#out.push(finding);
  }

  #count(reason: QuietReason): void {
    this.#quiet.set(reason, (this.#quiet.get(reason) ?? 0) + 1);
  }
}
