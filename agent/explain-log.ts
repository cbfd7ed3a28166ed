import { MessageTemplates, type MessageTemplate } from '../filters/explain-templates.js';
import { compareLevels, levelFromName, type LogLevel } from '../filters/log-level.js';
import type { Matcher } from '../filters/matcher.js';
import type { DropReason, LogPlugin, LogRecord, LogStream, ParsedLine } from '../plugins/log-plugin.js';
import type { Origin } from './finding.js';
import { observe, type SkipReason } from './observe.js';
import { ParseHealth } from './parse-health.js';
import { RecordReader, type LineCounts } from './record-reader.js';
import { LineSplitter } from './tail/line-splitter.js';

export interface ExplainLogOptions {
  readonly plugin: LogPlugin;
  readonly matcher: Matcher;
  /** The ids of all entries, in file order. */
  readonly ruleIds: readonly string[];
  /** From which level on a record that no entry understands is told of. Records without a known level always are. */
  readonly minLevel: LogLevel;
}

/** What a rule set makes of a whole log. */
export interface LogExplanation {
  readonly lines: LineCounts & {
    /** Records that must not become observations, by reason. */
    readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
    /** Lines that look like records and are none that the plugin can read. */
    readonly unparsable: number;
    /** Of the lines that look like records, the part that was read, 0 to 1; null: there were none. */
    readonly parseRate: number | null;
    /** The first lines that were unparsable. */
    readonly unparsableSamples: readonly string[];
    /** Longer than the agent takes; read up to the limit. */
    readonly cut: number;
  };
  /** Times of the first and the last record, milliseconds since 1970 UTC; null: none was read. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** The entries that fired, in file order. */
  readonly fired: readonly FiredEntry[];
  readonly neverFired: readonly string[];
  readonly notUnderstood: {
    /** Records from the level on of which no entry spoke. */
    readonly records: number;
    /** Most frequent first. */
    readonly templates: readonly MessageTemplate[];
    /** Records that are in no template any more. */
    readonly givenUp: number;
  };
}

export interface FiredEntry {
  readonly id: string;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** The first line on which it fired. */
  readonly sample: string;
  /** Whom it spoke of and how often, most often first. */
  readonly subjects: readonly { readonly subject: string; readonly count: number }[];
  /** Subjects beyond those listed. */
  readonly otherSubjects: number;
  /** How often it fired to no effect, by reason. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
}

interface Tally {
  count: number;
  firstMs: number;
  lastMs: number;
  readonly sample: string;
  readonly subjects: Map<string, number>;
  otherSubjects: number;
  readonly skipped: Partial<Record<SkipReason, number>>;
}

const MAX_SUBJECTS = 50;
const MAX_SAMPLES = 5;

/**
 * Reads a log as the agent would, but every line of it, and keeps accounts of what the rules made of it.
 * Memory does not grow with the log. Feed it with `push`, then ask `result` once.
 */
export class LogExplainer {
  readonly #options: ExplainLogOptions;
  readonly #splitter = new LineSplitter();
  readonly #reader: RecordReader;
  readonly #stream: LogStream;
  // Without a memory of its own for silence: here only what looks like a record counts.
  readonly #health = new ParseHealth({ maxSilentLines: Infinity });
  readonly #counts: LineCounts = { lines: 0, candidates: 0, records: 0, continuations: 0 };
  readonly #dropped: Partial<Record<DropReason, number>> = {};
  readonly #unparsableSamples: string[] = [];
  readonly #templates = new MessageTemplates();
  readonly #fired = new Map<string, Tally>();
  #notUnderstood = 0;
  #firstMs: number | null = null;
  #lastMs: number | null = null;
  #offset = 0;

  constructor(options: ExplainLogOptions) {
    this.#options = options;
    this.#stream = options.plugin.openStream();
    this.#reader = new RecordReader({
      rules: () => ({ scanner: null, matcher: options.matcher }),
      stream: { ...bound(this.#stream), parse: (line) => this.#parse(line) },
      text: 'log',
      startOffset: 0,
      onRecord: (record, origin) => this.#takeRecord(record, origin),
      onDrop: (reason) => (this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1),
      counts: this.#counts,
    });
  }

