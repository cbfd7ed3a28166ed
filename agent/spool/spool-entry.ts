import type { Provenance } from '../../protocol/batch-service.js';
import type { Report } from '../../protocol/model.js';

/** An observation on its way to the aggregator. */
export interface SpoolEntry {
  /** The same for the same statement, however often its record is read. */
  readonly id: string;
  /** Name of the log source that it came from. */
  readonly source: string;
  /** The system that its observer belongs to, `ZooKeeper`. */
  readonly module: string;
  readonly report: Report;
  readonly provenance: Provenance | null;
}

/** An entry that the spool has taken. */
export interface StoredEntry extends SpoolEntry {
  /** 1, 2, 3, ...; never given twice in one state folder. */
  readonly sequence: number;
  /** What it takes up in the spool. */
  readonly bytes: number;
}

/**
 * Why an entry left the spool without being delivered. `middle`: neither the newest nor the worst word
 * on its topic; `worst`: the worst word, not the newest; `newest`: the last word on a topic that was
 * silent for longest; `closed`: it came when the spool was closed already.
 */
export type SpoolDropReason = 'middle' | 'worst' | 'newest' | 'closed';

/**
 * What came of all entries since the spool was opened:
 * `recovered + appended = delivered + coalesced + all dropped + waiting.entries`, but for what was found
 * to be damaged only when it was read back.
 */
export interface SpoolCounts {
  /** Found undelivered when the spool was opened. */
  readonly recovered: number;
  readonly appended: number;
  readonly delivered: number;
  readonly waiting: { readonly entries: number; readonly bytes: number };
  /** Left out because a later entry on the same topic says the same. */
  readonly coalesced: number;
  readonly dropped: Readonly<Record<SpoolDropReason, number>>;
  /** Undelivered entries that could not be read back; nobody knows what they said. */
  readonly damaged: number;
  readonly bytesOnDisk: number;
  /** Waiting entries that are only in memory now. */
  readonly notDurable: number;
}

/** What may keep a spool from taking more, or for long. */
export interface SpoolCondition {
  /** Entries that are not delivered. */
  readonly waiting: number;
  /** Of these, those that are in memory alone. */
  readonly notDurable: number;
  /** There is a disk and it cannot be written. */
  readonly isRefused: boolean;
  /** Whoever brings more has to wait. */
  readonly isFull: boolean;
  /** Left out for want of room, since the spool was opened. */
  readonly dropped: number;
}

/** What an entry is about: two with the same topic are an older and a newer word on one thing. */
export function topicOfReport({ observer, subject, observation }: Report): string {
  let topic = `${observer}\n${subject}`;
  for (const { name } of observation.metrics) topic += `\n${name}`;
  return topic;
}
