import { LiteralScanner } from '../filters/literal-scanner.js';
import type { Matcher } from '../filters/matcher.js';
import type { DropReason, LogPlugin, LogRecord, LogStream, ParsedLine } from '../plugins/log-plugin.js';
import type { TrustDecision } from './distrust.js';
import { Distrust } from './distrust.js';
import { Escalation } from './escalation.js';
import type { Finding, Origin } from './finding.js';
import type { SkipReason } from './observe.js';
import { observe } from './observe.js';
import type { ParseEpisode } from './parse-health.js';
import { ParseHealth } from './parse-health.js';
import type { ActiveRules, LineCounts } from './record-reader.js';
import { RecordReader } from './record-reader.js';
import { StandingFindings } from './standing-findings.js';
import type { LineRegion } from './tail/line-region.js';
import type { SuppressDecision, SuppressOptions } from './suppress.js';
import { Suppressor } from './suppress.js';

/** Why something that was read did not become a finding on its way out. */
export type QuietReason = DropReason | SkipReason | Exclude<SuppressDecision | TrustDecision, 'pass'>;

export interface PipelineCounts extends Readonly<LineCounts> {
  /** Findings that went on. */
  readonly findings: number;
  /** Of them, those that no record said just then: withdrawals and deadlines. */
  readonly derived: number;
  readonly quiet: ReadonlyMap<QuietReason, number>;
  /** Lines that look like records and are none that the plugin knows, and how often their share jumped. */
  readonly unparsable: number;
  readonly parseEpisodes: number;
}

export interface PipelineOptions {
  readonly plugin: LogPlugin;
  readonly matcher: Matcher;
  readonly suppress: SuppressOptions;
  /** Continuation lines that a record takes at most; default 200. */
  readonly maxDetailLines?: number;
  /** Told when the log no longer looks like what the plugin reads, and when it does again. */
  readonly onParseEpisode?: (episode: ParseEpisode) => void;
  /** Wall clock, milliseconds since 1970 UTC. */
  readonly now: () => number;
}

/** How often a line is looked at that no rule asks for, milliseconds. */
const SAMPLE_MS = 100;

/** The lines of one file on their way through the pipeline; the next file of a log gets its own. */
export interface PipelineFile {
  push(region: LineRegion): void;
  /** Completes the record that waits for continuation lines, if there is one. */
  flush(): void;
  readonly isWaiting: boolean;
  /** Where in the text reading has to go on after a restart: the findings of all before it were taken. */
  readonly position: number;
}