  /** The next bytes of the log. */
  push(bytes: Buffer): void {
    for (const region of this.#splitter.push(bytes, this.#offset)) this.#reader.push(region);
    this.#offset += bytes.length;
  }

  /** The accounts, when all has been pushed. */
  result(): LogExplanation {
    const last = this.#splitter.end();
    if (last !== null) this.#reader.push(last);
    this.#reader.flush();
    const { unparsable } = this.#health.counts();
    const badTimes = this.#dropped['bad-time'] ?? 0;
    const read = this.#counts.records + sum(Object.values(this.#dropped)) - badTimes;
    return {
      lines: {
        ...this.#counts,
        dropped: this.#dropped,
        unparsable,
        parseRate: read + unparsable === 0 ? null : read / (read + unparsable),
        unparsableSamples: this.#unparsableSamples,
        cut: this.#splitter.cutLines,
      },
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      fired: this.#options.ruleIds.flatMap((id) => {
        const tally = this.#fired.get(id);
        return tally === undefined ? [] : [firedEntry(id, tally)];
      }),
      neverFired: this.#options.ruleIds.filter((id) => !this.#fired.has(id)),
      notUnderstood: {
        records: this.#notUnderstood,
        templates: this.#templates.sorted(),
        givenUp: this.#templates.givenUp,
      },
    };
  }

  #parse(line: string): ParsedLine {
    const parsed = this.#stream.parse(line);
    const before = this.#health.counts().unparsable;
    this.#health.note(parsed, line);
    const isUnparsable = this.#health.counts().unparsable > before;
    if (isUnparsable && this.#unparsableSamples.length < MAX_SAMPLES) {
      this.#unparsableSamples.push(line.slice(0, 300));
    }
    return parsed;
  }

  #takeRecord(record: LogRecord, origin: Origin): void {
    this.#firstMs ??= record.timeMs;
    this.#lastMs = record.timeMs;
    const { matcher } = this.#options;
    const observed = observe(record, origin, matcher, this.#stream);
    if (observed.kind === 'finding') {
      const { rule, subject } = observed.finding;
      const tally = this.#tally(rule.id, record, origin);
      const known = tally.subjects.get(subject);
      if (known !== undefined || tally.subjects.size < MAX_SUBJECTS)
        tally.subjects.set(subject, (known ?? 0) + 1);
      else tally.otherSubjects += 1;
    } else if (observed.reason === 'no-match') {
      this.#miss(record, origin);
    } else {
      const rule = matcher.match(record.fields)?.rule.id ?? '';
      const { skipped } = this.#tally(rule, record, origin);
      skipped[observed.reason] = (skipped[observed.reason] ?? 0) + 1;
    }
  }

  #tally(id: string, { timeMs }: LogRecord, { line }: Origin): Tally {
    let tally = this.#fired.get(id);
    if (tally === undefined) {
      const sample = line.slice(0, 1000);
      tally = {
        count: 0,
        firstMs: timeMs,
        lastMs: timeMs,
        sample,
        subjects: new Map(),
        otherSubjects: 0,
        skipped: {},
      };
      this.#fired.set(id, tally);
    }
    tally.count += 1;
    tally.lastMs = timeMs;
    return tally;
  }

  #miss({ fields, message }: LogRecord, { line }: Origin): void {
    const name = fields['level'] ?? '';
    const level = levelFromName(name);
    if (level !== undefined && compareLevels(level, this.#options.minLevel) < 0) return;
    this.#notUnderstood += 1;
    this.#templates.add(message, name, line);
  }
}

/** The stream's own methods, which may need their `this`. */
function bound(stream: LogStream): LogStream {
  return {
    parse: (line) => stream.parse(line),
    resolveSubject: (token, record) => stream.resolveSubject(token, record),
    memory: () => stream.memory(),
    restore: (memory) => stream.restore(memory),
  };
}

function firedEntry(id: string, tally: Tally): FiredEntry {
  const subjects = [...tally.subjects].map(([subject, count]) => ({ subject, count }));
  return { id, ...tally, subjects: subjects.sort((a, b) => b.count - a.count) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
