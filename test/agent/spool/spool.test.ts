import { describe, expect, it } from '@jest/globals';
import { cpSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { encodeHead } from '../../../agent/spool/segment.js';
import type { SpoolEntry, StoredEntry } from '../../../agent/spool/spool-entry.js';
import type { SpoolOptions } from '../../../agent/spool/spool.js';
import { Spool } from '../../../agent/spool/spool.js';
import { systemClock } from '../../../runtime/clock.js';
import { silentLogger } from '../../../runtime/logger.js';
import { inFolder } from '../../support/followed-log.js';
import { numberedEntries, spoolEntry } from '../../support/spool-entries.js';

const ALL = { entries: 1000, bytes: 1024 * 1024 };

function open(folder: string | null, options: Partial<SpoolOptions> = {}): Promise<Spool> {
  return Spool.open({ folder, clock: systemClock, logger: silentLogger, ...options });
}

const idsOf = (entries: readonly SpoolEntry[]): string[] => entries.map(({ id }) => id);

/** Everything that waits now, without settling it. */
async function takeAll(spool: Spool): Promise<StoredEntry[]> {
  const taken: StoredEntry[] = [];
  while (taken.length < spool.waiting) taken.push(...(await spool.next(ALL)));
  return taken;
}

function segmentsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.spool'))
    .sort();
}

describe('a spool on disk', () => {
  it('hands out what was appended, in order, with sequences from one', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      expect(await spool.append(numberedEntries(1, 3))).toBe(3);
      const entries = await spool.next(ALL);
      expect(entries.map(({ sequence, id }) => [sequence, id])).toEqual([
        [1, '1'],
        [2, '2'],
        [3, '3'],
      ]);
      await spool.close();
    });
  });

  it('gives an entry back as it was, whatever its texts', async () => {
    await inFolder(async (folder) => {
      const entry = spoolEntry({
        id: 'ÿ\u2028"\\\n\ud83d\ude00',
        source: 'quelle ü',
        subject: 'peer@9\u0000',
        score: 0.1,
        provenance: { host: 'h', path: '/p', offset: 2 ** 40, line: '\u001b[1m', rule: 'r', why: 'w' },
      });
      const first = await open(folder);
      await first.append([entry]);
      await first.close();
      const second = await open(folder);
      const [back] = await second.next(ALL);
      expect(back).toMatchObject(entry);
      await second.close();
    });
  });

  it('waits with handing out until there is something', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      const waiting = spool.next(ALL);
      await spool.append(numberedEntries(1, 1));
      expect(idsOf(await waiting)).toEqual(['1']);
      await spool.close();
    });
  });

  it('hands out no more than it is asked for, but always one', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      await spool.append(numberedEntries(1, 5));
      expect(idsOf(await spool.next({ entries: 2, bytes: 1e6 }))).toEqual(['1', '2']);
      expect(idsOf(await spool.next({ entries: 9, bytes: 1 }))).toEqual(['3']);
      expect(idsOf(await spool.next(ALL))).toEqual(['4', '5']);
      await spool.close();
    });
  });

  it('answers with nothing when it is closed or the wait is called off', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      const stop = new AbortController();
      const calledOff = spool.next(ALL, stop.signal);
      stop.abort();
      expect(await calledOff).toEqual([]);
      const left = spool.next(ALL);
      await spool.close();
      expect(await left).toEqual([]);
      expect(await spool.next(ALL)).toEqual([]);
    });
  });

  it('hands out after a restart what was not settled, and goes on counting', async () => {
    await inFolder(async (folder) => {
      const first = await open(folder);
      await first.append(numberedEntries(1, 5));
      await first.next(ALL);
      first.settle(2);
      await first.close();
      const second = await open(folder);
      expect(second.counts()).toMatchObject({ recovered: 3, waiting: { entries: 3 }, damaged: 0 });
      expect(await second.append(numberedEntries(6, 6))).toBe(6);
      expect(idsOf(await takeAll(second))).toEqual(['3', '4', '5', '6']);
      await second.close();
    });
  });

  it('never gives a sequence twice, also when everything was delivered and deleted', async () => {
    await inFolder(async (folder) => {
      const first = await open(folder);
      await first.append(numberedEntries(1, 5));
      await first.next(ALL);
      first.settle(5);
      first.covered('log', 5);
      await first.close();
      const second = await open(folder);
      await second.close();
      expect(segmentsIn(folder)).toEqual([]);
      const third = await open(folder);
      expect(await third.append(numberedEntries(6, 6))).toBe(6);
      await third.close();
    });
  });

  it('remembers the ids of what no checkpoint covers, delivered or not', async () => {
    await inFolder(async (folder) => {
      const first = await open(folder);
      await first.append(numberedEntries(1, 2, 'a'));
      await first.append(numberedEntries(3, 4, 'b'));
      await first.append(numberedEntries(5, 6, 'a'));
      await first.next(ALL);
      first.settle(6);
      first.covered('a', 2);
      await first.close();
      const second = await open(folder);
      expect(second.idsAfter('a', 2)).toEqual(new Set(['5', '6']));
      expect(second.idsAfter('a', 5)).toEqual(new Set(['6']));
      expect(second.idsAfter('b', 0)).toEqual(new Set(['3', '4']));
      await second.close();
    });
  });

  it('deletes files when all in them is delivered and covered', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder, { segmentBytes: 1000 });
      for (let id = 1; id <= 50; id += 1) await spool.append(numberedEntries(id, id));
      const before = segmentsIn(folder).length;
      expect(before).toBeGreaterThan(4);
      await takeAll(spool);
      spool.settle(50);
      await spool.close();
      expect(segmentsIn(folder)).toHaveLength(before);
      const next = await open(folder, { segmentBytes: 1000 });
      next.covered('log', 50);
      await next.close();
      expect(segmentsIn(folder)).toEqual([]);
    });
  });

  it('does not keep what is delivered for a source without checkpoints', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder, { segmentBytes: 1000, isCheckpointed: () => false });
      for (let id = 1; id <= 50; id += 1) await spool.append(numberedEntries(id, id));
      await takeAll(spool);
      spool.settle(50);
      await spool.close();
      expect(segmentsIn(folder)).toHaveLength(1);
    });
  });

  it('reads back from disk what is more than it keeps at hand', async () => {
    await inFolder(async (folder) => {
      const line = 'x'.repeat(10_000);
      const provenance = { host: 'h', path: 'p', offset: 1, line, rule: 'r', why: 'w' };
      const spool = await open(folder);
      const expected: string[] = [];
      for (let id = 1; id <= 400; id += 1) {
        await spool.append([spoolEntry({ id: String(id), provenance })]);
        expected.push(String(id));
      }
      const taken = await takeAll(spool);
      expect(idsOf(taken)).toEqual(expected);
      // What comes then is handed out at once again.
      await spool.append([spoolEntry({ id: 'last' })]);
      expect(idsOf(await spool.next(ALL))).toEqual(['last']);
      await spool.close();
    });
  });
});

