import type { ClientSecurity } from '../../protocol/client-security.js';
import { HealthClient } from '../../protocol/health-client.js';
import type { Peer } from '../../protocol/model.js';
import { timestampFromMillis } from '../../protocol/model.js';
import type { Clock } from '../../runtime/clock.js';
import { every } from '../../runtime/clock.js';
import { describeError } from '../../runtime/errors.js';
import type { Lifecycle } from '../../runtime/lifecycle.js';
import type { Logger } from '../../runtime/logger.js';
import type { StandingViews } from './catch-up.js';
import { PeerRoute } from './peer-route.js';
import { POSITION, Positions } from './positions.js';
import type { RelayLogLimits } from './relay-log.js';
import { RelayLog } from './relay-log.js';
import { Relay } from './relay.js';

export interface MeshOptions {
  readonly self: Peer;
  /** All aggregators of the group, this one among them or not: id → host:port. */
  readonly peers: ReadonlyMap<string, string>;
  readonly security: ClientSecurity;
  readonly views: StandingViews;
  readonly logLimits?: RelayLogLimits;
  /** Keeps what is to be known after a restart; null: to be forgotten. */
  readonly save: (peerId: string, name: string, value: string | null) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Messages that may wait for a peer that knows idl only; about a minute of a busy system. */
const QUEUE_LENGTH = 10_000;

/** How long a peer may take for one message, milliseconds. */
const DEADLINE_MS = 3000;

/** Longest pause between two attempts to connect: what a healed network may be noticed later by. */
const RECONNECT_MS = 2000;

/** How often it is saved up to where the peers' reports are here. */
const POSITIONS_MS = 5000;

/** Before the subject: the name under which it is kept that a peer wants nothing about it. */
const UNINTERESTED = 'uninterested ';

/** The peers of an aggregator: connections, the log that they share, and what is remembered of them. */
export class Mesh {
  /** Of this start, among all starts of all aggregators. */
  readonly run: string;
  readonly relay: Relay;
  readonly positions: Positions;
  readonly #options: MeshOptions;
  readonly #clients = new Map<string, HealthClient>();

  constructor(options: MeshOptions) {
    const { self, clock, random, save } = options;
    this.#options = options;
    this.run = clock.now().toString(36) + Math.floor(random() * 36 ** 6).toString(36);
    const others = [...options.peers].filter(([id]) => id !== self.id);
    this.positions = new Positions(new Set(others.map(([id]) => id)), save);
    const log = new RelayLog(options.logLimits);
    const routes = new Map(others.map(([id, address]) => [id, this.#route({ id, address }, log)]));
    this.relay = new Relay({ routes, log, clock, random, run: this.run });
  }

  /** What was given to `save` before a restart. */
  restore(peerId: string, name: string, value: string): void {
    if (name === POSITION) this.positions.restore(peerId, value);
    else if (name.startsWith(UNINTERESTED))
      this.relay.restoreUninterested(peerId, name.slice(UNINTERESTED.length));
  }

  /** Closes the connections at the end, whatever was started. */
  connect(lifecycle: Lifecycle): void {
    for (const [id, client] of this.#clients)
      lifecycle.onStop(`the connection to ${id}`, () => client.close());
  }

  /** Begins to speak to the peers, and lets the logs of both sides tell that they know each other. */
  start(lifecycle: Lifecycle): void {
    const { clock, logger, self } = this.#options;
    this.relay.start();
    const saving = every(clock, POSITIONS_MS, () => this.positions.saveChanged());
    lifecycle.onStop('the positions of peers', () => {
      saving.cancel();
      this.positions.saveChanged();
    });
    for (const [peer, client] of this.#clients) {
      const address = client.target;
      client.ping(self, timestampFromMillis(clock.now())).then(
        () => logger.info('a peer answers', { peer, address }),
        (error: unknown) => {
          logger.info('a peer does not answer yet', { peer, address, reason: describeError(error) });
        },
      );
    }
  }

  #route(peer: Peer, log: RelayLog): PeerRoute {
    const { self, clock, random, logger, views, security, save } = this.#options;
    const service = new HealthClient({
      target: peer.address,
      deadlineMs: DEADLINE_MS,
      maxReconnectMs: RECONNECT_MS,
      security,
    });
    this.#clients.set(peer.id, service);
    const onInterest = (subject: string, isInterested: boolean): void =>
      save(peer.id, `${UNINTERESTED}${subject}`, isInterested ? null : '');
    return new PeerRoute({
      peer,
      self,
      service,
      clock,
      random,
      logger,
      queueLength: QUEUE_LENGTH,
      onInterest,
      log,
      views,
      run: this.run,
      epoch: this.run,
    });
  }
}
