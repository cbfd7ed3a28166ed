import type { Alert } from './alert.js';

/** When a group is told of. Milliseconds. */
export interface Grouping {
  /** From its first alert on, so that those that come with it are told with it. */
  readonly waitMs: number;
  /** Between one telling and the next, when something is new. */
  readonly intervalMs: number;
  /** Until it is told again although nothing is new. */
  readonly repeatMs: number;
}

/** Why a group is told of. */
export type GroupReason = 'first' | 'changed' | 'repeated';

/** Alerts that are told together, as Alertmanager's groups are. */
export class AlertGroup {
  /** The newest state of each, by key; one that is over stays until that was told. */
  readonly #alerts = new Map<string, Alert>();
  /** Keys of those of which the receiver knows that they stand. */
  readonly #told = new Set<string>();
  /** Keys of those of which it may know: whether a request arrived that failed, nobody can say. */
  readonly #attempted = new Set<string>();
  #dueMs: number;
  #lastToldMs: number | null = null;

  constructor(
    readonly labels: Readonly<Record<string, string>>,
    private readonly grouping: Grouping,
    nowMs: number,
  ) {
    this.#dueMs = nowMs + grouping.waitMs;
  }

  get alerts(): readonly Alert[] {
    return [...this.#alerts.values()];
  }

  get size(): number {
    return this.#alerts.size;
  }

  /** How many of them the receiver has to hear of. */
  get news(): number {
    let news = 0;
    for (const alert of this.#alerts.values()) if (this.#isNews(alert)) news += 1;
    return news;
  }

  has(key: string): boolean {
    return this.#alerts.has(key);
  }

  set(alert: Alert): void {
    // What was never told and is over is nobody's business.
    if (alert.endsAtMs !== null && !this.#attempted.has(alert.key)) this.#alerts.delete(alert.key);
    else this.#alerts.set(alert.key, alert);
  }

  /** As `set`, for one that was told before a restart. */
  restore(alert: Alert): void {
    this.#told.add(alert.key);
    this.#attempted.add(alert.key);
    this.#alerts.set(alert.key, alert);
  }

  delete(key: string): void {
    this.#alerts.delete(key);
    this.#told.delete(key);
    this.#attempted.delete(key);
  }

  /** Null: there is nothing to tell now. */
  reasonToTell(nowMs: number): GroupReason | null {
    if (nowMs < this.#dueMs || this.#alerts.size === 0) return null;
    if (this.#lastToldMs === null) return 'first';
    if (this.news > 0) return 'changed';
    return nowMs - this.#lastToldMs >= this.grouping.repeatMs ? 'repeated' : null;
  }

  /** All there is to tell, for one attempt. */
  attempt(): readonly Alert[] {
    for (const { key, endsAtMs } of this.#alerts.values()) if (endsAtMs === null) this.#attempted.add(key);
    return this.alerts;
  }

  /** The receiver has heard of these states. */
  told(alerts: readonly Alert[], nowMs: number): void {
    for (const alert of alerts) {
      if (alert.endsAtMs === null) this.#told.add(alert.key);
      else if (this.#alerts.get(alert.key) === alert) this.delete(alert.key);
      // It stands again since the request was made: that is news.
      else this.#told.delete(alert.key);
    }
    this.#lastToldMs = nowMs;
    this.#dueMs = nowMs + this.grouping.intervalMs;
  }

  /** Not to be told before then. */
  postpone(untilMs: number): void {
    this.#dueMs = untilMs;
  }

  #isNews({ key, endsAtMs }: Alert): boolean {
    return endsAtMs !== null || !this.#told.has(key);
  }
}
