import type { Intake, LearnKind, LearnRequest } from '../../protocol/health-service.js';
import type { Peer, Report } from '../../protocol/model.js';
import { Backoff } from '../../runtime/backoff.js';
import type { Clock, Timer } from '../../runtime/clock.js';
import { describeError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';

/** What is asked of a peer. */
export interface PeerService {
  learnReport(request: LearnRequest): Promise<Intake>;
}

export interface PeerLinkOptions {
  readonly peer: Peer;
  readonly self: Peer;
  readonly service: PeerService;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Messages that may wait for the peer; the oldest report gives way to the newest. */
  readonly queueLength: number;
}

/** `up`: messages flow; `down`: the peer does not answer, one attempt after each pause. */
type LinkState = 'up' | 'down';

interface Message {
  readonly kind: LearnKind;
  readonly report: Report;
}

/** Calls to one peer under way at once. */
const IN_FLIGHT = 32;

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 10_000;

/**
 * The way to one peer: a bounded queue of its own, so that a slow or dead peer delays nobody else, and
 * trying again until it answers. Keeps what the peer is not interested in.
 */
export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #queue: Message[] = [];
  readonly #ignored = new Set<string>();
  readonly #backoff: Backoff;
  #state: LinkState = 'up';
  #inFlight = 0;
  #dropped = 0;
  #retry: Timer | null = null;
  #isClosed = false;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, random: options.random });
  }

  get counts(): { readonly waiting: number; readonly dropped: number } {
    return { waiting: this.#queue.length + this.#inFlight, dropped: this.#dropped };
  }

  /** The peer wants reports about the subject (again). */
  interested(subject: string): void {
    this.#ignored.delete(subject);
  }

  /** The peer wants no more reports about the subject. */
  uninterested(subject: string): void {
    this.#ignored.add(subject);
  }

  relay(report: Report): void {
    if (!this.#ignored.has(report.subject)) this.#enqueue({ kind: 'normal', report });
  }

  /** Tells the peer that we (no longer) want reports about the subject. */
  subscribe(kind: 'subscription' | 'unsubscription', subject: string): void {
    const observation = { time: { seconds: 0, nanos: 0 }, metrics: [] };
    this.#enqueue({ kind, report: { observer: this.#options.self.id, subject, observation } });
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#queue.length = 0;
  }

  #enqueue(message: Message): void {
    if (this.#isClosed) return;
    this.#queue.push(message);
    if (this.#queue.length > this.#options.queueLength) this.#dropOldest();
    this.#pump();
  }

  /** Subscriptions are few and are never repeated, so a report goes first. */
  #dropOldest(): void {
    const index = this.#queue.findIndex(({ kind }) => kind === 'normal');
    this.#queue.splice(Math.max(index, 0), 1);
    this.#dropped += 1;
    if (this.#dropped === 1 || this.#dropped % 1000 === 0) {
      this.#options.logger.warn('reports for a peer were dropped, its queue is full', {
        peer: this.#options.peer.id,
        dropped: this.#dropped,
      });
    }
  }

  #pump(): void {
    const limit = this.#state === 'up' ? IN_FLIGHT : this.#retry === null ? 1 : 0;
    while (!this.#isClosed && this.#inFlight < limit) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      if (message.kind === 'normal' && this.#ignored.has(message.report.subject)) continue;
      this.#inFlight += 1;
      void this.#send(message);
    }
  }

  async #send(message: Message): Promise<void> {
    const { service, self } = this.#options;
    try {
      const intake = await service.learnReport({ ...message, source: self });
      if (message.kind === 'normal' && intake === 'ignored') this.uninterested(message.report.subject);
      this.#answered();
    } catch (error) {
      // Back to the front, so that the order holds once the peer answers again.
      this.#queue.unshift(message);
      this.#failed(error);
    }
    this.#inFlight -= 1;
    this.#pump();
  }

  #answered(): void {
    if (this.#state === 'up') return;
    this.#state = 'up';
    this.#backoff.reset();
    this.#options.logger.info('a peer answers again', { peer: this.#options.peer.id, ...this.counts });
  }

  #failed(error: unknown): void {
    const { logger, peer, clock } = this.#options;
    if (this.#isClosed) return;
    if (this.#state === 'up') {
      this.#state = 'down';
      logger.warn('a peer does not answer, trying again until it does', {
        peer: peer.id,
        address: peer.address,
        reason: describeError(error),
      });
    }
    this.#retry ??= clock.after(
      this.#backoff.next(),
      () => {
        this.#retry = null;
        this.#pump();
      },
      { unref: true },
    );
  }
}
