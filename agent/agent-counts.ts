import type { CheckpointCounts } from './checkpoint/checkpoint-store.js';
import type { DeliveryCounts } from './delivery/deliverer.js';
import type { LogReaderCounts } from './log-reader.js';
import type { SourceLogs } from './sources/source-logs.js';
import { addCounts } from './sources/sum-counts.js';
import type { SpoolCounts } from './spool/spool-entry.js';

/** What one source has come to since the start. Bytes and lines are those of its logs. */
export interface SourceCounts {
  readonly name: string;
  readonly logs: { readonly known: number; readonly open: number };
  readonly bytesRead: number;
  /** Bytes that stand in the logs and were not dealt with yet. */
  readonly behindBytes: number;
  readonly lines: number;
  /** Lines that were taken apart: records + continuations + dropped by the plugin. */
  readonly candidates: number;
  readonly records: number;
  readonly continuations: number;
  /** Of the lines looked at, those that look like records and are none that the plugin knows. */
  readonly unparsable: number;
  /** How often their share jumped. */
  readonly parseEpisodes: number;
  /** Why records, or findings, did not go on. */
  readonly quiet: Readonly<Record<string, number>>;
  readonly findings: number;
  /** Of the findings, those that no record said: withdrawals and deadlines. */
  readonly derived: number;
  /** Of the findings, those that were in the spool from before a restart. */
  readonly again: number;
  readonly rotations: number;
  readonly truncations: number;
  /** Parts of logs that went before they were read, and their bytes as far as known. */
  readonly losses: number;
  readonly bytesLost: number;
  readonly cutLines: number;
}

/** The accounts of an agent; the figures add up, see agent/README.md. */
export interface AgentCounts {
  readonly sources: readonly SourceCounts[];
  /** Null: findings go nowhere. */
  readonly spool: SpoolCounts | null;
  readonly delivery: DeliveryCounts | null;
  /** Null: nothing is remembered. */
  readonly checkpoints: CheckpointCounts | null;
  readonly rules: { readonly reloaded: number; readonly reloadsFailed: number };
  readonly memoryBytes: number;
}

const NOTHING: LogReaderCounts = {
  ...{ lines: 0, candidates: 0, records: 0, continuations: 0, findings: 0, derived: 0, cutLines: 0 },
  ...{ bytesRead: 0, filesOpened: 0, rotations: 0, truncations: 0, bytesLost: 0, losses: 0, holeBytes: 0 },
  ...{ unparsable: 0, parseEpisodes: 0 },
  quiet: new Map(),
};

export function sourceCountsOf(logs: SourceLogs, again: number, behindBytes: number): SourceCounts {
  const sum = logs.counts().reduce(addCounts, NOTHING);
  return {
    name: logs.name,
    logs: logs.logCounts(),
    behindBytes,
    bytesRead: sum.bytesRead,
    lines: sum.lines,
    candidates: sum.candidates,
    records: sum.records,
    continuations: sum.continuations,
    unparsable: sum.unparsable,
    parseEpisodes: sum.parseEpisodes,
    quiet: Object.fromEntries(sum.quiet),
    findings: sum.findings,
    derived: sum.derived,
    again,
    rotations: sum.rotations,
    truncations: sum.truncations,
    losses: sum.losses,
    bytesLost: sum.bytesLost,
    cutLines: sum.cutLines,
  };
}
