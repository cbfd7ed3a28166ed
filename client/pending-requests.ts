import type { Clock, Timer } from '../runtime/clock.js';
import type { RequestId } from './health-reporter.js';

/** What a request was sent for. */
export interface PendingRequest {
  readonly subject: string;
  readonly metric: string;
  /** Of the PENDING that is reported when the request is overdue. */
  readonly score: number;
}

export interface PendingRequestsOptions {
  /** Requests that are watched at a time. */
  readonly capacity: number;
  readonly onOverdue: (request: PendingRequest) => void;
  readonly clock: Clock;
}

interface OpenRequest extends PendingRequest {
  readonly timer: Timer;
}

/**
 * Requests that were sent and not answered yet. Each that is not settled in its time is overdue, which is
 * told once; it is remembered, so that a late answer still finds it, until others need its place.
 */
export class PendingRequests {
  readonly #options: PendingRequestsOptions;
  readonly #waiting = new Map<RequestId, OpenRequest>();
  readonly #overdue = new Map<RequestId, PendingRequest>();

  constructor(options: PendingRequestsOptions) {
    this.#options = options;
  }

  /** Within their time. */
  get waiting(): number {
    return this.#waiting.size;
  }

  get overdue(): number {
    return this.#overdue.size;
  }

  /** Watches a request; one of that id that is open begins anew. False: too many are within their time. */
  open(id: RequestId, request: PendingRequest, withinMs: number): boolean {
    this.settle(id);
    const { capacity, clock } = this.#options;
    if (this.#waiting.size + this.#overdue.size >= capacity && !this.#forgetOldest()) return false;
    const timer = clock.after(withinMs, () => this.#expire(id), { unref: true });
    this.#waiting.set(id, { ...request, timer });
    return true;
  }

  /** The request of that id, which is open no more; null when none is. */
  settle(id: RequestId): PendingRequest | null {
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) {
      waiting.timer.cancel();
      this.#waiting.delete(id);
      return waiting;
    }
    const overdue = this.#overdue.get(id);
    this.#overdue.delete(id);
    return overdue ?? null;
  }

  /** Forgets all; none becomes overdue any more. */
  close(): void {
    for (const { timer } of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
    this.#overdue.clear();
  }

  #expire(id: RequestId): void {
    const request = this.#waiting.get(id);
    if (request === undefined) return;
    this.#waiting.delete(id);
    const { subject, metric, score } = request;
    this.#overdue.set(id, { subject, metric, score });
    this.#options.onOverdue(request);
  }

  /** The oldest overdue one: it was told, so all that is lost is that its late answer says nothing. */
  #forgetOldest(): boolean {
    const [oldest] = this.#overdue.keys();
    return oldest !== undefined && this.#overdue.delete(oldest);
  }
}
