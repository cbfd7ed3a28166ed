import { afterEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../server/limits-config.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import { batchOf, entry } from '../support/batches.js';
import { report } from '../support/observations.js';
import { checkHealth, standardHealthClient } from '../support/standard-health.js';

const LIMIT = 1_000_000_000;

let running: RunningAggregator | null = null;

afterEach(() => running?.stop());

/** An aggregator whose memory is what the test says. */
async function start(memory: { bytes: number }) {
  running = await runAggregator(
    { httpAddress: '127.0.0.1:0', limits: { ...DEFAULT_LIMITS, memoryBytes: LIMIT } },
    { memory: { residentBytes: () => memory.bytes, collectGarbage: () => undefined } },
  );
  const { aggregator, client } = running;
  const http = `http://127.0.0.1:${aggregator.httpAddress?.port ?? 0}`;
  return { aggregator, client, ask: (path: string) => answer(`${http}${path}`) };
}

async function answer(url: string): Promise<string> {
  const response = await fetch(url);
  return `${response.status} ${(await response.text()).trim()}`;
}

describe('an aggregator whose memory is short', () => {
  it('takes no reports, says why, and takes them again when there is memory', async () => {
    const memory = { bytes: LIMIT / 2 };
    const { aggregator, client, ask } = await start(memory);
    const health = standardHealthClient(aggregator.address.port);
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    expect(await client.submitReport(handle, report())).toBe('accepted');

    memory.bytes = LIMIT;
    await eventually(
      () => ask('/readyz'),
      (said) => said === '503 memory is short: more than 1000 MB are in use',
    );
    expect(await checkHealth(health, '')).toBe('NOT_SERVING');
    const refusal = { code: 'OVERLOADED' };
    await expect(client.submitReport(handle, report())).rejects.toMatchObject(refusal);
    await expect(client.submitBatch(batchOf(entry('a'), entry('b')))).rejects.toMatchObject(refusal);
    expect(aggregator.counts()).toMatchObject({
      accepted: 1,
      shed: 3,
      memory: { residentBytes: LIMIT, limitBytes: LIMIT, isShort: true, shortages: 1 },
    });
    expect(await ask('/healthz')).toBe('200 ok');
    const metrics = (await ask('/metrics')).split('\n');
    for (const line of [
      `hview_memory_limit_bytes ${LIMIT}`,
      'hview_memory_short 1',
      'hview_memory_shortages_total 1',
      'hview_reports_total{outcome="shed"} 3',
    ]) {
      expect(metrics).toContain(line);
    }
    // Who asks is answered all the same.
    expect((await client.getPanorama(report().subject)).views.size).toBe(1);

    memory.bytes = LIMIT / 2;
    await eventually(
      () => ask('/readyz'),
      (said) => said === '200 ok',
    );
    expect(await checkHealth(health, '')).toBe('SERVING');
    health.close();
    expect(await client.submitBatch(batchOf(entry('a'), entry('b')))).toMatchObject({ accepted: 2 });
    expect(await client.submitReport(handle, report())).toBe('accepted');
    expect(aggregator.counts()).toMatchObject({ accepted: 4, shed: 3, memory: { isShort: false } });
  });
});
