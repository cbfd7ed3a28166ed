import { createHash } from 'node:crypto';
import type { AlertGroup, GroupReason } from './alert-group.js';
import type { Alert } from './alert.js';

export interface WebhookMessage {
  readonly group: AlertGroup;
  readonly alerts: readonly Alert[];
  readonly reason: GroupReason;
  readonly aggregator: string;
  readonly pageUrl: string;
  readonly sentAtMs: number;
}

/** Alerts in one message; how many there are besides stands in it. */
const MAX_ALERTS = 500;

/** What Alertmanager writes for the end of an alert that stands. */
const NO_TIME = '0001-01-01T00:00:00Z';

/**
 * The JSON that a webhook is sent: that of Alertmanager's own webhooks, version 4, so that what takes those
 * takes these; `aggregator`, `reason` and `sentAt` are added. Those that stand come first.
 */
export function webhookBody(message: WebhookMessage): string {
  const { group, reason, aggregator, pageUrl, sentAtMs } = message;
  const alerts = [...message.alerts].sort(
    (a, b) => Number(a.endsAtMs !== null) - Number(b.endsAtMs !== null) || a.startsAtMs - b.startsAtMs,
  );
  return JSON.stringify({
    version: '4',
    groupKey: `{}:${braced(group.labels)}`,
    truncatedAlerts: Math.max(0, alerts.length - MAX_ALERTS),
    status: alerts.some(({ endsAtMs }) => endsAtMs === null) ? 'firing' : 'resolved',
    receiver: 'hview',
    groupLabels: group.labels,
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    externalURL: pageUrl,
    aggregator,
    reason,
    sentAt: new Date(sentAtMs).toISOString(),
    alerts: alerts.slice(0, MAX_ALERTS).map(alertJson),
  });
}

function alertJson({ key, labels, annotations, startsAtMs, endsAtMs, url }: Alert): unknown {
  return {
    status: endsAtMs === null ? 'firing' : 'resolved',
    labels,
    annotations,
    startsAt: new Date(startsAtMs).toISOString(),
    endsAt: endsAtMs === null ? NO_TIME : new Date(endsAtMs).toISOString(),
    generatorURL: url,
    fingerprint: createHash('sha256').update(key).digest('hex').slice(0, 16),
  };
}

/** As Alertmanager writes labels: `{system="HDFS"}`. */
function braced(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}

/** What all of them hold alike. */
function common(texts: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...others] = texts;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
  );
}
