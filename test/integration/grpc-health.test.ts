import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client, ClientReadableStream } from '@grpc/grpc-js';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { once } from 'node:events';
import { protoPath } from 'grpc-health-check';
import type { RunningAggregator } from '../support/aggregators.js';
import { runAggregator } from '../support/aggregators.js';

interface Answer {
  readonly status: string;
}

/** A client as an orchestrator has it, made of the standard's own definition. */
interface StandardClient extends Client {
  check(request: { service: string }, done: (error: Error | null, answer: Answer) => void): void;
  watch(request: { service: string }): ClientReadableStream<Answer>;
}

let aggregator: RunningAggregator;
let client: StandardClient;

beforeEach(async () => {
  aggregator = await runAggregator();
  const definition = loadPackageDefinition(loadSync(protoPath, { enums: String }));
  const { Health } = (definition as unknown as { grpc: { health: { v1: { Health: unknown } } } }).grpc.health
    .v1;
  const Constructor = Health as new (target: string, how: unknown) => StandardClient;
  client = new Constructor(`127.0.0.1:${aggregator.aggregator.address.port}`, credentials.createInsecure());
});

afterEach(async () => {
  client.close();
  await aggregator.stop();
});

function check(service: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.check({ service }, (error, answer) => (error === null ? resolve(answer.status) : reject(error)));
  });
}

describe('the standard health service', () => {
  it.each(['', 'idl.HealthService', 'hview.v1.Aggregator', 'hview.v1.Verdicts', 'hview.v1.Peering'])(
    'says of "%s" that it serves',
    async (service) => {
      expect(await check(service)).toBe('SERVING');
    },
  );

  it('does not know a service that is not there', async () => {
    await expect(check('hview.v1.Nothing')).rejects.toThrow('NOT_FOUND');
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
