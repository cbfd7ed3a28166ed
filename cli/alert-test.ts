import { systemClock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import { sendTestAlert } from '../server/alerts/alert-test.js';
import type { AlertsConfig } from '../server/alerts/alerts-config.js';
import { hasReceivers, receiversOf } from '../server/alerts/alerts-config.js';
import type { AggregatorConfig } from '../server/config.js';
import type { ExitCode } from './run.js';

/** What the flags say of who is told; they come before the configuration. Throws USAGE. */
export function alertReceiversOf(values: {
  readonly alertmanager: string;
  readonly webhook: string;
}): Partial<AlertsConfig> {
  const { alertmanager, webhook } = values;
  return {
    ...(alertmanager === '' ? {} : { alertmanagers: receiversOf(alertmanager, 'alertmanager') }),
    ...(webhook === '' ? {} : { webhooks: receiversOf(webhook, 'webhook') }),
  };
}

/** Sends a test to all receivers and prints a line for each; 1 when one of them did not take it. Throws USAGE. */
export async function testAlerts({ alerts, id }: AggregatorConfig, logger: Logger): Promise<ExitCode> {
  if (!hasReceivers(alerts)) {
    throw new HviewError('USAGE', 'nobody is to be told of alerts', {
      hint: 'Give -alertmanager URL or -webhook URL, or name them in the section Alerts of the configuration.',
    });
  }
  const results = await sendTestAlert({ config: alerts, aggregator: id, clock: systemClock, logger });
  for (const { receiver, problem } of results) {
    process.stdout.write(`${receiver}: ${problem === null ? 'took it' : problem}\n`);
  }
  return results.every(({ problem }) => problem === null) ? 0 : 1;
}
