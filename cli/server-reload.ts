import { HviewError } from '../runtime/errors.js';
import type { LogLevel, Logger } from '../runtime/logger.js';
import type { AggregatorConfig } from '../server/config.js';
import { configChange } from '../server/config-change.js';

export interface ServerReloadOptions {
  readonly config: AggregatorConfig;
  /** Reads the configuration as it is now; throws when it cannot be used. */
  readonly read: () => AggregatorConfig;
  readonly aggregator: { reconfigure(config: AggregatorConfig): Promise<void> };
  /** Null: the level was set on the command line, which comes first. */
  readonly setLevel: ((level: LogLevel) => void) | null;
  readonly logger: Logger;
}

/**
 * Returns what SIGHUP does: the configuration is read again, what can be changed while running is changed,
 * and what needs a new start is told. One that is wrong changes nothing. One after the other, in order.
 */
export function serverReload(options: ServerReloadOptions): () => Promise<void> {
  const { read, aggregator, setLevel, logger } = options;
  const { config: started } = options;
  let running = started;
  let last = Promise.resolve();
  const reload = async (): Promise<void> => {
    try {
      const next = read();
      const { live } = configChange(running, next);
      // Against what it was started with: what is not in effect is told of every time.
      const { needsRestart } = configChange(started, next);
      await aggregator.reconfigure(next);
      setLevel?.(next.logLevel);
      running = next;
      logger.info('the configuration was read again', { changed: live });
      if (needsRestart.length > 0)
        logger.warn('some of the configuration takes effect with the next start', { needsRestart });
    } catch (error) {
      const { code, message, hint } = HviewError.from(error);
      logger.error('the configuration cannot be used; the old one stays', { code, reason: message, hint });
    }
  };
  return () => (last = last.then(reload));
}
