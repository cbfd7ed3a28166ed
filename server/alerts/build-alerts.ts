import type { Verdicts } from '../../protocol/verdict.js';
import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import type { Alert } from './alert.js';
import { AlertmanagerReceiver } from './alertmanager-receiver.js';
import type { AlertsConfig, ReceiverConfig } from './alerts-config.js';
import type { AlertMemory } from './alerts.js';
import { Alerts } from './alerts.js';
import { HttpSender } from './http-sender.js';
import { WebhookReceiver } from './webhook-receiver.js';

export interface BuildAlertsOptions {
  readonly config: AlertsConfig;
  /** This aggregator's name. */
  readonly aggregator: string;
  /** Where the aggregator itself shows its page; empty: nowhere. */
  readonly pageUrl: string;
  readonly verdicts: Verdicts;
  readonly memory: AlertMemory;
  readonly remembered: readonly Alert[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Alerts with the receivers that the configuration names. Throws CREDENTIALS_INVALID. */
export function buildAlerts(options: BuildAlertsOptions): Alerts {
  const { config, aggregator, verdicts, memory, remembered, clock, random, logger } = options;
  const pageUrl = config.pageUrl === '' ? options.pageUrl : config.pageUrl;
  const common = { clock, random, logger };
  const { damping, resendMs, grouping, groupBy } = config;
  const restartMs = Math.max(damping.forMs, damping.keepForMs);
  return new Alerts({
    verdicts,
    setting: { aggregator, labels: config.labels, pageUrl },
    unit: config.unit,
    minStatus: config.minStatus,
    damping,
    resendMs,
    receivers: [
      ...sendersTo(config.alertmanagers, 'alertmanager', options).map(
        (sender) => new AlertmanagerReceiver({ sender, resendMs, restartMs, ...common }),
      ),
      ...sendersTo(config.webhooks, 'webhook', options).map(
        (sender) => new WebhookReceiver({ sender, grouping, groupBy, aggregator, pageUrl, ...common }),
      ),
    ],
    memory,
    remembered,
    clock,
    logger,
  });
}

/** Named by kind and host alone, as a webhook's path or query is often its secret; a second one is numbered. */
export function sendersTo(
  receivers: readonly ReceiverConfig[],
  kind: 'alertmanager' | 'webhook',
  { config, clock, logger }: Pick<BuildAlertsOptions, 'config' | 'clock' | 'logger'>,
): HttpSender[] {
  const taken = new Map<string, number>();
  return receivers.map((receiver) => {
    const { host } = receiver.url;
    const count = (taken.get(host) ?? 0) + 1;
    taken.set(host, count);
    const name = `${kind} ${host}${count === 1 ? '' : ` (${count})`}`;
    return new HttpSender({ name, receiver, deadlineMs: config.deadlineMs, clock, logger });
  });
}
