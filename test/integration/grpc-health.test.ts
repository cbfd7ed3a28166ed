import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { RunningAggregator } from '../support/aggregators.js';
import { runAggregator } from '../support/aggregators.js';
import type { StandardHealthClient } from '../support/standard-health.js';
import { checkHealth, standardHealthClient } from '../support/standard-health.js';

let aggregator: RunningAggregator;
let client: StandardHealthClient;

beforeEach(async () => {
  aggregator = await runAggregator();
  client = standardHealthClient(aggregator.aggregator.address.port);
});

afterEach(async () => {
  client.close();
  await aggregator.stop();
});

describe('the standard health service', () => {
  it.each(['', 'idl.HealthService', 'hview.v1.Aggregator', 'hview.v1.Verdicts', 'hview.v1.Peering'])(
    'says of "%s" that it serves',
    async (service) => {
      expect(await checkHealth(client, service)).toBe('SERVING');
    },
  );

  it('does not know a service that is not there', async () => {
    await expect(checkHealth(client, 'hview.v1.Nothing')).rejects.toThrow('NOT_FOUND');
  });

  it('tells those that watch when the aggregator stops', async () => {
    const stream = client.watch({ service: '' });
    stream.on('error', () => undefined);
    expect(await once(stream, 'data')).toEqual([{ status: 'SERVING' }]);
    const told = once(stream, 'data');
    const stopped = aggregator.stop();
    expect(await told).toEqual([{ status: 'NOT_SERVING' }]);
    await stopped;
  });
});
