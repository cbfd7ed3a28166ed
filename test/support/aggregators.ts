import { HealthClient } from '../../protocol/health-client.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import type { ProcessMemory } from '../../runtime/process-memory.js';
import type { AggregatorOptions } from '../../server/aggregator-options.js';
import { Aggregator } from '../../server/aggregator.js';
import type { AggregatorConfig } from '../../server/config.js';
import { standaloneConfig } from '../../server/config.js';
import type { Persistence } from '../../server/persistence/persistence.js';
import { noPersistence } from '../../server/persistence/persistence.js';
import { SqlitePersistence } from '../../server/persistence/sqlite-persistence.js';

/** A running aggregator and a client that is connected to it. */
export interface RunningAggregator {
  readonly aggregator: Aggregator;
  readonly client: HealthClient;
  stop(): Promise<void>;
}

/** The process of the tests grows with every file of them. */
export const PLENTY: ProcessMemory = { residentBytes: () => 0, collectGarbage: () => undefined };

/**
 * Starts an aggregator on loopback, on a free port unless the parts say otherwise. Its journal is in the
 * configured database, if any, unless one is given.
 */
export async function runAggregator(
  parts: Partial<AggregatorConfig> = {},
  given: { readonly persistence?: Persistence } & Pick<
    Partial<AggregatorOptions>,
    'admission' | 'relayLog' | 'memory'
  > = {},
): Promise<RunningAggregator> {
  const config = { ...standaloneConfig('pano0', '127.0.0.1:0'), ...parts };
  const { databaseFile: file } = config;
  const aggregator = new Aggregator({
    config,
    memory: PLENTY,
    ...given,
    persistence: given.persistence ?? journalIn(file),
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
  });
  await aggregator.start();
  const client = new HealthClient({ target: `127.0.0.1:${aggregator.address.port}`, deadlineMs: 5000 });
  return {
    aggregator,
    client,
    async stop() {
      client.close();
      await aggregator.stop();
    },
  };
}

function journalIn(file: string): Persistence {
  return file === '' ? noPersistence : new SqlitePersistence({ file, logger: silentLogger });
}

/** Asks until the answer is the right one; the time limit of the test is the limit. */
export async function eventually<Answer>(
  ask: () => Promise<Answer>,
  isRight: (answer: Answer) => boolean,
): Promise<Answer> {
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      if (error instanceof Error) return error;
      throw error;
    });
    if (!(answer instanceof Error) && isRight(answer)) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
