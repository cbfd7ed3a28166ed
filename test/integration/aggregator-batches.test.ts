import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchEntry } from '../../protocol/batch-service.js';
import { Status } from '../../protocol/model.js';
import { printsOf } from '../../runtime/text-print.js';
import { silentLogger } from '../../runtime/logger.js';
import { SqlitePersistence } from '../../server/persistence/sqlite-persistence.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { runAggregator } from '../support/aggregators.js';
import { batchOf, entry, idsInJournal } from '../support/batches.js';
import { openJournal } from '../support/journal-contents.js';
import { observation, report } from '../support/observations.js';

let folder: string;
let databaseFile: string;
let running: RunningAggregator | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-batches-'));
  databaseFile = join(folder, 'hview.db');
});

afterEach(async () => {
  await running?.stop();
  running = null;
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<RunningAggregator> {
  running = await runAggregator({ databaseFile });
  return running;
}

async function restart(): Promise<RunningAggregator> {
  await running?.stop();
  return start();
}

function rows(statement: string): unknown[] {
  const database = new Database(databaseFile);
  const found = database.prepare(statement).raw(true).all();
  database.close();
  return found;
}

describe('a batch', () => {
  it('is in the journal when it is answered, each report with its id and where it comes from', async () => {
    const { client } = await start();
    const odd = `"'; DROP TABLE reports; --\n\u{1F980} \\u0041`;
    const entries: BatchEntry[] = [
      {
        id: odd,
        report: {
          observer: odd,
          subject: 'peer@2',
          observation: observation(-62_135_596_800, [odd, Status.DEAD, 0.5], ['Sync', Status.HEALTHY, 90]),
        },
        provenance: { host: 'h', path: '/a "b"', offset: 2 ** 40, line: `${odd}\0`, rule: 'r', why: 'w' },
      },
      entry('', { observation: { time: { seconds: 5, nanos: 7 }, metrics: [] } }),
    ];
    expect(await client.submitBatch(batchOf(...entries))).toEqual({
      accepted: 2,
      duplicates: 0,
      refused: [],
    });
    expect(
      rows('SELECT observer, subject, seconds, nanos, metrics, observation_id, provenance FROM reports'),
    ).toEqual([
      [
        odd,
        'peer@2',
        -62_135_596_800,
        0,
        JSON.stringify([
          [odd, 7, 0.5],
          ['Sync', 2, 90],
        ]),
        odd,
        JSON.stringify(['h', '/a "b"', 2 ** 40, `${odd}\0`, 'r', 'w', 'agent@test']),
      ],
      ['peer@1', 'peer@2', 5, 7, '[]', null, null],
    ]);
    const after = await restart();
    expect((await after.client.getView(odd, 'peer@2')).observations).toEqual([
      entries[0]?.report.observation,
    ]);
  });

  it('keeps its order in the journal', async () => {
    const { client } = await start();
    const ids = Array.from({ length: 3000 }, (_, index) => `id-${(index * 1999) % 3000}`);
    const parts = [0, 1000, 2000].map((from) => ids.slice(from, from + 1000));
    await Promise.all(parts.map((part) => client.submitBatch(batchOf(...part.map((id) => entry(id))))));
    const held = idsInJournal(databaseFile);
    // Which of three calls comes first is not for them to say.
    const byFirst = (some: readonly string[][]) => [...some].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    expect(byFirst([0, 1000, 2000].map((from) => held.slice(from, from + 1000)))).toEqual(byFirst(parts));
  });

  it('is read like single reports: watch list, view, verdict', async () => {
    const { client } = await start();
    const at = (seconds: number, status: Status) => ({
      observation: observation(seconds, ['Quorum', status, 20]),
    });
    await client.submitBatch(batchOf(entry('a', at(1, Status.HEALTHY)), entry('b', at(2, Status.DEAD))));
    expect([...(await client.getObservedSubjects()).keys()].sort()).toEqual(['peer@1', 'peer@2']);
    expect((await client.getView('peer@1', 'peer@2')).observations.map(({ time }) => time.seconds)).toEqual([
      1, 2,
    ]);
    expect((await client.getInference('peer@2')).observation).toEqual(
      observation(2, ['Quorum', Status.DEAD, 20]),
    );
  });

  it('registers its observers as Register would, once and for good', async () => {
    const { client } = await start();
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    await client.submitBatch(batchOf(entry('a'), entry('b', { observer: 'peer@7' })));
    await client.submitBatch(batchOf(entry('c'), entry('d', { observer: 'peer@7' })));
    expect(rows('SELECT handle, module, observer FROM registrations')).toEqual([
      [handle, 'ZooKeeper', 'peer@1'],
      [handle + 1, 'ZooKeeper', 'peer@7'],
    ]);
    const after = await restart();
    expect(await after.client.submitReport(handle + 1, report({ observer: 'peer@7' }))).toBe('accepted');
    expect(await after.client.register({ module: 'ZooKeeper', observer: 'peer@8' })).toBe(handle + 2);
  });

  it('with good and bad entries keeps the good ones', async () => {
    const { client } = await start();
    const long = 'x'.repeat(257);
    const twice = observation(1, ['q', Status.HEALTHY, 1], ['q', Status.DEAD, 1]);
    const result = await client.submitBatch(
      batchOf(
        entry('a'),
        entry('b', { subject: long }),
        entry('c', { observation: observation(1, ['q', Status.INVALID, 1]) }),
        entry('d', { observation: observation(1, ['q', Status.HEALTHY, NaN]) }),
        entry('e', { observation: twice }),
        entry('f', { observation: { time: { seconds: 253_402_300_800, nanos: 0 }, metrics: [] } }),
        entry('a'),
        entry('g'),
      ),
    );
    expect(result).toEqual({
      accepted: 2,
      duplicates: 1,
      refused: [
        { index: 1, reason: 'report.subject is longer than 256 bytes' },
        { index: 2, reason: 'report.observation.metrics["q"].value.status is INVALID' },
        { index: 3, reason: 'report.observation.metrics["q"].value.score is NaN' },
        { index: 4, reason: 'report.observation.metrics["q"] appears twice' },
        { index: 5, reason: 'report.observation.ts is no time between the years 1 and 9999' },
      ],
    });
    expect(idsInJournal(databaseFile)).toEqual(['a', 'g']);
  });

  it('keeps an observation whose evidence is long, and cuts that to 1,000 bytes', async () => {
    const { client } = await start();
    const line = `${'x'.repeat(998)}💥 and so on`;
    const provenance = { host: 'h', path: 'p', offset: 0, line, rule: 'r', why: 'w'.repeat(5000) };
    await client.submitBatch(batchOf({ ...entry('a'), provenance }));
    const [[kept]] = rows('SELECT provenance FROM reports') as [[string]];
    expect(JSON.parse(kept)).toEqual(['h', 'p', 0, 'x'.repeat(998), 'r', 'w'.repeat(1000), 'agent@test']);
  });

  it('of more than 10,000 observations is refused, by a client that was told before it is sent', async () => {
    const { client } = await start();
    const batch = batchOf(...Array.from({ length: 10_001 }, (_, index) => entry(`${index}`)));
    await expect(client.submitBatch(batch)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: 'observations has 10001 entries, a batch may have 10000',
    });
    await client.describe();
    await expect(client.submitBatch(batch)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: `the batch has 10001 observations, and ${client.target} takes 10000`,
    });
    expect(idsInJournal(databaseFile)).toEqual([]);
  });

  it('of more than a megabyte is refused', async () => {
    const { client } = await start();
    const batch = batchOf(...Array.from({ length: 18 }, () => entry('x'.repeat(60_000))));
    await expect(client.submitBatch(batch)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(/^the batch has 108\d{4} bytes, and 1048576 are allowed$/) as unknown,
    });
  });
});

