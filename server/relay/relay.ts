import type { TakenEntry } from '../../protocol/batch-service.js';
import type { Clock, Timer } from '../../runtime/clock.js';
import { every, sleep } from '../../runtime/clock.js';
import type { PeerCounts } from './peer-counts.js';
import type { PeerRoute } from './peer-route.js';
import type { RelayLog } from './relay-log.js';

export interface RelayOptions {
  /** Key: the peer's id; this aggregator itself is not among them. */
  readonly routes: ReadonlyMap<string, PeerRoute>;
  readonly log: RelayLog;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Of this start of the aggregator. */
  readonly run: string;
}

/**
 * How often all that stands here is compared with one peer, picked at random. What a peer lacks although
 * nobody was cut off from it, such as the last words of an aggregator that is gone for good, spreads
 * so; the cost does not depend on the number of peers.
 */
const COMPARE_MS = 10_000;

/** Passes on what is reported here to every peer that wants it, all at the same time. */
export class Relay {
  readonly #options: RelayOptions;
  #comparing: Timer | null = null;
  #named = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  get isAlone(): boolean {
    return this.#options.routes.size === 0;
  }

  /** Begins to speak to the peers. */
  start(): void {
    const { routes, clock, random } = this.#options;
    if (this.isAlone) return;
    for (const route of routes.values()) route.start();
    const all = [...routes.values()];
    this.#comparing = every(clock, COMPARE_MS, () => all[Math.floor(random() * all.length)]?.compare());
  }

  /** An id for a report that came without one, so that no peer takes it twice. */
  nextId(): string {
    this.#named += 1;
    return `~${this.#options.run}.${this.#named.toString(36)}`;
  }

  /** Reports of local observers. What peers told us is never passed on, so nothing goes in circles. */
  propagate(entries: readonly TakenEntry[]): void {
    const { routes, log, clock } = this.#options;
    if (this.isAlone) return;
    const nowMs = clock.monotonic();
    for (const entry of entries) log.add(entry, nowMs);
    for (const route of routes.values()) route.logged();
  }

  /** Key: the peer's id. */
  counts(): Record<string, PeerCounts> {
    return Object.fromEntries([...this.#options.routes].map(([id, route]) => [id, route.counts]));
  }

  subscribe(subject: string): void {
    for (const route of this.#options.routes.values()) route.subscribe('subscription', subject);
  }

  unsubscribe(subject: string): void {
    for (const route of this.#options.routes.values()) route.subscribe('unsubscription', subject);
  }

  /** A peer that we may not know calls, in this run of it. */
  greeted(peerId: string, run: string): void {
    this.#options.routes.get(peerId)?.greeted(run);
  }

  /** A peer that we may not know says that it wants reports about the subject. */
  interested(peerId: string, subject: string): void {
    this.#options.routes.get(peerId)?.interested(subject);
  }

  uninterested(peerId: string, subject: string): void {
    this.#options.routes.get(peerId)?.uninterested(subject);
  }

  /** What was so before a restart. */
  restoreUninterested(peerId: string, subject: string): void {
    this.#options.routes.get(peerId)?.restoreUninterested(subject);
  }

  /** Lets peers that answer have what is on its way to them, for `limitMs` at most, and sends no more. */
  async close(clock: Clock, limitMs: number): Promise<void> {
    this.#comparing?.cancel();
    const all = [...this.#options.routes.values()];
    const drained = new AbortController();
    void Promise.all(all.map((route) => route.drained())).then(() => drained.abort());
    await sleep(clock, limitMs, drained.signal);
    for (const route of all) route.close();
  }
}
