import type { SourceWork } from './sources/source-logs.js';
import type { SpoolCondition } from './spool/spool-entry.js';

/** What the health of an agent is judged by. */
export interface AgentCondition {
  readonly sources: readonly SourceWork[];
  /** Whether no other agent can take the state folder meanwhile. */
  readonly holdsLock: boolean;
  /** Whether the state folder takes what is to be remembered. */
  readonly isStateWritable: boolean;
  /** Null: findings go nowhere. */
  readonly spool: SpoolCondition | null;
  readonly delivery: {
    /** Grows with what is delivered or tried. */
    readonly done: number;
    /** See DeliveryCounts. */
    readonly awaySinceMs: number | null;
  } | null;
}
