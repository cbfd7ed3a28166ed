import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import { AlertGroup } from './alert-group.js';
import type { Alert } from './alert.js';
import { alertKey, ended } from './alert.js';
import { postableAlerts } from './alertmanager-receiver.js';
import type { AlertsConfig } from './alerts-config.js';
import { sendersTo } from './build-alerts.js';
import type { Sender } from './sender.js';
import { webhookBody } from './webhook-body.js';

export interface AlertTestOptions {
  readonly config: AlertsConfig;
  /** The aggregator in whose name it is sent. */
  readonly aggregator: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a receiver made of it. */
export interface AlertTestResult {
  readonly receiver: string;
  /** Null: it took the alert. */
  readonly problem: string | null;
}

/** After this time an Alertmanager takes it for over, milliseconds; its first notice may take half a minute. */
const LASTS_MS = 60_000;

/**
 * Sends one alert that means nothing to every receiver, once. Webhooks are told at once that it is over; an
 * Alertmanager finds that out by itself. Throws CREDENTIALS_INVALID.
 */
export async function sendTestAlert(options: AlertTestOptions): Promise<readonly AlertTestResult[]> {
  const { config, aggregator, clock } = options;
  const nowMs = clock.now();
  const alert = testAlert(config, aggregator, nowMs);
  const results: AlertTestResult[] = [];
  const deliver = async (sender: Sender, bodies: readonly string[]): Promise<void> => {
    let problem: string | null = null;
    for (const body of bodies) {
      const result = await sender.send(body);
      if (result.kind !== 'taken') problem ??= result.reason;
    }
    sender.close();
    results.push({ receiver: sender.name, problem });
  };
  for (const sender of sendersTo(config.alertmanagers, 'alertmanager', options)) {
    await deliver(sender, [postableAlerts([alert], nowMs + LASTS_MS)]);
  }
  for (const sender of sendersTo(config.webhooks, 'webhook', options)) {
    const group = new AlertGroup({ system: 'hview' }, config.grouping, nowMs);
    const { pageUrl } = config;
    const told = { group, reason: 'first', aggregator, pageUrl, sentAtMs: nowMs } as const;
    await deliver(
      sender,
      [alert, ended(alert, nowMs)].map((state) => webhookBody({ ...told, alerts: [state] })),
    );
  }
  return results;
}

function testAlert({ labels: own, pageUrl }: AlertsConfig, aggregator: string, nowMs: number): Alert {
  const labels = {
    ...own,
    alertname: 'HviewTest',
    severity: 'warning',
    subject: 'test@hview',
    system: 'hview',
  };
  return {
    key: alertKey(labels),
    labels,
    annotations: { summary: 'A test: nothing is wrong.', aggregator },
    startsAtMs: nowMs,
    endsAtMs: null,
    url: pageUrl,
  };
}
