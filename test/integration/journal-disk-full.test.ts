import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAggregator } from '../support/aggregators.js';
import { batchOf, entry, idsInJournal } from '../support/batches.js';
import { report } from '../support/observations.js';
import { mountSmallDisk } from '../support/small-disk.js';

const LIMIT_MS = 60_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-full-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const batch = (name: string, length: number) =>
  batchOf(...Array.from({ length }, (_, index) => entry(`${name}-${index}`, { subject: `s${index % 10}` })));

describe('a journal whose disk is full', () => {
  it(
    'makes the aggregator refuse batches whole, answer questions, and take them once there is room',
    async () => {
      const disk = mountSmallDisk(join(folder, 'disk'), 4);
      if (disk === null) return;
      const databaseFile = join(disk.path, 'hview.db');
      const running = await runAggregator({ databaseFile });
      const { client, aggregator } = running;
      try {
        await client.submitBatch(batch('before', 100));
        disk.fill();
        const large = batch('refused', 3000);
        const refusal = {
          code: 'UNREACHABLE',
          message: expect.stringMatching(/hview\.db cannot be written: /) as unknown,
        };
        await expect(client.submitBatch(large)).rejects.toMatchObject(refusal);
        await expect(client.submitBatch(large)).rejects.toMatchObject(refusal);
        expect((await client.getPanorama('s1')).views.get('peer@1')?.observations).toHaveLength(10);
        expect(aggregator.counts()).toMatchObject({
          accepted: 100,
          refused: { unwritten: 6000 },
          waiting: 0,
          journal: { written: 100, waiting: 0 },
        });
        // At least those two: an inference may have been refused by itself.
        expect(aggregator.counts().journal.failures).toBeGreaterThanOrEqual(2);
        disk.makeRoom();
        expect(await client.submitBatch(large)).toEqual({ accepted: 3000, duplicates: 0, refused: [] });
        expect(await client.submitBatch(large)).toEqual({ accepted: 0, duplicates: 3000, refused: [] });
        const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
        expect(await client.submitReport(handle, report())).toBe('accepted');
        const ids = idsInJournal(databaseFile);
        expect(ids.slice(0, 3100)).toEqual(
          [...batch('before', 100).entries, ...large.entries].map(({ id }) => id),
        );
        expect(ids).toHaveLength(3101);
      } finally {
        await running.stop();
        disk.remove();
      }
    },
    LIMIT_MS,
  );
});
