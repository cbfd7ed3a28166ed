import type { Intake, LearnKind, LearnRequest } from '../../protocol/health-service.js';
import type { Peer, Report } from '../../protocol/model.js';
import { Backoff } from '../../runtime/backoff.js';
import type { Clock, Timer } from '../../runtime/clock.js';
import type { ErrorCode } from '../../runtime/errors.js';
import { HviewError } from '../../runtime/errors.js';
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
  /** The peer (no longer) wants reports about the subject: for whoever remembers it. */
  readonly onInterest?: (subject: string, isInterested: boolean) => void;
}

/** Messages to a peer since the start; sent again counts again. */
export interface PeerLinkCounts {
  readonly sent: number;
  /** Answered, whether the peer took the report or not. */
  readonly acknowledged: number;
  /** Of these, those that it took no interest in. */
  readonly ignored: number;
  /** Given up: the queue was full, or the peer refused. */
  readonly dropped: number;
  readonly waiting: number;
}

/** `up`: messages flow; `down`: the peer does not answer, one attempt after each pause. */
type LinkState = 'up' | 'down';

interface Message {
  readonly kind: LearnKind;
  readonly report: Report;
  /** Counted up in the order of the reports. */
  readonly sequence: number;
  /** How often the peer answered it with an error. */
  failures: number;
}

/** Calls to one peer under way at once. */
const IN_FLIGHT = 32;

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 10_000;

/** Nothing gets through just now; a missing permission is for somebody to give. */
export const AWAY: ReadonlySet<ErrorCode> = new Set([
  'UNREACHABLE',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'TIMEOUT',
  'OVERLOADED',
]);

/** A peer that is there but fails gets a message this often, so that no message stops those behind it. */
export const MAX_FAILURES = 3;

/**
 * The way to one peer that knows idl only: a bounded queue of its own, so that a slow or dead peer delays nobody else, and
 * trying again until it answers. Keeps what the peer is not interested in.
 */
export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #queue: Message[] = [];
  readonly #ignored = new Set<string>();
  readonly #backoff: Backoff;
  #state: LinkState = 'up';
  #sequence = 0;
  #inFlight = 0;
  #dropped = 0;
  #sent = 0;
  #acknowledged = 0;
  #ignoredReports = 0;
  #retry: Timer | null = null;
  #isClosed = false;
  #drained: (() => void)[] = [];

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, random: options.random });
  }

  get counts(): PeerLinkCounts {
    return {
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      ignored: this.#ignoredReports,
      dropped: this.#dropped,
      waiting: this.#queue.length + this.#inFlight,
    };
  }

  /** The peer wants reports about the subject (again). */
  interested(subject: string): void {
    if (this.#ignored.delete(subject)) this.#options.onInterest?.(subject, true);
  }

  /** The peer wants no more reports about the subject. */
  uninterested(subject: string): void {
    if (this.#ignored.has(subject)) return;
    this.#ignored.add(subject);
    this.#options.onInterest?.(subject, false);
  }

  /** As it was before a restart. */
  restoreUninterested(subject: string): void {
    this.#ignored.add(subject);
  }

  wants(subject: string): boolean {
    return !this.#ignored.has(subject);
  }

  relay(report: Report): void {
    if (!this.#ignored.has(report.subject)) this.#enqueue('normal', report);
  }

  /** Tells the peer that we (no longer) want reports about the subject. */
  subscribe(kind: 'subscription' | 'unsubscription', subject: string): void {
    const observation = { time: { seconds: 0, nanos: 0 }, metrics: [] };
    this.#enqueue(kind, { observer: this.#options.self.id, subject, observation });
  }

  /** Resolves when nothing waits any more, or at once when the peer does not answer. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained.push(resolve);
      this.#noteDrained();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#queue.length = 0;
    this.#noteDrained();
  }

  #enqueue(kind: LearnKind, report: Report): void {
    if (this.#isClosed) return;
    this.#sequence += 1;
    this.#queue.push({ kind, report, sequence: this.#sequence, failures: 0 });
    if (this.#queue.length > this.#options.queueLength) this.#dropOldest();
    this.#pump();
  }

  /** Subscriptions are few and are never repeated, so a report goes first. */
  #dropOldest(): void {
    const index = this.#queue.findIndex(({ kind }) => kind === 'normal');
    this.#queue.splice(Math.max(index, 0), 1);
    this.#noteDropped('reports for a peer were dropped, its queue is full', {});
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
    const { kind, report } = message;
    this.#sent += 1;
    try {
      const intake = await service.learnReport({ kind, report, source: self });
      this.#acknowledged += 1;
      if (kind === 'normal' && intake === 'ignored') {
        this.#ignoredReports += 1;
        this.uninterested(report.subject);
      }
      this.#answered();
    } catch (error) {
      this.#failed(message, HviewError.from(error));
    }
    this.#inFlight -= 1;
    this.#pump();
    this.#noteDrained();
  }

  #answered(): void {
    if (this.#state === 'up') return;
    this.#state = 'up';
    this.#backoff.reset();
    this.#options.logger.info('a peer answers again', { peer: this.#options.peer.id, ...this.counts });
  }

  #failed(message: Message, error: HviewError): void {
    if (this.#isClosed) return;
    const isAway = AWAY.has(error.code);
    if (!isAway) message.failures += 1;
    if (error.code === 'REQUEST_INVALID' || message.failures >= MAX_FAILURES) {
      // It answers, only not to this one.
      this.#answered();
      const { observer, subject } = message.report;
      this.#noteDropped('a peer refuses a message', { observer, subject, reason: error.message });
      return;
    }
    // Back to its place, so that the order holds once the peer answers again.
    const place = this.#queue.findIndex(({ sequence }) => sequence > message.sequence);
    this.#queue.splice(place === -1 ? this.#queue.length : place, 0, message);
    this.#noteDown(error);
    this.#retry ??= this.#options.clock.after(
      this.#backoff.next(),
      () => {
        this.#retry = null;
        this.#pump();
      },
      { unref: true },
    );
  }

  #noteDown(error: HviewError): void {
    if (this.#state === 'down') return;
    this.#state = 'down';
    const { logger, peer } = this.#options;
    logger.warn('a peer does not answer, trying again until it does', {
      peer: peer.id,
      address: peer.address,
      reason: error.message,
    });
  }

  #noteDropped(message: string, fields: Readonly<Record<string, string>>): void {
    this.#dropped += 1;
    if (this.#dropped !== 1 && this.#dropped % 1000 !== 0) return;
    this.#options.logger.warn(message, {
      peer: this.#options.peer.id,
      dropped: this.#dropped,
      ...fields,
    });
  }

  #noteDrained(): void {
    const isBusy = this.#queue.length > 0 || this.#inFlight > 0;
    if (isBusy && this.#state === 'up' && !this.#isClosed) return;
    for (const resume of this.#drained.splice(0)) resume();
  }
}
