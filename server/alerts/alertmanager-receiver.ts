import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import type { Alert } from './alert.js';
import type { Parcel } from './delivery.js';
import { Delivery } from './delivery.js';
import type { AlertReceiver, ReceiverCounts } from './receiver.js';
import { MAX_KEPT_ALERTS } from './receiver.js';
import type { Sender } from './sender.js';

export interface AlertmanagerOptions {
  /** To the Alertmanager's /api/v2/alerts. */
  readonly sender: Sender;
  /** How often whoever tells of alerts tells of those that stand, milliseconds. */
  readonly resendMs: number;
  /** How long after a restart it may take until an alert is told again, milliseconds. */
  readonly restartMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Alerts in one request. */
const BATCH = 100;

/** This many times it may fail to hear of an alert before it takes it for over. */
const MISSED_RESENDS = 4;

/**
 * One Prometheus Alertmanager. It hears of every alert at once, as grouping is its own business, and again
 * every `resendMs`: each time with the time at which it is to take the alert for over if it hears no more.
 */
export class AlertmanagerReceiver implements AlertReceiver {
  readonly #options: AlertmanagerOptions;
  readonly #delivery: Delivery;
  /** By key, in the order in which they came to wait. */
  readonly #waiting = new Map<string, Alert>();
  #dropped = 0;

  constructor(options: AlertmanagerOptions) {
    this.#options = options;
    this.#delivery = new Delivery({ ...options, next: () => this.#next() });
  }

  get name(): string {
    return this.#options.sender.name;
  }

  tell(alert: Alert): void {
    if (!this.#waiting.has(alert.key) && this.#waiting.size >= MAX_KEPT_ALERTS) {
      // Of one that stands it hears again; one that is over it lets go by itself.
      for (const key of this.#waiting.keys()) {
        this.#waiting.delete(key);
        break;
      }
      this.#dropped += 1;
    }
    this.#waiting.set(alert.key, alert);
    this.#delivery.wake();
  }

  restore(): void {
    // It hears of what stands again and again, and takes the end of what it does not know in good part.
  }

  owes(key: string): boolean {
    return this.#waiting.has(key);
  }

  look(): void {
    const overMs = this.#options.clock.now() - this.#lastsMs();
    for (const [key, { endsAtMs }] of this.#waiting) {
      if (endsAtMs === null || endsAtMs > overMs) continue;
      this.#waiting.delete(key);
      this.#dropped += 1;
    }
    this.#delivery.wake();
  }

  counts(): ReceiverCounts {
    const { sent, failed } = this.#delivery;
    return { kind: 'alertmanager', sent, failed, dropped: this.#dropped, waiting: this.#waiting.size };
  }

  close(): void {
    this.#delivery.close();
  }

  /** Longer than a restart takes until alerts are told again, so that none seems to be over meanwhile. */
  #lastsMs(): number {
    const { resendMs, restartMs } = this.#options;
    return MISSED_RESENDS * resendMs + restartMs;
  }

  #next(): Parcel | null {
    const alerts = [...this.#waiting.values()].slice(0, BATCH);
    if (alerts.length === 0) return null;
    const lastsUntilMs = this.#options.clock.now() + this.#lastsMs();
    const settle = (): void => {
      // What has changed meanwhile waits on.
      for (const alert of alerts) if (this.#waiting.get(alert.key) === alert) this.#waiting.delete(alert.key);
    };
    return {
      body: postableAlerts(alerts, lastsUntilMs),
      alerts: alerts.length,
      onTaken: settle,
      onRefused: () => {
        this.#dropped += alerts.length;
        settle();
      },
    };
  }
}

/**
 * The body of a POST to /api/v2/alerts. `lastsUntilMs`: when Alertmanager is to take those that stand for over
 * if it hears no more of them.
 */
export function postableAlerts(alerts: readonly Alert[], lastsUntilMs: number): string {
  return JSON.stringify(
    alerts.map(({ labels, annotations, startsAtMs, endsAtMs, url }) => ({
      labels,
      annotations,
      startsAt: new Date(startsAtMs).toISOString(),
      endsAt: new Date(endsAtMs ?? lastsUntilMs).toISOString(),
      ...(url === '' ? {} : { generatorURL: url }),
    })),
  );
}