describe('an observation that is sent again', () => {
  it('has no effect, in the same batch, in another, and after a restart', async () => {
    const { client } = await start();
    await client.submitBatch(batchOf(entry('a'), entry('b'), entry('a')));
    expect(await client.submitBatch(batchOf(entry('b'), entry('c')))).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    const after = await restart();
    expect(
      await after.client.submitBatch(batchOf(entry('c'), entry('d'), entry('a'), entry('b'))),
    ).toMatchObject({ accepted: 1, duplicates: 3 });
    expect(idsInJournal(databaseFile)).toEqual(['a', 'b', 'c', 'd']);
    expect((await after.client.getView('peer@1', 'peer@2')).observations).toHaveLength(4);
  });

  it('while the first is under way is in the journal once', async () => {
    const { client, aggregator } = await start();
    const batch = batchOf(...Array.from({ length: 500 }, (_, index) => entry(`${index}`)));
    const results = await Promise.all(Array.from({ length: 5 }, () => client.submitBatch(batch)));
    expect(results.map(({ accepted }) => accepted).sort((a, b) => a - b)).toEqual([0, 0, 0, 0, 500]);
    expect(idsInJournal(databaseFile)).toHaveLength(500);
    expect(aggregator.counts()).toMatchObject({ accepted: 500, duplicates: 2000, waiting: 0 });
  });

  it('without an id is said twice', async () => {
    const { client } = await start();
    await client.submitBatch(batchOf(entry(''), entry('')));
    expect((await client.getView('peer@1', 'peer@2')).observations).toHaveLength(2);
  });
});

