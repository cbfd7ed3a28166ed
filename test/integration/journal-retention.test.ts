import { describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { statSync } from 'node:fs';
import { JournalRetention } from '../../server/persistence/journal-retention.js';
import type { RetentionLimits } from '../../server/persistence/persistence.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { eventually } from '../support/aggregators.js';
import { batchOf, entry } from '../support/batches.js';
import type { JournaledAggregator } from '../support/journal-folder.js';
import { JournalFolder } from '../support/journal-folder.js';
import { observation } from '../support/observations.js';

const LIMIT_MS = 60_000;

const journal = new JournalFolder();

/** An aggregator that looks every 10 ms what is to be dropped. */
const start = (limits: RetentionLimits): Promise<JournaledAggregator> =>
  journal.start({ limits, retentionEveryMs: 10 });

function inJournal(query: string): unknown[] {
  const database = new Database(journal.file);
  database.pragma('busy_timeout = 5000');
  const rows = database.prepare(query).raw(true).all();
  database.close();
  return rows;
}

/** `count` reports of ten observers on ten subjects, one a second of log time, the first at `from`. */
function batch(from: number, count: number, line = '') {
  const entries = Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const parts = {
      observer: `o${number % 10}`,
      subject: `s${Math.floor(number / 10) % 10}`,
      observation: observation(number, ['q', number % 3 === 0 ? 5 : 2, 50]),
    };
    const provenance = { host: 'h', path: 'p', offset: number, line, rule: 'r', why: 'w' };
    return { ...entry(`id-${number}`, parts), provenance };
  });
  return batchOf(...entries);
}

async function stateOf({ client }: RunningAggregator) {
  return { panoramas: await client.dumpPanorama(), inferences: await client.dumpInference() };
}

const reportsLeft = (): Promise<number> =>
  Promise.resolve((inJournal('SELECT count(*) FROM reports') as [[number]])[0][0]);

describe('a journal that keeps what is young', () => {
  it(
    'drops older reports and what was inferred before, and forgets nothing that stands',
    async () => {
      const one = await start({ maxAgeMs: 500, maxBytes: 0 });
      await one.client.submitBatch(batch(0, 1000));
      await one.client.dumpInference();
      await one.client.submitBatch(batch(1000, 1000));
      const before = await stateOf(one);
      // The newest report numbers the next one.
      await eventually(
        () => Promise.resolve(one.aggregator.counts().journal.dropped.reports),
        (dropped) => dropped === 1999,
      );
      expect(await reportsLeft()).toBe(1);
      expect(inJournal('SELECT max(id) FROM reports')).toEqual([[2000]]);
      expect(
        inJournal('SELECT subject, count(*) >= 1 FROM inferences GROUP BY subject ORDER BY subject'),
      ).toEqual(Array.from({ length: 10 }, (_, index) => [`s${index}`, 1]));
      await one.stop();

      const again = await start({ maxAgeMs: 500, maxBytes: 0 });
      expect(await stateOf(again)).toEqual(before);
      // Their reports are gone, their ids are not.
      expect(await again.client.submitBatch(batch(0, 2000))).toMatchObject({ accepted: 0, duplicates: 2000 });
      await again.client.submitBatch(batch(2000, 1));
      expect(inJournal('SELECT max(id) FROM reports')).toEqual([[2001]]);
    },
    LIMIT_MS,
  );

  it('drops nothing when it is to keep everything', async () => {
    const one = await start({ maxAgeMs: 0, maxBytes: 0 });
    await one.client.submitBatch(batch(0, 1000));
    await eventually(
      () => Promise.resolve(inJournal('SELECT report_id FROM journal_marks')),
      (marks) => marks.length > 0,
    );
    expect(await reportsLeft()).toBe(1000);
  });
});

/** Ten thousand reports, about 12 MB, and what they come to. */
async function fill() {
  const one = await start({ maxAgeMs: 0, maxBytes: 0 });
  for (let from = 0; from < 10_000; from += 1000)
    await one.client.submitBatch(batch(from, 1000, 'x'.repeat(900)));
  const state = await stateOf(one);
  await one.stop();
  return state;
}

describe('a journal that may only be so large', () => {
  it(
    'drops the oldest reports and shrinks its file',
    async () => {
      const before = await fill();
      expect(statSync(journal.file).size).toBeGreaterThan(9_000_000);

      const limited = await start({ maxAgeMs: 0, maxBytes: 4_000_000 });
      await eventually(
        () => Promise.resolve(limited.aggregator.counts().journal.dropped.reports),
        (dropped) => dropped > 5000,
      );
      await eventually(
        () => Promise.resolve(statSync(journal.file).size),
        // Some pages stay free for what comes next.
        (bytes) => bytes < 4_000_000 * 0.95 + 257 * 4096,
      );
      await limited.stop();
      const [[count, first, last]] = inJournal('SELECT count(*), min(id), max(id) FROM reports') as [
        [number, number, number],
      ];
      expect(last).toBe(10_000);
      expect(count).toBe(10_000 - first + 1);
      expect(count).toBeGreaterThan(2500);
      expect(await stateOf(await start({ maxAgeMs: 0, maxBytes: 0 }))).toEqual(before);
    },
    LIMIT_MS,
  );

  it(
    'keeps what fits, however fast the machine is',
    async () => {
      await fill();
      const database = new Database(journal.file);
      const retention = new JournalRetention(database, { maxAgeMs: 0, maxBytes: 6_000_000 });
      // A clock that stands still: each step may be as large as it likes.
      const step = () => retention.step(1, () => 0).result;
      const results = [];
      do results.push(step());
      while (results.at(-1) === 'more');
      expect(results.at(-1)).toBe('done');
      const [used] = database
        .prepare(
          `SELECT (page_count - freelist_count) * page_size
           FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
        )
        .raw(true)
        .get() as [number];
      database.close();
      expect(used).toBeGreaterThan(6_000_000 * 0.85);
      expect(used).toBeLessThanOrEqual(6_000_000 * 0.95);
    },
    LIMIT_MS,
  );

  it('says so when what it needs is more than that', async () => {
    const one = await start({ maxAgeMs: 0, maxBytes: 1000 });
    await one.client.submitBatch(batch(0, 100));
    const warnings = () => one.said.filter(({ level }) => level === 'warn').map(({ message }) => message);
    await eventually(
      () => Promise.resolve(warnings()),
      (said) => said.length > 0,
    );
    expect(warnings()).toEqual(['the journal is larger than its limit, though all that is in it is needed']);
    await eventually(reportsLeft, (count) => count === 1);
    const { panoramas } = await stateOf(one);
    expect(panoramas.size).toBe(10);
  });
});
