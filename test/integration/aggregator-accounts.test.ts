import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HealthClient } from '../../protocol/health-client.js';
import type { AggregatorCounts } from '../../server/aggregator-counts.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import { batchOf, entry } from '../support/batches.js';
import { freePort } from '../support/free-port.js';
import { report } from '../support/observations.js';
import { endCommands } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-accounts-'));
});

afterEach(async () => {
  await endCommands();
  rmSync(folder, { recursive: true, force: true });
});

describe('the accounts of an aggregator', () => {
  it('are printed on SIGUSR2 as one line of JSON, and it goes on', async () => {
    const databaseFile = join(folder, 'hview.db');
    const { command, address } = await startServer([
      '-addr',
      '127.0.0.1:0',
      '-dbfile',
      databaseFile,
      'pano0',
    ]);
    const client = new HealthClient({ target: address });
    await client.submitBatch(batchOf(entry('a'), entry('a'), entry('b', { subject: '' })));
    command.kill('SIGUSR2');
    const [line] = await command.waitForOutput(/^.*the accounts.*$/m);
    const { counts } = JSON.parse(line) as { counts: AggregatorCounts };
    expect(counts).toMatchObject({
      received: { single: 0, batched: 3, relayed: 0 },
      accepted: 1,
      duplicates: 1,
      refused: { malformed: 1, unregistered: 0, unwritten: 0 },
      shed: 0,
      ignored: 0,
      waiting: 0,
      held: 0,
      journal: { written: 1, failures: 0, waiting: 0 },
      relay: {},
      remembered: { ids: 1 },
    });
    expect(counts.journal.bytes).toBeGreaterThanOrEqual(statSync(databaseFile).size);
    expect((await client.getPanorama('peer@2')).views.size).toBe(1);
    client.close();
  });

  it('add up over two aggregators, one of which takes only what it watches', async () => {
    const ports = [await freePort(), await freePort()];
    const peers = new Map(ports.map((port, index) => [`pano${index}`, `127.0.0.1:${port}`] as const));
    const [first, second] = await Promise.all(
      ports.map((port, index) =>
        runAggregator({
          id: `pano${index}`,
          address: `127.0.0.1:${port}`,
          peers,
          filterSubmission: true,
          databaseFile: join(folder, `${index}.db`),
        }),
      ),
    );
    if (first === undefined || second === undefined) throw new Error('two were started');
    try {
      await second.client.observe('peer@2');
      await first.client.submitBatch(
        batchOf(entry('a'), entry('b', { subject: 'peer@3' }), entry('a'), entry('c', { subject: '' })),
      );
      const handle = await first.client.register({ module: 'ZooKeeper', observer: 'peer@1' });
      await first.client.submitReport(handle, report());
      await first.client.submitReport(handle, report({ subject: '' })).catch(() => undefined);
      await first.client.submitReport(77, report()).catch(() => undefined);
      await eventually(
        () => Promise.resolve(second.aggregator.counts()),
        ({ received, waiting }) => received.relayed === 3 && waiting === 0,
      );
      await eventually(
        () => Promise.resolve(first.aggregator.counts()),
        ({ relay }) => relay['pano1']?.waiting === 0,
      );
      expect(first.aggregator.counts()).toMatchObject({
        received: { single: 3, batched: 4, relayed: 0 },
        accepted: 3,
        duplicates: 1,
        refused: { malformed: 2, unregistered: 1, unwritten: 0 },
        journal: { written: 3 },
        relay: { pano1: { acknowledged: 3, ignored: 1, dropped: 0 } },
      });
      expect(second.aggregator.counts()).toMatchObject({
        received: { single: 0, batched: 0, relayed: 3 },
        accepted: 2,
        ignored: 1,
        held: 1,
        released: 0,
        journal: { written: 2 },
      });
      // What is held is set free by a local report.
      await second.client.submitBatch(batchOf(entry('x', { observer: 'peer@9', subject: 'peer@3' })));
      expect(second.aggregator.counts()).toMatchObject({
        accepted: 3,
        ignored: 1,
        held: 0,
        released: 1,
        journal: { written: 4 },
      });
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
  });
});
