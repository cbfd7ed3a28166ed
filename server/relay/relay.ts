import type { Report } from '../../protocol/model.js';
import type { PeerLink } from './peer-link.js';

/** Passes on what is reported here to every peer that wants it, all at the same time. */
export class Relay {
  /** Key: the peer's id; this aggregator itself is not among them. */
  constructor(private readonly links: ReadonlyMap<string, PeerLink>) {}

  /** A report of a local observer. What peers told us is never passed on, so nothing goes in circles. */
  propagate(report: Report): void {
    for (const link of this.links.values()) link.relay(report);
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

  close(): void {
    for (const link of this.links.values()) link.close();
  }
}
