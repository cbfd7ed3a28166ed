import type { UncheckedReport } from './codec.js';
import type { Report } from './model.js';
import type { Evidence, Provenance } from './provenance.js';

export type { Provenance } from './provenance.js';

/** One report of a batch. */
export interface BatchEntry {
  /** The same for the same statement, however often it is sent; at most 64 bytes. Empty: none. */
  readonly id: string;
  readonly report: Report;
  readonly provenance: Provenance | null;
}

/** A report as it is taken, with what is known of where it comes from. */
export interface TakenEntry extends BatchEntry {
  readonly provenance: Evidence | null;
}

export interface Batch {
  /** Who sends, for logs. */
  readonly agent: string;
  /** The system that the observers belong to, `ZooKeeper`. */
  readonly module: string;
  readonly entries: readonly BatchEntry[];
}

/** What became of a batch; the numbers add up to its length. */
export interface BatchResult {
  readonly accepted: number;
  /** Taken before, by their ids. */
  readonly duplicates: number;
  readonly refused: readonly BatchRefusal[];
}

export interface BatchRefusal {
  /** Index into the entries of the batch. */
  readonly index: number;
  readonly reason: string;
}

export interface AggregatorDescription {
  readonly version: string;
  readonly features: readonly string[];
  readonly maxObservations: number;
  readonly maxBytes: number;
}

/** The batch service as a caller sees it. */
export interface BatchService {
  /** Rejects with UNSUPPORTED when the other side has no such service. */
  describe(): Promise<AggregatorDescription>;
  /** Rejects with OVERLOADED when nothing was taken and it may be sent again later. */
  submitBatch(batch: Batch): Promise<BatchResult>;
}

/** An entry as it came in, before anyone has checked it. */
export interface UncheckedBatchEntry {
  readonly id: string;
  readonly report: UncheckedReport;
  readonly provenance: Provenance | null;
}

export interface UncheckedBatch {
  readonly agent: string;
  readonly module: string;
  readonly entries: readonly UncheckedBatchEntry[];
}

/** How much a batch brings, known before it is decoded. */
export interface BatchSize {
  readonly observations: number;
  /** On the wire, uncompressed. */
  readonly bytes: number;
}

/** The batch service as the aggregator offers it. */
export interface BatchHandlers {
  describe(): AggregatorDescription;
  /**
   * `decode` gives the batch and throws REQUEST_INVALID when it is malformed. It is the handler who
   * calls it, so that what is not going to be taken need not be decoded.
   */
  submitBatch(size: BatchSize, decode: () => UncheckedBatch): Promise<BatchResult>;
}
