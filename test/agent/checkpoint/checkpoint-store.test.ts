import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '../../../agent/checkpoint/checkpoint.js';
import { CheckpointStore } from '../../../agent/checkpoint/checkpoint-store.js';
import type { LogFields, Logger } from '../../../runtime/logger.js';
import { silentLogger } from '../../../runtime/logger.js';
import { FakeClock } from '../../support/fake-clock.js';
import { inFolder } from '../../support/followed-log.js';

const KEY = { source: 'zk', log: '/var/log/zookeeper.log' };

const CHECKPOINT: Checkpoint = {
  plugin: 'zookeeper',
  files: [
    {
      identity: { device: '2049', inode: '131', head: { length: 3, digest: 'abc' } },
      offset: 42,
      marker: { length: 3, digest: 'def' },
      text: '2049:131',
    },
  ],
  state: { stream: { leader: 3 } },
  spooled: 7,
};

async function inStore(
  test: (store: CheckpointStore, folder: string, warnings: LogFields[]) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const warnings: LogFields[] = [];
    const logger: Logger = { ...silentLogger, warn: (_, fields) => void warnings.push(fields ?? {}) };
    const clock = new FakeClock(Date.now());
    await test(await CheckpointStore.open({ folder, clock, logger }), folder, warnings);
  });
}

/** The one checkpoint file in the folder. */
function fileIn(folder: string): string {
  const [name, ...others] = readdirSync(folder);
  if (name === undefined || others.length > 0) throw new Error('there is not exactly one file');
  return join(folder, name);
}

describe('a checkpoint', () => {
  it('is read as it was saved, by whoever opens the folder next', async () => {
    await inStore(async (store, folder) => {
      expect(await store.save(KEY, CHECKPOINT)).toBe(true);
      const next = await CheckpointStore.open({ folder, clock: new FakeClock(), logger: silentLogger });
      expect(await next.load(KEY)).toEqual(CHECKPOINT);
    });
  });

  it('is one for each log and source', async () => {
    await inStore(async (store) => {
      await store.save(KEY, CHECKPOINT);
      expect(await store.load({ ...KEY, source: 'other' })).toBeNull();
      expect(await store.load({ ...KEY, log: '/other.log' })).toBeNull();
    });
  });

  it('takes members that a later version adds as none of its business', async () => {
    await inStore(async (store) => {
      const later = { ...CHECKPOINT, mood: 'good' };
      await store.save(KEY, later);
      expect(await store.load(KEY)).toEqual(CHECKPOINT);
    });
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['empty', () => '', /damaged/],
    ['cut short', (text) => text.slice(0, text.length / 2), /damaged/],
    ['changed in one character', (text) => text.replace('zookeeper.log', 'zookeeper.lag'), /digest/],
    ['of a newer version', (text) => text.replace('"version":1', '"version":2'), /version is 2/],
    ['something else', () => '{"a":1}', /no checkpoint of hview/],
    ['no object', () => '7', /no checkpoint/],
  ])('that is %s is set aside, told and counted', async (_, spoil, reason) => {
    await inStore(async (store, folder, warnings) => {
      await store.save(KEY, CHECKPOINT);
      const path = fileIn(folder);
      writeFileSync(path, spoil(readFileSync(path, 'utf8')));
      expect(await store.load(KEY)).toBeNull();
      expect(warnings).toEqual([
        {
          log: KEY.log,
          reason: expect.stringMatching(reason),
          setAside: expect.stringMatching(/\.unusable$/),
        },
      ]);
      expect(store.counts().unusable).toBe(1);
      expect(fileIn(folder)).toMatch(/\.unusable$/);
    });
  });

  it('that cannot be written is counted, told once, and the old one stands', async () => {
    await inStore(async (store, folder) => {
      await store.save(KEY, CHECKPOINT);
      const errors: string[] = [];
      const logger: Logger = { ...silentLogger, error: (message) => void errors.push(message) };
      const elsewhere = join(folder, 'gone');
      const lost = await CheckpointStore.open({ folder: elsewhere, clock: new FakeClock(), logger });
      rmSync(elsewhere, { recursive: true });
      expect(await lost.save(KEY, CHECKPOINT)).toBe(false);
      expect(await lost.save(KEY, CHECKPOINT)).toBe(false);
      expect(lost.counts()).toEqual({ saved: 0, failed: 2, unusable: 0 });
      expect(errors).toHaveLength(1);
      expect(await store.load(KEY)).toEqual(CHECKPOINT);
    });
  });
});

describe('a folder of checkpoints', () => {
  it('is cleaned of what a crash left half written and of what is a month old', async () => {
    await inStore(async (store, folder) => {
      await store.save(KEY, CHECKPOINT);
      await store.save({ ...KEY, log: '/old.log' }, CHECKPOINT);
      const old = readdirSync(folder).find((name) => name.startsWith('old.log')) ?? '';
      const monthsAgo = new Date(Date.now() - 60 * 86_400_000);
      utimesSync(join(folder, old), monthsAgo, monthsAgo);
      writeFileSync(join(folder, 'half.json.tmp'), '{"form');
      await store.cleanUp();
      expect(readdirSync(folder)).toHaveLength(1);
      expect(await store.load(KEY)).toEqual(CHECKPOINT);
    });
  });

  it('forgets a log that is gone', async () => {
    await inStore(async (store, folder) => {
      await store.save(KEY, CHECKPOINT);
      await store.remove(KEY);
      expect(readdirSync(folder)).toEqual([]);
    });
  });
});
