import { describe, expect, it } from '@jest/globals';
import type { SpoolEntry, StoredEntry } from '../../../agent/spool/spool-entry.js';
import { Spool } from '../../../agent/spool/spool.js';
import { Status } from '../../../protocol/model.js';
import { systemClock } from '../../../runtime/clock.js';
import { silentLogger } from '../../../runtime/logger.js';
import { inFolder } from '../../support/followed-log.js';
import { spoolEntry } from '../../support/spool-entries.js';

const { HEALTHY, UNHEALTHY, DEAD } = Status;
const KILOBYTE = 'x'.repeat(1000);

/** An entry of somewhat more than a kilobyte. */
function big(id: string, subject: string, status: Status = UNHEALTHY): SpoolEntry {
  return spoolEntry({
    ...{ id, subject, status, context: 'c' },
    provenance: { host: '', path: '', offset: 0, line: KILOBYTE, rule: '', why: '' },
  });
}

function open(folder: string, maxBytes = 100_000): Promise<Spool> {
  return Spool.open({ folder, maxBytes, clock: systemClock, logger: silentLogger });
}

async function takeAll(spool: Spool): Promise<StoredEntry[]> {
  const taken: StoredEntry[] = [];
  while (taken.length < spool.waiting) taken.push(...(await spool.next({ entries: 1000, bytes: 1e6 })));
  return taken;
}

const idsOf = (entries: readonly SpoolEntry[]): string[] => entries.map(({ id }) => id);

describe('a full spool', () => {
  it('merges repeats into the newest before it drops anything', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      for (let id = 1; id <= 200; id += 1) {
        await spool.append([big(`${id}`, id % 50 === 0 ? `peer@${id}` : 'peer@1')]);
      }
      const counts = spool.counts();
      expect(counts.coalesced).toBeGreaterThan(50);
      expect(counts.dropped).toEqual({ middle: 0, worst: 0, newest: 0, closed: 0 });
      const ids = idsOf(await takeAll(spool));
      for (const kept of ['50', '100', '150', '199', '200']) expect(ids).toContain(kept);
      expect(ids.length + counts.coalesced).toBe(200);
      await spool.close();
    });
  });

  it('keeps the newest and the worst word on each topic', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      // Two topics that change all the time; the worst comes early.
      for (let id = 1; id <= 300; id += 1) {
        const status = id === 3 || id === 4 ? DEAD : id % 4 < 2 ? HEALTHY : UNHEALTHY;
        await spool.append([big(`${id}`, `peer@${id % 2}`, status)]);
      }
      const { dropped, coalesced, waiting, appended } = spool.counts();
      expect(dropped).toMatchObject({ worst: 0, newest: 0 });
      expect(dropped.middle).toBeGreaterThan(100);
      const ids = idsOf(await takeAll(spool));
      for (const kept of ['3', '4', '299', '300']) expect(ids).toContain(kept);
      expect(appended).toBe(waiting.entries + dropped.middle + coalesced);
      expect(ids).toHaveLength(waiting.entries);
      expect(ids).toEqual([...ids].sort((a, b) => Number(a) - Number(b)));
      await spool.close();
    });
  });

  it('forgets the topics that were silent for longest when nothing else is left', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      for (let id = 1; id <= 200; id += 1) await spool.append([big(`${id}`, `peer@${id}`)]);
      const { dropped, waiting } = spool.counts();
      expect(dropped.newest).toBe(200 - waiting.entries);
      const ids = idsOf(await takeAll(spool));
      const oldest = 200 - waiting.entries + 1;
      expect(ids).toEqual(Array.from({ length: waiting.entries }, (_, index) => `${oldest + index}`));
      await spool.close();
    });
  });

  it('stays within its size, give or take a file', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      let most = 0;
      for (let id = 1; id <= 500; id += 1) {
        await spool.append([big(`${id}`, `peer@${id}`)]);
        most = Math.max(most, spool.counts().bytesOnDisk);
      }
      expect(most).toBeLessThan(125_000);
      await spool.close();
    });
  });

  it('leaves alone what is on its way to the aggregator', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      await spool.append([big('1', 'peer@1'), big('2', 'peer@1')]);
      const inHand = await spool.next({ entries: 2, bytes: 1e6 });
      for (let id = 3; id <= 200; id += 1) await spool.append([big(`${id}`, 'peer@1')]);
      const { waiting, coalesced } = spool.counts();
      expect(waiting.entries + coalesced).toBe(200);
      spool.settle(inHand.at(-1)?.sequence ?? 0);
      expect(spool.counts()).toMatchObject({ delivered: 2, waiting: { entries: 198 - coalesced } });
      await spool.close();
    });
  });

  it('remembers the ids of what it left out, and that nothing is damaged, over a restart', async () => {
    await inFolder(async (folder) => {
      const first = await open(folder);
      for (let id = 1; id <= 200; id += 1) await first.append([big(`${id}`, 'peer@1')]);
      const { waiting, coalesced } = first.counts();
      expect(coalesced).toBeGreaterThan(0);
      await first.close();
      const second = await open(folder);
      expect(second.counts()).toMatchObject({ recovered: waiting.entries, damaged: 0 });
      expect(second.idsAfter('log', 0).size).toBe(200);
      expect(idsOf(await takeAll(second)).at(-1)).toBe('200');
      await second.close();
    });
  });

  it('forgets what is delivered and never covered before it grows beyond its size', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      for (let id = 1; id <= 500; id += 1) {
        await spool.append([big(`${id}`, 'peer@1')]);
        const [entry] = await spool.next({ entries: 1, bytes: 1 });
        spool.settle(entry?.sequence ?? 0);
      }
      await spool.close();
      expect(spool.counts().bytesOnDisk).toBeLessThan(130_000);
      expect(spool.counts()).toMatchObject({ delivered: 500, coalesced: 0, damaged: 0 });
    });
  });
});
