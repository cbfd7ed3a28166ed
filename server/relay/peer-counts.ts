import type { PeerLinkCounts } from './peer-link.js';

/** What went to a peer since the start; what is sent again counts again. */
export interface PeerCounts extends PeerLinkCounts {
  /** `batches` to an aggregator like this one, `singles` to one that knows only idl. */
  readonly mode: Mode;
  /** Calls that failed and were made again. */
  readonly retried: number;
  /** Reports that the peer lacked, and took, when both sides were compared. */
  readonly caughtUp: number;
  /** What was accepted here and is not acknowledged there; since when, seconds. */
  readonly behind: { readonly reports: number; readonly seconds: number };
}

/** How the other side is spoken to; `unknown` before it has answered. */
export type Mode = 'unknown' | 'batches' | 'singles';
