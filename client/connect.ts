import { randomBytes } from 'node:crypto';
import { ClientSecurity } from '../protocol/client-security.js';
import { HealthClient } from '../protocol/health-client.js';
import { systemClock } from '../runtime/clock.js';
import { silentLogger } from '../runtime/logger.js';
import { connectIn } from './connect-in.js';
import type { ConnectOptions } from './connect-options.js';
import type { HealthReporter } from './health-reporter.js';

/**
 * A reporter that says how others are, as this program meets them. It connects by itself, again and again
 * while the aggregator is away, and never throws: with options that cannot be used nothing is sent, which
 * `onProblem` is told.
 */
export function connect(options: ConnectOptions): HealthReporter {
  return connectIn(options, {
    clock: systemClock,
    random: Math.random,
    idPrefix: randomBytes(12).toString('base64url'),
    open: (target) => openClient(target, options),
  });
}

/** Renewed certificates and tokens are taken over. */
function openClient(target: string, { tls, tokenFile, insecure }: ConnectOptions): HealthClient {
  const options = { target, maxReconnectMs: 2000 };
  if (tls === undefined && tokenFile === undefined) return new HealthClient(options);
  const security = new ClientSecurity({
    tls: tls ?? null,
    ...(tokenFile === undefined ? {} : { tokenFile }),
    allowsInsecure: insecure === true,
    clock: systemClock,
    logger: silentLogger,
  });
  return new HealthClient({ ...options, security, onClose: () => security.close() });
}
