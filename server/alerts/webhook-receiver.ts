import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import type { GroupReason, Grouping } from './alert-group.js';
import { AlertGroup } from './alert-group.js';
import type { Alert } from './alert.js';
import { alertKey } from './alert.js';
import type { Parcel } from './delivery.js';
import { Delivery } from './delivery.js';
import type { AlertReceiver, ReceiverCounts } from './receiver.js';
import { MAX_KEPT_ALERTS } from './receiver.js';
import type { Sender } from './sender.js';
import { webhookBody } from './webhook-body.js';

export interface WebhookOptions {
  readonly sender: Sender;
  readonly grouping: Grouping;
  /** Names of the labels that the alerts of a group have in common. */
  readonly groupBy: readonly string[];
  /** This aggregator's name. */
  readonly aggregator: string;
  /** Of the aggregator's page; may be empty. */
  readonly pageUrl: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** How long a group rests that was refused, milliseconds. */
const REFUSED_PAUSE_MS = 300_000;

/** How long it is tried to tell that an alert is over, milliseconds. */
const OVER_KEPT_MS = 24 * 60 * 60 * 1000;

/** One webhook: is told of groups, in one request each. */
export class WebhookReceiver implements AlertReceiver {
  readonly #options: WebhookOptions;
  readonly #delivery: Delivery;
  /** By their labels' key. */
  readonly #groups = new Map<string, AlertGroup>();
  /** Which group an alert is in, by the alert's key. */
  readonly #groupOf = new Map<string, AlertGroup>();
  #dropped = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#delivery = new Delivery({ ...options, next: () => this.#next() });
  }

  get name(): string {
    return this.#options.sender.name;
  }

  tell(alert: Alert): void {
    const known = this.#groupOf.get(alert.key);
    // Most often one that was never told here.
    if (known === undefined && alert.endsAtMs !== null) return;
    const group = known ?? this.#join(alert);
    group?.set(alert);
    if (group?.has(alert.key) === false) this.#groupOf.delete(alert.key);
  }

  restore(alert: Alert): void {
    this.#join(alert)?.restore(alert);
  }

  owes(key: string): boolean {
    return this.#groupOf.has(key);
  }

  look(): void {
    const tooOldMs = this.#options.clock.now() - OVER_KEPT_MS;
    for (const [labels, group] of this.#groups) {
      for (const { key, endsAtMs } of group.alerts) {
        if (endsAtMs === null || endsAtMs > tooOldMs) continue;
        group.delete(key);
        this.#groupOf.delete(key);
        this.#dropped += 1;
      }
      if (group.size === 0) this.#groups.delete(labels);
    }
    this.#delivery.wake();
  }

  counts(): ReceiverCounts {
    const { sent, failed } = this.#delivery;
    let waiting = 0;
    for (const group of this.#groups.values()) waiting += group.news;
    return { kind: 'webhook', sent, failed, dropped: this.#dropped, waiting };
  }

  close(): void {
    this.#delivery.close();
  }

  /** The group of an alert that is in none yet; undefined when there is no room. */
  #join(alert: Alert): AlertGroup | undefined {
    if (this.#groupOf.size >= MAX_KEPT_ALERTS) {
      this.#dropped += 1;
      return undefined;
    }
    const { groupBy, grouping, clock } = this.#options;
    const labels: Record<string, string> = {};
    for (const name of groupBy) {
      const value = alert.labels[name];
      if (value !== undefined) labels[name] = value;
    }
    const key = alertKey(labels);
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = new AlertGroup(labels, grouping, clock.now())));
    this.#groupOf.set(alert.key, group);
    return group;
  }

  #next(): Parcel | null {
    const { clock } = this.#options;
    for (const [key, group] of this.#groups) {
      const reason = group.reasonToTell(clock.now());
      if (reason === null) continue;
      // The next time the others come first.
      this.#groups.delete(key);
      this.#groups.set(key, group);
      return this.#parcel(group, reason);
    }
    return null;
  }

  #parcel(group: AlertGroup, reason: GroupReason): Parcel {
    const { clock, aggregator, pageUrl } = this.#options;
    const alerts = group.attempt();
    const settle = (): void => {
      group.told(alerts, clock.now());
      for (const { key } of alerts) if (!group.has(key)) this.#groupOf.delete(key);
      const labels = alertKey(group.labels);
      if (group.size === 0 && this.#groups.get(labels) === group) this.#groups.delete(labels);
    };
    return {
      body: webhookBody({ group, alerts, reason, aggregator, pageUrl, sentAtMs: clock.now() }),
      alerts: alerts.length,
      onTaken: settle,
      // Somebody may have to mend something; the other groups need not wait for that.
      onRefused: () => group.postpone(clock.now() + REFUSED_PAUSE_MS),
    };
  }
}
