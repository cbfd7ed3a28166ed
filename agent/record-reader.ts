import type { Matcher } from '../filters/matcher.js';
import type { LiteralScanner } from '../filters/literal-scanner.js';
import type { DropReason, LogRecord, LogStream, ParsedLine } from '../plugins/log-plugin.js';
import type { Origin } from './finding.js';
import type { LineRegion } from './tail/line-region.js';
import { decodeLine } from './tail/line-splitter.js';

/** The rules that hold now; they may be exchanged between two lines. */
export interface ActiveRules {
  readonly matcher: Matcher;
  /** Finds the lines that a rule or the plugin's memory may care about; null: all of them may matter. */
  readonly scanner: LiteralScanner | null;
}

export interface RecordReaderOptions {
  readonly rules: () => ActiveRules;
  readonly stream: LogStream;
  /** Names the text that is read, see `Origin`. */
  readonly text: string;
  /** Where in it reading begins. */
  readonly startOffset: number;
  /** No record's detail takes more lines than this; default 200: a longer trace says nothing new. */
  readonly maxDetailLines?: number;
  readonly onRecord: (record: LogRecord, origin: Origin) => void;
  readonly onDrop: (reason: DropReason) => void;
  /** Told what the stream made of every line that it was given. */
  readonly onParsed?: (parsed: ParsedLine, line: string) => void;
  /** Offered one line of each region, whether it matters or not. */
  readonly onSample?: (line: () => string) => void;
  /** Counted up while reading; several readers may share one. */
  readonly counts: LineCounts;
}

export interface LineCounts {
  /** Physical lines seen. */
  lines: number;
  /** Lines that were decoded and taken apart, because they hold a literal of some rule. */
  candidates: number;
  /** Of the candidates, those that begin a record. */
  records: number;
  /** Of the candidates, those that belong to the record before them. */
  continuations: number;
}

const DEFAULT_MAX_DETAIL_LINES = 200;

const LINE_FEED = 10;

/**
 * Finds in regions of whole lines the records that a rule or the plugin's memory may care about. It
 * looks for literal texts first, over the bytes; only lines that contain one are decoded and taken
 * apart. A record waits for its continuation lines only when a rule's answer depends on them: then it
 * stays open until the next record begins or `flush` is called.
 */
export class RecordReader {
  readonly #options: RecordReaderOptions;
  #open: { readonly record: LogRecord; readonly origin: Origin; readonly detail: string[] } | null = null;
  #endOffset: number;

  constructor(options: RecordReaderOptions) {
    this.#options = options;
    this.#endOffset = options.startOffset;
  }

  /** Whether a record waits for more of its continuation lines. */
  get isWaiting(): boolean {
    return this.#open !== null;
  }

  /** Where in the text reading has to go on after a restart: all records before it were handed on. */
  get position(): number {
    return this.#open?.origin.offset ?? this.#endOffset;
  }

  push(region: LineRegion): void {
    this.#readLines(region);
    this.#endOffset = region.endOffset;
    this.#options.onSample?.(() => lastLineOf(region));
  }

  #readLines(region: LineRegion): void {
    const { bytes, end } = region;
    this.#options.counts.lines += countLines(bytes, region.start, end);
    let position = region.start;
    while (position < end) {
      const lineStart = this.#open === null ? this.#nextCandidate(bytes, position, end) : position;
      if (lineStart === -1) return;
      const lineFeed = bytes.indexOf(LINE_FEED, lineStart);
      const lineEnd = lineFeed === -1 || lineFeed >= end ? end : lineFeed;
      position = lineEnd + 1;
      this.#takeLine(decodeLine(bytes, lineStart, lineEnd), region.offset + lineStart - region.start);
    }
  }

  /** Completes the open record with the continuation lines there are. */
  flush(): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    const { record, origin, detail } = open;
    const fields = { ...record.fields, detail: detail.join('\n') };
    this.#options.onRecord({ ...record, fields }, origin);
  }

  /** Start of the first line at or after `position` that has to be parsed; -1 when there is none. */
  #nextCandidate(bytes: Buffer, position: number, end: number): number {
    const { scanner } = this.#options.rules();
    if (scanner === null) return position;
    const hit = scanner.next(bytes, position, end);
    if (hit === -1) return -1;
    // A line feed found before the position ends a line that was dealt with.
    return Math.max(position, bytes.lastIndexOf(LINE_FEED, hit) + 1);
  }

  #takeLine(line: string, offset: number): void {
    const { stream, rules, text, onRecord, onDrop, onParsed, counts, maxDetailLines } = this.#options;
    counts.candidates += 1;
    const parsed = stream.parse(line);
    onParsed?.(parsed, line);
    if (parsed.kind === 'continuation') {
      counts.continuations += 1;
      if (this.#open === null) return;
      this.#open.detail.push(line);
      if (this.#open.detail.length >= (maxDetailLines ?? DEFAULT_MAX_DETAIL_LINES)) this.flush();
      return;
    }
    this.flush();
    if (parsed.kind === 'dropped') {
      onDrop(parsed.reason);
      return;
    }
    counts.records += 1;
    const { record } = parsed;
    const origin = { text, offset, line };
    if (rules().matcher.needsDetail(record.fields)) this.#open = { record, origin, detail: [] };
    else onRecord(record, origin);
  }
}

function countLines(bytes: Buffer, start: number, end: number): number {
  let lines = 0;
  let lineFeed = bytes.indexOf(LINE_FEED, start);
  while (lineFeed !== -1 && lineFeed < end) {
    lines += 1;
    lineFeed = bytes.indexOf(LINE_FEED, lineFeed + 1);
  }
  return lines;
}

function lastLineOf({ bytes, start, end }: LineRegion): string {
  const before = end - start < 2 ? -1 : bytes.lastIndexOf(LINE_FEED, end - 2);
  return decodeLine(bytes, Math.max(start, before + 1), end - 1);
}
