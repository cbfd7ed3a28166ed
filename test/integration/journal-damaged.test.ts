import { describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import {
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { RunningAggregator } from '../support/aggregators.js';
import { batchOf, entry } from '../support/batches.js';
import { JournalFolder } from '../support/journal-folder.js';
import { observation, report } from '../support/observations.js';

const LIMIT_MS = 60_000;

const PAGE = 4096;

const journal = new JournalFolder();

async function stateOf({ client }: RunningAggregator) {
  return {
    panoramas: await client.dumpPanorama(),
    inferences: await client.dumpInference(),
    watched: await client.getObservedSubjects(),
  };
}

/** A journal of 4,000 reports with its aggregator stopped; the state, and a handle of `peer@1`. */
async function fill() {
  const one = await journal.start();
  const handle = await one.client.register({ module: 'ZooKeeper', observer: 'peer@1' });
  await one.client.observe('nn1');
  for (let from = 0; from < 4000; from += 1000) {
    const entries = Array.from({ length: 1000 }, (_, index) => {
      const number = from + index;
      const metrics = [['q', number % 3 === 0 ? 5 : 2, 50]] as const;
      const parts = { observer: `o${number % 7}`, subject: `s${number % 50}` };
      return entry(`id-${number}`, { ...parts, observation: observation(number, ...metrics) });
    });
    await one.client.submitBatch(batchOf(...entries));
  }
  const state = await stateOf(one);
  await one.stop();
  return { state, handle };
}

/** Pages of the file that belong to the table. */
function pagesOf(table: string): number[] {
  const database = new Database(journal.file);
  const pages = database
    .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno")
    .raw(true)
    .all(table);
  database.close();
  return (pages as [number][]).map(([page]) => page);
}

function spoil(...pages: readonly number[]): void {
  const bytes = readFileSync(journal.file);
  for (const page of pages) bytes.fill(0x5a, (page - 1) * PAGE, page * PAGE);
  writeFileSync(journal.file, bytes);
}

const setAside = (): string[] =>
  readdirSync(journal.path).filter((name) => /^hview\.db\.damaged-\d{8}T\d{6}Z(?:-\d+)?$/.test(name));

const DAMAGED = 'the journal is damaged and set aside; a new one holds what could be read of it';

describe('a database that is damaged', () => {
  it('is set aside when it is none at all, and a new one is begun', async () => {
    const text = 'this is a text, and a long one at that\n'.repeat(100);
    writeFileSync(journal.file, text);
    const one = await journal.start();
    expect(await one.client.observe('nn1')).toBe(true);
    expect(one.said).toEqual([
      {
        level: 'error',
        message: DAMAGED,
        fields: {
          file: journal.file,
          reason: 'file is not a database',
          setAside: join(journal.path, setAside()[0] ?? ''),
          saved: expect.anything() as unknown,
          unreadable: expect.anything() as unknown,
        },
      },
    ]);
    expect(readFileSync(join(journal.path, setAside()[0] ?? ''), 'utf8')).toBe(text);
  });

  it(
    'loses only reports of the past when nothing else is spoilt',
    async () => {
      const { state, handle } = await fill();
      const pages = pagesOf('reports');
      spoil(pages[10] ?? 0, pages[11] ?? 0);
      const one = await journal.start();
      expect(one.said).toMatchObject([
        {
          message: DAMAGED,
          fields: {
            saved: { registrations: 8 },
            unreadable: { reports: 'database disk image is malformed' },
          },
        },
      ]);
      expect(await stateOf(one)).toEqual(state);
      expect(await one.client.submitReport(handle, report())).toBe('accepted');
      // Reports on both sides of the damage are there, and the ids of all.
      expect(
        await one.client.submitBatch(batchOf(entry('id-0'), entry('id-1500'), entry('id-3999'))),
      ).toMatchObject({ accepted: 0, duplicates: 3 });
      const database = new Database(journal.file);
      const [[first, last, count]] = database
        .prepare('SELECT min(id), max(id), count(*) FROM reports')
        .raw(true)
        .all() as [[number, number, number]];
      database.close();
      expect([first, last]).toEqual([1, 4001]);
      expect(count).toBeGreaterThan(3500);
      expect(count).toBeLessThan(4001);
    },
    LIMIT_MS,
  );

  it(
    'gives panoramas that cannot be read back from the reports',
    async () => {
      const { state } = await fill();
      spoil(...pagesOf('panoramas'));
      const one = await journal.start();
      expect(one.said).toMatchObject([{ message: DAMAGED, fields: { saved: { reports: 4000 } } }]);
      expect(await stateOf(one)).toEqual(state);
    },
    LIMIT_MS,
  );

  it(
    'numbers new reports so that the next start knows them, when the newest ones are lost',
    async () => {
      await fill();
      spoil(...pagesOf('reports'));
      const one = await journal.start();
      const handle = await one.client.register({ module: 'ZooKeeper', observer: 'peer@1' });
      await one.client.submitReport(
        handle,
        report({ subject: 's1', observation: observation(9999, ['new', 5, 1]) }),
      );
      const after = await stateOf(one);
      // As a crash would leave it.
      for (const side of ['', '-wal'])
        copyFileSync(journal.file + side, join(journal.path, `copy.db${side}`));
      await one.stop();
      journal.file = join(journal.path, 'copy.db');
      expect(await stateOf(await journal.start())).toEqual(after);
    },
    LIMIT_MS,
  );

  it(
    'is noticed when its end is missing',
    async () => {
      await fill();
      truncateSync(journal.file, Math.floor(statSync(journal.file).size / PAGE / 2) * PAGE);
      const one = await journal.start();
      expect(one.said).toMatchObject([{ level: 'error', message: DAMAGED }]);
      expect(setAside()).toHaveLength(1);
      expect(await one.client.observe('another')).toBe(true);
    },
    LIMIT_MS,
  );

  it(
    'never keeps the service from starting, wherever it is spoilt',
    async () => {
      await fill();
      const whole = readFileSync(journal.file);
      for (let round = 0; round < 12; round += 1) {
        writeFileSync(journal.file, whole);
        const pages = whole.length / PAGE;
        spoil(...Array.from({ length: 1 + (round % 3) }, () => 1 + Math.floor(Math.random() * pages)));
        const one = await journal.start();
        await one.client.observe(`round-${round}`);
        await one.stop();
        const again = await journal.start();
        expect((await again.client.getObservedSubjects()).has(`round-${round}`)).toBe(true);
        await again.stop();
      }
    },
    LIMIT_MS,
  );
});

describe('the write-ahead log of a database', () => {
  /** What a crash leaves: the database and its log, under another name. */
  async function crashed() {
    const one = await journal.start();
    await one.client.observe('nn1');
    const copy = join(journal.path, 'copy.db');
    for (const side of ['', '-wal']) copyFileSync(journal.file + side, copy + side);
    await one.stop();
    journal.file = copy;
  }

  it('that is garbage is set aside', async () => {
    await crashed();
    writeFileSync(`${journal.file}-wal`, 'garbage'.repeat(1000));
    const one = await journal.start();
    expect(one.said).toMatchObject([
      {
        level: 'error',
        message:
          "the journal's write-ahead log cannot be read and is set aside; what was written last is lost",
      },
    ]);
    expect(readFileSync(String(one.said[0]?.fields['setAside']), 'utf8')).toBe('garbage'.repeat(1000));
    expect(await one.client.observe('another')).toBe(true);
  });

  it('may be missing', async () => {
    await crashed();
    rmSync(`${journal.file}-wal`);
    expect(existsSync(journal.file)).toBe(true);
    expect(await (await journal.start()).client.observe('another')).toBe(true);
  });
});