describe('a journal from before there were batches', () => {
  it('is carried over with what it holds', async () => {
    const before = await start();
    const handle = await before.client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    await before.client.submitReport(handle, report());
    await before.stop();
    running = null;
    // As the first release left it.
    const database = new Database(databaseFile);
    database.exec(`
      ALTER TABLE reports DROP COLUMN observation_id; ALTER TABLE reports DROP COLUMN provenance;
      DROP TABLE panoramas; DROP TABLE journal_state; DROP TABLE taken_prints; DROP TABLE relay_state;
      DROP TABLE journal_marks; DROP INDEX inferences_by_subject;
      DROP TABLE standing_verdicts; DROP TABLE verdict_changes; DROP TABLE told_alerts;
      PRAGMA user_version = 1;`);
    database.close();
    const { client } = await start();
    await client.submitBatch(batchOf(entry('a')));
    expect((await client.getView('peer@1', 'peer@2')).observations).toHaveLength(2);
    expect(idsInJournal(databaseFile)).toEqual(['', 'a']);
  });

  it('has prints of its ids after the first start', async () => {
    await openOnce(async (journal) => {
      await journal.save(changeOf('a', '', 'b'));
    });
    const database = new Database(databaseFile);
    // As a release left it that knew no prints.
    database.exec('DELETE FROM taken_prints');
    database.close();
    expect(await openOnce()).toEqual(printed('a', 'b'));
  });

  it('gives back the newest ids, oldest first, and none of too long ago', async () => {
    await openOnce(async (journal) => {
      for (const ids of [['a', 'b'], ['c', 'd', ''], ['e'], ['', '']]) await journal.save(changeOf(...ids));
    });
    // Whole transactions: at least the newest three.
    expect(await openOnce()).toEqual(printed('c', 'd', 'e'));
  });
});

/** Prints of the ids that a journal gives back; then something is done with it. */
async function openOnce(act: (journal: SqlitePersistence) => Promise<void> = () => Promise.resolve()) {
  const journal = new SqlitePersistence({ file: databaseFile, logger: silentLogger, rememberedIds: 3 });
  const contents = await openJournal(journal);
  await act(journal);
  await journal.close();
  return contents.printed;
}

const changeOf = (...ids: readonly string[]) => ({
  registrations: [],
  watched: new Map(),
  reports: ids.map((id) => entry(id)),
  isElsewhere: false,
});

const printed = (...ids: readonly string[]) => ids.map((id) => printsOf([id]).join());
