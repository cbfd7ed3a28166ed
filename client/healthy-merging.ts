import type { Clock, Timer } from '../runtime/clock.js';
import { Status } from '../protocol/model.js';
import type { Statement } from './statement.js';
import { keyOf } from './statement.js';

export interface HealthyMergingOptions {
  /** Of one subject and metric, at most one HEALTHY in this time goes out, milliseconds; 0: all do. */
  readonly periodMs: number;
  /** Subjects with metrics that are merged at a time; what is beyond them goes out unmerged. */
  readonly capacity: number;
  /** Takes the mean of what was merged, when its period ends. */
  readonly send: (statement: Statement) => void;
  readonly clock: Clock;
}

/** What was merged of one subject and metric since the last HEALTHY that went out. */
interface Period {
  readonly endMs: number;
  count: number;
  sum: number;
  last: Statement | null;
}

/**
 * Merges repeated HEALTHY statements on a subject and metric: the first goes out at once and begins a
 * period; those within the period go out at its end as one, with their mean score and the time of the
 * last, and that begins the next period. Without any the period ends quietly.
 */
export class HealthyMerging {
  readonly #options: HealthyMergingOptions;
  /** All periods have the same length, so they stand in the order of their ends. */
  readonly #periods = new Map<string, Period>();
  #timer: Timer | null = null;

  constructor(options: HealthyMergingOptions) {
    this.#options = options;
  }

  /** Statements that wait for the end of their period. */
  get waiting(): number {
    let waiting = 0;
    for (const { count } of this.#periods.values()) waiting += count;
    return waiting;
  }

  /** Whether the HEALTHY statement was merged; else it is to be sent now. */
  merges(statement: Statement): boolean {
    const key = keyOf(statement.subject, statement.metric);
    const period = this.#periods.get(key);
    if (period === undefined) {
      this.#begin(key);
      this.#schedule();
      return false;
    }
    period.count += 1;
    period.sum += statement.score;
    period.last = statement;
    return true;
  }

  /** Another status is said: what was merged is out of date, and the next HEALTHY goes out at once. */
  end(subject: string, metric: string): void {
    this.#periods.delete(keyOf(subject, metric));
  }

  /** Ends all periods now, sends what was merged in them. */
  flush(): void {
    const periods = [...this.#periods.values()];
    this.#periods.clear();
    this.#timer?.cancel();
    this.#timer = null;
    for (const period of periods) this.#send(period);
  }

  #begin(key: string): void {
    const { periodMs, capacity, clock } = this.#options;
    if (periodMs <= 0 || this.#periods.size >= capacity) return;
    this.#periods.set(key, { endMs: clock.monotonic() + periodMs, count: 0, sum: 0, last: null });
  }

  /** Waits for the end of the first period, if nobody does yet. */
  #schedule(): void {
    const { clock } = this.#options;
    const [first] = this.#periods.values();
    if (first === undefined || this.#timer !== null) return;
    const delayMs = Math.max(1, first.endMs - clock.monotonic());
    this.#timer = clock.after(delayMs, () => this.#endDue(), { unref: true });
  }

  #endDue(): void {
    this.#timer = null;
    const nowMs = this.#options.clock.monotonic();
    for (const [key, period] of this.#periods) {
      // A timer may be a fraction of a millisecond early.
      if (period.endMs > nowMs + 1) break;
      this.#periods.delete(key);
      if (period.count > 0) this.#begin(key);
      this.#send(period);
    }
    this.#schedule();
  }

  #send({ count, sum, last }: Period): void {
    if (last !== null) this.#options.send({ ...last, status: Status.HEALTHY, score: sum / count });
  }
}