describe('a spool that is closed', () => {
  it('lets no checkpoint cover what comes too late', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      await spool.append(numberedEntries(1, 2));
      await spool.close();
      await spool.append(numberedEntries(3, 3));
      expect(spool.durableSequence).toBe(2);
      expect(spool.lastSequence).toBe(3);
      expect(spool.counts()).toMatchObject({ appended: 3, waiting: { entries: 2 }, dropped: { closed: 1 } });
      const again = await open(folder);
      expect(again.counts().recovered).toBe(2);
      await again.close();
    });
  });
});

describe('a spool that was damaged', () => {
  async function filled(folder: string, segmentBytes = 100_000): Promise<void> {
    const spool = await open(folder, { segmentBytes });
    for (let id = 1; id <= 20; id += 1) await spool.append(numberedEntries(id, id));
    await spool.close();
  }

  it('cuts a half-written record off and does not call that damage', async () => {
    await inFolder(async (folder) => {
      const spool = await open(folder);
      await spool.append(numberedEntries(1, 3));
      const copy = join(folder, 'copy');
      for (const name of readdirSync(folder)) cpSync(join(folder, name), join(copy, name));
      await spool.close();
      const [name = ''] = segmentsIn(copy);
      truncateSync(join(copy, name), statSync(join(copy, name)).size - 5);
      const again = await open(copy);
      expect(again.counts()).toMatchObject({ recovered: 2, damaged: 0 });
      await again.append(numberedEntries(4, 4));
      expect(idsOf(await takeAll(again))).toEqual(['1', '2', '4']);
      await again.close();
    });
  });

  it('tells when records are gone that were on disk for sure', async () => {
    await inFolder(async (folder) => {
      await filled(folder);
      const [name = ''] = segmentsIn(folder);
      truncateSync(join(folder, name), statSync(join(folder, name)).size - 5);
      const spool = await open(folder);
      expect(spool.counts()).toMatchObject({ recovered: 19, damaged: 1 });
      expect(await spool.append(numberedEntries(21, 21))).toBe(21);
      await spool.close();
    });
  });

  it('skips a flipped record and delivers the others', async () => {
    await inFolder(async (folder) => {
      await filled(folder);
      const [name = ''] = segmentsIn(folder);
      const path = join(folder, name);
      const size = statSync(path).size;
      flip(path, Math.floor(size / 2));
      const spool = await open(folder);
      expect(spool.counts()).toMatchObject({ recovered: 19, damaged: 1 });
      expect(await takeAll(spool)).toHaveLength(19);
      await spool.close();
    });
  });

  it('delivers the rest when a file is gone, and says how many are missing', async () => {
    await inFolder(async (folder) => {
      await filled(folder, 500);
      const names = segmentsIn(folder);
      const [, gone = '', next = ''] = names;
      const missing = Number.parseInt(next, 10) - Number.parseInt(gone, 10);
      rmSync(join(folder, gone));
      const spool = await open(folder);
      expect(spool.counts()).toMatchObject({ recovered: 20 - missing, damaged: missing });
      expect(await takeAll(spool)).toHaveLength(20 - missing);
      await spool.close();
    });
  });

  it('does not give the sequences of the newest file again when that is gone', async () => {
    await inFolder(async (folder) => {
      await filled(folder, 500);
      rmSync(join(folder, segmentsIn(folder).at(-1) ?? ''));
      const spool = await open(folder);
      expect(await spool.append(numberedEntries(21, 21))).toBeGreaterThan(20);
      await spool.close();
      const again = await open(folder);
      expect(again.counts().damaged).toBe(0);
      expect(idsOf(await takeAll(again)).at(-1)).toBe('21');
      await again.close();
    });
  });

  it('tells of what is missing once, not after every start', async () => {
    await inFolder(async (folder) => {
      await filled(folder, 500);
      rmSync(join(folder, segmentsIn(folder)[1] ?? ''));
      const first = await open(folder);
      expect(first.counts().damaged).toBeGreaterThan(0);
      await first.append(numberedEntries(21, 21));
      await first.close();
      const second = await open(folder);
      expect(second.counts()).toMatchObject({ damaged: 0, recovered: first.counts().waiting.entries });
      expect(await takeAll(second)).toHaveLength(second.counts().recovered);
      await second.close();
    });
  });

  it('notices damage that is done while it is open', async () => {
    await inFolder(async (folder) => {
      await filled(folder, 500);
      const spool = await open(folder);
      const names = segmentsIn(folder);
      rmSync(join(folder, names[1] ?? ''));
      const missing = Number.parseInt(names[2] ?? '', 10) - Number.parseInt(names[1] ?? '', 10);
      expect(await takeAll(spool)).toHaveLength(20 - missing);
      expect(spool.counts()).toMatchObject({ damaged: missing, waiting: { entries: 20 - missing } });
      spool.settle(20);
      expect(spool.waiting).toBe(0);
      await spool.close();
    });
  });

  it('does not give sequences again that a checkpoint knows and it does not', async () => {
    await inFolder(async (folder) => {
      const first = await open(folder);
      expect(first.idsAfter('log', 70)).toEqual(new Set());
      expect(await first.append(numberedEntries(71, 72))).toBe(72);
      await first.close();
      const second = await open(folder);
      expect(second.counts()).toMatchObject({ recovered: 2, damaged: 0 });
      expect(idsOf(await takeAll(second))).toEqual(['71', '72']);
      await second.close();
    });
  });

  it('sends all of it once more when its notes are damaged', async () => {
    await inFolder(async (folder) => {
      await filled(folder);
      const first = await open(folder);
      await takeAll(first);
      first.settle(10);
      await first.close();
      writeFileSync(join(folder, 'spool.json'), '{"format": "hview-spo');
      const second = await open(folder);
      expect(second.counts()).toMatchObject({ recovered: 20, damaged: 0 });
      await second.close();
    });
  });

  it.each([
    ['notes of another program', 'spool.json', '{"format": "other"}'],
    ['notes of a newer version', 'spool.json', '{"format": "hview-spool", "version": 2}'],
    ['a file of another program', '0000000000000001.spool', 'x'.repeat(100)],
    ['a file of a newer version', '0000000000000001.spool', newerHead()],
  ])('refuses %s', async (_, name, text) => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, name), text);
      await expect(open(folder)).rejects.toMatchObject({ code: 'STATE_UNUSABLE' });
    });
  });
});

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  writeFileSync(path, bytes);
}

/** The head of a segment of version 2. */
function newerHead(): Buffer {
  const head = encodeHead(1);
  head.writeUInt32BE(2, 8);
  head.writeUInt32BE(crc32(head.subarray(0, 20)), 20);
  return head;
}
