import type { CallRefusals } from '../protocol/call-guard.js';
import type { ConnectionCounts } from '../runtime/listener.js';
import type { AlertCounts } from './alerts/alerts.js';
import type { IntakeCounts } from './intake/intake-counts.js';
import type { MemoryCounts } from './memory-limit.js';
import type { PersistenceCounts } from './persistence/persistence.js';
import type { PeerCounts } from './relay/peer-counts.js';

/** What the aggregator did since its start. */
export interface AggregatorCounts extends IntakeCounts {
  /** Of whom something was said, who said it, and what is watched. */
  readonly known: { readonly subjects: number; readonly observers: number; readonly watched: number };
  /** Reports that are held now. */
  readonly held: number;
  readonly journal: PersistenceCounts;
  /** By port; all zero where there is none. */
  readonly connections: Readonly<Record<'grpc' | 'http', ConnectionCounts>>;
  /** Calls at the gRPC port that were not let through, or not carried to their end. */
  readonly calls: CallRefusals | null;
  /** Key: the peer's id. */
  readonly relay: Readonly<Record<string, PeerCounts>>;
  /** Null: nobody is told of alerts. */
  readonly alerts: AlertCounts | null;
  readonly memory: MemoryCounts;
  /** Ids of reports by which repetitions are noticed, and the memory for them. */
  readonly remembered: { readonly ids: number; readonly bytes: number };
}