/**
 * One log's way from lines to findings: parse, match, stale, merge, withdraw. It keeps what outlives a
 * single file of the log: the plugin's memory and the findings that still stand. Does no input or
 * output; `take` hands out what has accumulated.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #stream: LogStream;
  readonly #suppressor: Suppressor;
  readonly #standing = new StandingFindings();
  readonly #distrust = new Distrust();
  readonly #escalation = new Escalation();
  readonly #lineCounts: LineCounts = { lines: 0, candidates: 0, records: 0, continuations: 0 };
  readonly #quiet = new Map<QuietReason, number>();
  readonly #health = new ParseHealth();
  /** Reads what the rules skip, so that the real stream's memory stays its own. */
  readonly #probe: LogStream;
  #sampledAtMs = -Infinity;
  #rules: ActiveRules;
  #out: Finding[] = [];
  #findings = 0;
  #derived = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { plugin, matcher } = options;
    this.#rules = activeRules(plugin, matcher);
    this.#stream = plugin.openStream();
    this.#probe = plugin.openStream();
    this.#suppressor = new Suppressor(options.suppress);
  }

  /** `text`: see `Origin`. `startOffset`: where in it reading begins. */
  openFile(text: string, startOffset: number): PipelineFile {
    const { maxDetailLines } = this.#options;
    return new RecordReader({
      rules: () => this.#rules,
      stream: this.#stream,
      text,
      startOffset,
      ...(maxDetailLines === undefined ? {} : { maxDetailLines }),
      onRecord: (record, origin) => this.#takeRecord(record, origin),
      onDrop: (reason) => this.#count(reason),
      onParsed: (parsed, line) => this.#noteParsed(parsed, line),
      onSample: (line) => this.#sample(line),
      counts: this.#lineCounts,
    });
  }

  /** Goes on with other rules; what stands, stands. */
  useRules(matcher: Matcher): void {
    this.#rules = activeRules(this.#options.plugin, matcher);
  }

  /** What must outlive a restart, as JSON data: what the records read so far have left behind. */
  state(): unknown {
    return {
      stream: this.#stream.memory(),
      suppressor: this.#suppressor.state(),
      standing: this.#standing.state(),
      distrust: this.#distrust.state(),
      escalation: this.#escalation.state(),
    };
  }

  /** Takes over what `state` gave, before the first record; what it does not understand is ignored. */
  restore(state: unknown): void {
    if (typeof state !== 'object' || state === null) return;
    const { stream, suppressor, standing, distrust, escalation } = state as Record<string, unknown>;
    this.#stream.restore(stream);
    this.#suppressor.restore(suppressor);
    this.#standing.restore(standing);
    this.#distrust.restore(distrust);
    this.#escalation.restore(escalation);
  }

  /** Withdraws the findings whose time is over at `nowMs`. */
  expire(nowMs: number): void {
    for (const withdrawn of this.#standing.expire(nowMs)) this.#emit(withdrawn);
  }

  /** When the next finding ends by itself, milliseconds since 1970 UTC; Infinity when none does. */
  nextEndMs(): number {
    return this.#standing.nextEndMs();
  }

  /** How many findings `take` would give. */
  get waiting(): number {
    return this.#out.length;
  }

  /** The findings since the last call, in order. */
  take(): readonly Finding[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  counts(): PipelineCounts {
    const { unparsable, episodes: parseEpisodes } = this.#health.counts();
    return {
      ...this.#lineCounts,
      unparsable,
      parseEpisodes,
      findings: this.#findings,
      derived: this.#derived,
      quiet: this.#quiet,
    };
  }

  #noteParsed(parsed: ParsedLine, line: string): void {
    const episode = this.#health.note(parsed, line);
    if (episode !== null) this.#options.onParseEpisode?.(episode);
  }

  /** Most lines are skipped unread: without a look at some of them a changed format would go unnoticed. */
  #sample(line: () => string): void {
    const nowMs = this.#options.now();
    if (nowMs - this.#sampledAtMs < SAMPLE_MS) return;
    this.#sampledAtMs = nowMs;
    const text = line();
    this.#noteParsed(this.#probe.parse(text), text);
  }

  #takeRecord(record: LogRecord, origin: Origin): void {
    const { now } = this.#options;
    const observed = observe(record, origin, this.#rules.matcher, this.#stream);
    if (observed.kind === 'skipped') {
      this.#count(observed.reason);
      return;
    }
    this.expire(record.timeMs);
    if (this.#distrust.decide(observed.finding) === 'distrusted') {
      this.#count('distrusted');
      return;
    }
    const finding = this.#standing.inForce(this.#escalation.raise(observed.finding));
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
    this.#escalation.forget(withdrawn);
    if (this.#suppressor.decide(withdrawn, this.#options.now()) !== 'pass') return;
    this.#derived += 1;
    this.#push(withdrawn);
  }

  #push(finding: Finding): void {
    this.#findings += 1;
    this.#out.push(finding);
  }

  #count(reason: QuietReason): void {
    this.#quiet.set(reason, (this.#quiet.get(reason) ?? 0) + 1);
  }
}

/**
 * One for all logs that are read with the same rules: finding the literals takes milliseconds, and a
 * scanner that was taught by one log serves the others.
 */
const rulesInUse = new WeakMap<Matcher, WeakMap<LogPlugin, ActiveRules>>();

function activeRules(plugin: LogPlugin, matcher: Matcher): ActiveRules {
  const ofMatcher = rulesInUse.get(matcher) ?? new WeakMap<LogPlugin, ActiveRules>();
  rulesInUse.set(matcher, ofMatcher);
  const known = ofMatcher.get(plugin);
  if (known !== undefined) return known;
  const literals = matcher.literals(plugin.verbatimFields);
  const scanner = literals === null ? null : new LiteralScanner([...literals, ...plugin.memoryLiterals]);
  const rules = { matcher, scanner };
  ofMatcher.set(plugin, rules);
  return rules;
}
