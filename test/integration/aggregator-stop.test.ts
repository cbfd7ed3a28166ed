import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HviewError } from '../../runtime/errors.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { Aggregator } from '../../server/aggregator.js';
import { standaloneConfig } from '../../server/config.js';
import type { Persistence } from '../../server/persistence/persistence.js';
import { noPersistence } from '../../server/persistence/persistence.js';
import { SqlitePersistence } from '../../server/persistence/sqlite-persistence.js';
import { PLENTY, runAggregator } from '../support/aggregators.js';
import { openJournal } from '../support/journal-contents.js';
import { report } from '../support/observations.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-stop-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function subjectsIn(file: string): Promise<ReadonlySet<string>> {
  const persistence = new SqlitePersistence({ file, logger: silentLogger });
  const { subjects } = await openJournal(persistence);
  await persistence.close();
  return subjects;
}

/** Keeps nothing and notes when it is opened and closed. */
function recordedPersistence(calls: string[], open = (): Promise<void> => Promise.resolve()): Persistence {
  return {
    ...noPersistence,
    open() {
      calls.push('open');
      return open();
    },
    close() {
      calls.push('close');
      return noPersistence.close();
    },
  };
}

function aggregatorAt(address: string, persistence: Persistence): Aggregator {
  return new Aggregator({
    memory: PLENTY,
    config: standaloneConfig('pano0', address),
    persistence,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
  });
}

describe('stopping an aggregator', () => {
  it('loses nothing that it acknowledged while reports are under way', async () => {
    const databaseFile = join(folder, 'hview.db');
    const { aggregator, client } = await runAggregator({ databaseFile });
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    const acknowledged: string[] = [];
    let sent = 0;
    let stopped: Promise<void> | undefined;
    const submitUntilRefused = async (): Promise<void> => {
      for (;;) {
        const subject = `s${(sent += 1)}`;
        try {
          await client.submitReport(handle, report({ subject }));
        } catch (error) {
          expect(error).toMatchObject({ code: 'UNREACHABLE' });
          return;
        }
        acknowledged.push(subject);
        if (acknowledged.length === 500) stopped = aggregator.stop();
      }
    };
    await Promise.all(Array.from({ length: 100 }, submitUntilRefused));
    await stopped;
    client.close();
    expect(acknowledged.length).toBeGreaterThanOrEqual(500);
    const held = await subjectsIn(databaseFile);
    expect(acknowledged.filter((subject) => !held.has(subject))).toEqual([]);
  });

  it('gives its port free', async () => {
    const first = await runAggregator();
    const address = first.client.target;
    await first.stop();
    const second = await runAggregator({ address });
    expect(second.client.target).toBe(address);
    await second.stop();
  });

  it('twice is the same as once', async () => {
    const calls: string[] = [];
    const aggregator = aggregatorAt('127.0.0.1:0', recordedPersistence(calls));
    await aggregator.start();
    await Promise.all([aggregator.stop(), aggregator.stop()]);
    await aggregator.stop();
    expect(calls).toEqual(['open', 'close']);
  });
});

describe('an aggregator that cannot start', () => {
  it('closes its journal again when the port is taken', async () => {
    const other = await runAggregator();
    const calls: string[] = [];
    try {
      const aggregator = aggregatorAt(other.client.target, recordedPersistence(calls));
      await expect(aggregator.start()).rejects.toMatchObject({
        code: 'ADDRESS_IN_USE',
        message: `another program listens on ${other.client.target}`,
      });
      expect(calls).toEqual(['open', 'close']);
      expect(() => aggregator.address).toThrow('not started');
    } finally {
      await other.stop();
    }
  });

  it('does not listen when the journal cannot be opened', async () => {
    const calls: string[] = [];
    const failure = new HviewError('DATABASE_FAILED', 'the database cannot be opened');
    const persistence = recordedPersistence(calls, () => Promise.reject(failure));
    const aggregator = aggregatorAt('127.0.0.1:0', persistence);
    await expect(aggregator.start()).rejects.toBe(failure);
    expect(calls).toEqual(['open']);
    expect(() => aggregator.address).toThrow('not started');
  });
});
