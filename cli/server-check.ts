import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { formatAddress, parseAddress } from '../protocol/address.js';
import { systemClock } from '../runtime/clock.js';
import { fileError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import { Aggregator } from '../server/aggregator.js';
import { NO_ALERTS } from '../server/alerts/alerts-config.js';
import type { AggregatorConfig } from '../server/config.js';
import { noPersistence } from '../server/persistence/persistence.js';
import { describeSecurity } from '../server/security-config.js';

/**
 * Tries whether an aggregator would start: it starts one with the same host, certificates and limits on
 * free ports, without its journal and its peers, and stops it. One that runs already is not disturbed.
 * Resolves to what it would be, in a line; rejects with what the start would say.
 */
export async function checkServer(config: AggregatorConfig, logger: Logger): Promise<string> {
  const { id, httpAddress, databaseFile, security } = config;
  const address = config.listen === '' ? config.address : config.listen;
  if (databaseFile !== '') checkPlace(databaseFile);
  const trial = new Aggregator({
    config: {
      ...config,
      listen: onFreePort(address),
      httpAddress: httpAddress === '' ? '' : onFreePort(httpAddress),
      peers: new Map(),
      databaseFile: '',
      // Nobody is to be told of verdicts that a trial has not got.
      alerts: NO_ALERTS,
    },
    persistence: noPersistence,
    clock: systemClock,
    random: Math.random,
    logger,
  });
  await trial.start();
  await trial.stop();
  const journal = databaseFile === '' ? 'none' : databaseFile;
  return `${id} would listen on ${address}, journal: ${journal}, security: ${describeSecurity(security)}\n`;
}

function onFreePort(address: string): string {
  return formatAddress({ ...parseAddress(address), port: 0 });
}

/** The journal itself is left alone: another aggregator may be writing it. */
function checkPlace(file: string): void {
  const folder = dirname(file);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'the journal cannot be kept in', folder, error);
  }
}
