import type { Matcher } from '../filters/matcher.js';
import type { LiteralScanner } from '../filters/literal-scanner.js';
import type { DropReason, LogRecord, LogStream } from '../plugins/log-plugin.js';
import type { LineRegion } from './tail/line-region.js';
import { decodeLine } from './tail/line-splitter.js';

export interface RecordReaderOptions {
  /** Finds the lines that a rule or the plugin's memory may care about; null: all of them may matter. */
  readonly scanner: LiteralScanner | null;
  readonly stream: LogStream;
  readonly matcher: Matcher;
  readonly onRecord: (record: LogRecord) => void;
  readonly onDrop: (reason: DropReason) => void;
  /** Counted up while reading; several readers may share one. */
  readonly counts: LineCounts;
}

export interface LineCounts {
  /** Physical lines seen. */
  lines: number;
  /** Lines that were decoded and taken apart, because they hold a literal of some rule. */
  candidates: number;
}

/** No record's detail takes more lines than this; a longer trace says nothing new. */
const MAX_DETAIL_LINES = 200;

const LINE_FEED = 10;

/**
 * Finds in regions of whole lines the records that a rule or the plugin's memory may care about. It
 * looks for literal texts first, over the bytes; only lines that contain one are decoded and taken
 * apart. A record waits for its continuation lines only when a rule's answer depends on them: then it
 * stays open until the next record begins or `flush` is called.
 */
export class RecordReader {
  readonly #options: RecordReaderOptions;
  #open: { readonly record: LogRecord; readonly detail: string[] } | null = null;

  constructor(options: RecordReaderOptions) {
    this.#options = options;
  }

  /** Whether a record waits for more of its continuation lines. */
  get isWaiting(): boolean {
    return this.#open !== null;
  }

  push(region: LineRegion): void {
    const { bytes, end } = region;
    this.#options.counts.lines += countLines(bytes, region.start, end);
    let position = region.start;
    while (position < end) {
      const lineStart = this.#open === null ? this.#nextCandidate(bytes, position, end) : position;
      if (lineStart === -1) return;
      const lineFeed = bytes.indexOf(LINE_FEED, lineStart);
      const lineEnd = lineFeed === -1 || lineFeed >= end ? end : lineFeed;
      position = lineEnd + 1;
      this.#takeLine(decodeLine(bytes, lineStart, lineEnd));
    }
  }

  /** Completes the open record with the continuation lines there are. */
  flush(): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    const { record, detail } = open;
    const fields = { ...record.fields, detail: detail.join('\n') };
    this.#options.onRecord({ ...record, fields });
  }

  /** Start of the first line at or after `position` that has to be parsed; -1 when there is none. */
  #nextCandidate(bytes: Buffer, position: number, end: number): number {
    const { scanner } = this.#options;
    if (scanner === null) return position;
    const hit = scanner.next(bytes, position, end);
    if (hit === -1) return -1;
    // A line feed found before the position ends a line that was dealt with.
    return Math.max(position, bytes.lastIndexOf(LINE_FEED, hit) + 1);
  }

  #takeLine(line: string): void {
    const { stream, matcher, onRecord, onDrop, counts } = this.#options;
    counts.candidates += 1;
    const parsed = stream.parse(line);
    if (parsed.kind === 'continuation') {
      if (this.#open === null) return;
      this.#open.detail.push(line);
      if (this.#open.detail.length >= MAX_DETAIL_LINES) this.flush();
      return;
    }
    this.flush();
    if (parsed.kind === 'dropped') onDrop(parsed.reason);
    else if (matcher.needsDetail(parsed.record.fields)) this.#open = { record: parsed.record, detail: [] };
    else onRecord(parsed.record);
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
