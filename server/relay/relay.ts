import type { Report } from '../../protocol/model.js';
import type { Clock } from '../../runtime/clock.js';
import { sleep } from '../../runtime/clock.js';
import type { PeerLink, PeerLinkCounts } from './peer-link.js';

/** Passes on what is reported here to every peer that wants it, all at the same time. */
export class Relay {
  /** Key: the peer's id; this aggregator itself is not among them. */
  constructor(private readonly links: ReadonlyMap<string, PeerLink>) {}

  /** A report of a local observer. What peers told us is never passed on, so nothing goes in circles. */
  propagate(report: Report): void {
    for (const link of this.links.values()) link.relay(report);
  }

  /** Key: the peer's id. */
  counts(): Record<string, PeerLinkCounts> {
    return Object.fromEntries([...this.links].map(([id, link]) => [id, link.counts]));
  }

  subscribe(subject: string): void {
    for (const link of this.links.values()) link.subscribe('subscription', subject);
  }

  unsubscribe(subject: string): void {
    for (const link of this.links.values()) link.subscribe('unsubscription', subject);
  }

  /** A peer that we may not know says that it wants reports about the subject. */
  interested(peerId: string, subject: string): void {
    this.links.get(peerId)?.interested(subject);
  }

  uninterested(peerId: string, subject: string): void {
    this.links.get(peerId)?.uninterested(subject);
  }

  /** What was so before a restart. */
  restoreUninterested(peerId: string, subject: string): void {
    this.links.get(peerId)?.restoreUninterested(subject);
  }

  /** Lets peers that answer have what is on its way to them, for `limitMs` at most, and sends no more. */
  async close(clock: Clock, limitMs: number): Promise<void> {
    const drained = new AbortController();
    void Promise.all([...this.links.values()].map((link) => link.drained())).then(() => drained.abort());
    await sleep(clock, limitMs, drained.signal);
    for (const link of this.links.values()) link.close();
  }
}
