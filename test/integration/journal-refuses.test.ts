import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HealthClient } from '../../protocol/health-client.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { Aggregator } from '../../server/aggregator.js';
import { standaloneConfig } from '../../server/config.js';
import { SqlitePersistence } from '../../server/persistence/sqlite-persistence.js';
import { PLENTY, runAggregator } from '../support/aggregators.js';
import { report } from '../support/observations.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-refuses-'));
  file = join(folder, 'hview.db');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Another program that writes to the database, and takes its time. */
function lock(): { release(): void } {
  const other = new Database(file);
  // The journal may just be writing an inference.
  other.pragma('busy_timeout = 5000');
  other.exec('BEGIN IMMEDIATE');
  return {
    release() {
      other.exec('ROLLBACK');
      other.close();
    },
  };
}

/** An aggregator that does not wait for the lock. */
async function startImpatient() {
  const aggregator = new Aggregator({
    memory: PLENTY,
    config: standaloneConfig('pano0', '127.0.0.1:0', file),
    persistence: new SqlitePersistence({ file, logger: silentLogger, busyTimeoutMs: 1 }),
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
  });
  await aggregator.start();
  const client = new HealthClient({ target: `127.0.0.1:${aggregator.address.port}` });
  return {
    client,
    async stop() {
      client.close();
      await aggregator.stop();
    },
  };
}

describe('a journal that cannot be written', () => {
  it('makes the aggregator refuse the report, of which nothing stays, and take it once it can', async () => {
    const running = await startImpatient();
    const { client } = running;
    try {
      const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
      const locked = lock();
      await expect(client.submitReport(handle, report())).rejects.toMatchObject({
        code: 'UNREACHABLE',
        message: expect.stringMatching(/the database .*hview\.db cannot be written: .*locked/) as unknown,
      });
      await expect(client.getPanorama('peer@2')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect([...(await client.getObservedSubjects()).keys()]).toEqual(['peer@1']);
      locked.release();
      expect(await client.submitReport(handle, report())).toBe('accepted');
      expect((await client.getView('peer@1', 'peer@2')).observations).toHaveLength(1);
    } finally {
      await running.stop();
    }
    const after = await runAggregator({ databaseFile: file });
    expect((await after.client.getView('peer@1', 'peer@2')).observations).toHaveLength(1);
    await after.stop();
  });

  it('makes a registration wait for another try, which gives a handle that outlives a restart', async () => {
    const running = await startImpatient();
    const { client } = running;
    let handle: number;
    try {
      const locked = lock();
      const registration = { module: 'ZooKeeper', observer: 'peer@1' };
      await expect(client.register(registration)).rejects.toMatchObject({ code: 'UNREACHABLE' });
      locked.release();
      handle = await client.register(registration);
    } finally {
      await running.stop();
    }
    const after = await runAggregator({ databaseFile: file });
    expect(await after.client.submitReport(handle, report())).toBe('accepted');
    await after.stop();
  });

  it('leaves a subject watched when it cannot be told to forget it', async () => {
    const running = await startImpatient();
    const { client } = running;
    try {
      const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
      await client.submitReport(handle, report());
      const locked = lock();
      await expect(client.stopObserving('peer@2')).rejects.toMatchObject({ code: 'UNREACHABLE' });
      locked.release();
      expect((await client.getPanorama('peer@2')).views.size).toBe(1);
      expect(await client.stopObserving('peer@2')).toBe(true);
    } finally {
      await running.stop();
    }
  });

  it('is told by its path when that leads through a file', async () => {
    writeFileSync(join(folder, 'plain'), 'a file');
    const databaseFile = join(folder, 'plain', 'hview.db');
    await expect(runAggregator({ databaseFile })).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: expect.stringContaining(databaseFile) as unknown,
      hint: expect.stringContaining('-dbfile') as unknown,
    });
  });

  it('of a newer program is left as it is', async () => {
    const newer = new Database(file);
    newer.exec('PRAGMA user_version = 999');
    newer.close();
    await expect(runAggregator({ databaseFile: file })).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: expect.stringContaining('written by a newer hview (schema 999') as unknown,
    });
  });
});

describe('a subject that was forgotten', () => {
  it('comes back after a restart only with what was said of it since', async () => {
    const before = await runAggregator({ databaseFile: file });
    const handle = await before.client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    const at = (seconds: number) => report({ observation: { time: { seconds, nanos: 0 }, metrics: [] } });
    await before.client.submitReport(handle, at(1));
    await before.client.stopObserving('peer@2');
    await before.client.submitReport(handle, at(2));
    await before.stop();
    const after = await runAggregator({ databaseFile: file });
    const { observations } = await after.client.getView('peer@1', 'peer@2');
    expect(observations.map(({ time }) => time.seconds)).toEqual([2]);
    await after.stop();
  });
});
