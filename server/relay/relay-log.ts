import type { TakenEntry } from '../../protocol/batch-service.js';

export interface RelayLogLimits {
  readonly reports: number;
  /** About what they take in memory. */
  readonly bytes: number;
}

/** A minute of a very busy system, hours of a usual one; shared by all peers. */
export const DEFAULT_RELAY_LOG_LIMITS: RelayLogLimits = { reports: 50_000, bytes: 32 * 1024 * 1024 };

/** A report of a local observer, as it waits for peers. */
export interface LoggedReport {
  /** Counted up from 1. */
  readonly sequence: number;
  readonly entry: TakenEntry;
  /** When it was accepted, on the monotonic clock; milliseconds. */
  readonly atMs: number;
  readonly bytes: number;
}

/** Some of them in a row, as many as go into one call. */
export interface LoggedBatch {
  readonly entries: readonly TakenEntry[];
  /** Of the last of them. */
  readonly sequence: number;
}

/** What is dropped at once: moving the rest down costs as much as there is left. */
const SHARE_DROPPED = 8;

/** For the objects around the texts, about. */
const ENTRY_BYTES = 120;
const METRIC_BYTES = 32;

/**
 * The newest reports of local observers, in their order. Every peer has a place of its own in it, so a peer
 * that is away costs no memory beyond this, however long it is away.
 */
export class RelayLog {
  readonly #limits: RelayLogLimits;
  #reports: LoggedReport[] = [];
  /** Of `#reports`, those that are kept begin here. */
  #start = 0;
  #bytes = 0;
  #end = 0;
  /** Peers that are up to date all ask for the same. */
  #lastAsked: (LoggedBatch & { readonly after: number; readonly end: number }) | null = null;

  constructor(limits: RelayLogLimits = DEFAULT_RELAY_LOG_LIMITS) {
    this.#limits = limits;
  }

  /** The sequence of the newest; 0 when there was none yet. */
  get end(): number {
    return this.#end;
  }

  /** Whoever has all up to here can be given all that follows. */
  get keptAfter(): number {
    return this.#end - this.size;
  }

  get size(): number {
    return this.#reports.length - this.#start;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(entry: TakenEntry, atMs: number): void {
    const bytes = sizeOf(entry);
    this.#end += 1;
    this.#reports.push({ sequence: this.#end, entry, atMs, bytes });
    this.#bytes += bytes;
    while (this.size > this.#limits.reports || (this.#bytes > this.#limits.bytes && this.size > 1)) {
      this.#bytes -= this.#reports[this.#start]?.bytes ?? 0;
      this.#start += 1;
    }
    if (this.#start > this.#reports.length / SHARE_DROPPED) {
      this.#reports = this.#reports.slice(this.#start);
      this.#start = 0;
    }
  }

  /** The one of that sequence, if it is kept. */
  at(sequence: number): LoggedReport | undefined {
    const offset = sequence - this.keptAfter - 1;
    return offset < 0 ? undefined : this.#reports[this.#start + offset];
  }

  /** What follows that sequence: the same object for all who ask for the same, so that it is encoded once. */
  batchAfter(after: number): LoggedBatch {
    const last = this.#lastAsked;
    if (last?.after === after && last.end === this.#end) return last;
    const entries: TakenEntry[] = [];
    const measure = new BatchMeasure();
    let sequence = after;
    for (let next = this.at(after + 1); next !== undefined; next = this.at(sequence + 1)) {
      if (!measure.add(next.bytes)) break;
      entries.push(next.entry);
      sequence = next.sequence;
    }
    this.#lastAsked = { entries, sequence, after, end: this.#end };
    return this.#lastAsked;
  }
}

/** About what the entry takes in memory, and no less than on the wire without names that are said once. */
export function sizeOf({ id, report, provenance }: TakenEntry): number {
  let bytes = ENTRY_BYTES + id.length + report.observer.length + report.subject.length;
  for (const { name } of report.observation.metrics) bytes += METRIC_BYTES + name.length;
  if (provenance === null) return bytes;
  const { host, path, line, rule, why } = provenance;
  return bytes + host.length + path.length + line.length + rule.length + why.length;
}

/** Of one call; texts of 256 k characters take less than 1 MiB in UTF-8 whatever they hold. */
const BATCH_REPORTS = 1000;
const BATCH_BYTES = 256 * 1024;

/** Counts what goes into one batch; at least one report does. */
export class BatchMeasure {
  #reports = 0;
  #bytes = 0;

  /** Whether one more of that size fits, in which case it is in. */
  add(bytes: number): boolean {
    if (this.#reports > 0 && (this.#reports === BATCH_REPORTS || this.#bytes + bytes > BATCH_BYTES))
      return false;
    this.#reports += 1;
    this.#bytes += bytes;
    return true;
  }
}

/** How many of the entries, from the first on, go into one batch. */
export function batchLength(entries: readonly TakenEntry[]): number {
  const measure = new BatchMeasure();
  const rest = entries.findIndex((entry) => !measure.add(sizeOf(entry)));
  return rest === -1 ? entries.length : rest;
}
