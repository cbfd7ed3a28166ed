import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HealthClient } from '../../protocol/health-client.js';
import { HviewError } from '../../runtime/errors.js';
import { silentLogger } from '../../runtime/logger.js';
import { SqlitePersistence } from '../../server/persistence/sqlite-persistence.js';
import { runAggregator } from '../support/aggregators.js';
import { batchOf, entry, idsInJournal } from '../support/batches.js';
import { report } from '../support/observations.js';

const LIMIT_MS = 120_000;

let folder: string;
let databaseFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-overload-'));
  databaseFile = join(folder, 'hview.db');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('an aggregator that gets more than its journal takes', () => {
  it(
    'sends away what is too much at once, keeps within its memory, and loses nothing that it took',
    async () => {
      const running = await runAggregator(
        { databaseFile },
        {
          // It waits for the database however slow this machine is.
          persistence: new SqlitePersistence({
            file: databaseFile,
            logger: silentLogger,
            busyTimeoutMs: LIMIT_MS,
          }),
          admission: { reports: 5000, bytes: 8 * 1024 * 1024 },
        },
      );
      const { aggregator } = running;
      const client = new HealthClient({
        target: `127.0.0.1:${aggregator.address.port}`,
        deadlineMs: LIMIT_MS,
      });
      const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
      // Another program holds the database, as a slow disk would: nothing is written meanwhile.
      const other = new Database(databaseFile);
      other.pragma('busy_timeout = 5000');
      other.exec('BEGIN IMMEDIATE');
      const outcomes = { accepted: [] as string[], overloaded: 0, single: 0 };
      let most = 0;
      const send = async (number: number): Promise<void> => {
        const entries = Array.from({ length: 500 }, (_, index) => entry(`${number}-${index}`));
        try {
          await client.submitBatch(batchOf(...entries));
          outcomes.accepted.push(...entries.map(({ id }) => id));
        } catch (error) {
          if (HviewError.from(error).code !== 'OVERLOADED') throw error;
          outcomes.overloaded += 1;
        }
        most = Math.max(most, aggregator.counts().waiting);
      };
      const waiting = Array.from({ length: 60 }, (_, number) => send(number));
      while (outcomes.overloaded < 50) await new Promise((resolve) => setImmediate(resolve));
      await expect(client.submitReport(handle, report())).rejects.toMatchObject({ code: 'OVERLOADED' });
      await expect(client.getPanorama('peer@2')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      other.exec('ROLLBACK');
      other.close();
      await Promise.all(waiting);
      expect(most).toBe(5000);
      expect(outcomes.accepted).toHaveLength(5000);
      expect(aggregator.counts()).toMatchObject({
        received: { single: 1, batched: 30_000 },
        accepted: 5000,
        shed: 25_001,
        waiting: 0,
      });
      expect(await client.submitReport(handle, report())).toBe('accepted');
      client.close();
      await running.stop();
      expect(
        idsInJournal(databaseFile)
          .filter((id) => id !== '')
          .sort(),
      ).toEqual(outcomes.accepted.sort());
    },
    LIMIT_MS,
  );
});
