import { describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import type { RunningAggregator } from '../support/aggregators.js';
import type { JournaledAggregator } from '../support/journal-folder.js';
import { JournalFolder } from '../support/journal-folder.js';
import { report } from '../support/observations.js';

const journal = new JournalFolder();

/** Soon says that another program has locked the database. */
const start = (): Promise<JournaledAggregator> => journal.start({ busyTimeoutMs: 20 });

/** What another program reads from the file while the aggregator runs. */
function rows(statement: string): unknown[] {
  const database = new Database(journal.file);
  const found = database.prepare(statement).raw(true).all();
  database.close();
  return found;
}

describe('the journal file', () => {
  it('holds what was acknowledged at that moment', async () => {
    const { client } = await start();
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    expect(rows('SELECT handle, module, observer FROM registrations')).toEqual([
      [handle, 'ZooKeeper', 'peer@1'],
    ]);
    await client.observe('nn1');
    expect(rows('SELECT subject FROM watch_list ORDER BY subject')).toEqual([['nn1'], ['peer@1']]);
    await client.submitReport(handle, report());
    expect(rows('SELECT observer, subject, seconds, nanos, metrics FROM reports')).toEqual([
      ['peer@1', 'peer@2', 1_700_000_000, 0, '[["Quorum",5,20]]'],
    ]);
    await client.stopObserving('nn1');
    expect(rows('SELECT subject FROM watch_list ORDER BY subject')).toEqual([['peer@1'], ['peer@2']]);
  });

  it('holds an inference for each change of the verdict', async () => {
    const one = await start();
    const handle = await one.client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    for (const status of [5, 5, 2] as const) {
      const metrics = [{ name: 'q', status, score: 20 }];
      await one.client.submitReport(
        handle,
        report({ observation: { time: { seconds: 1, nanos: 0 }, metrics } }),
      );
      await one.client.getInference('peer@2');
    }
    await one.stop();
    expect(rows('SELECT subject, observers, metrics FROM inferences ORDER BY id')).toEqual([
      ['peer@2', '["peer@1"]', '[["q",5,20]]'],
      ['peer@2', '["peer@1"]', '[["q",2,20]]'],
    ]);
  });

  it('may be the database of the original, whose tables stay as they are', async () => {
    const original = new Database(journal.file);
    original.exec(`
      CREATE TABLE panorama (id INTEGER PRIMARY KEY, subject TEXT, observer TEXT, time TIMESTAMP, metrics TEXT);
      CREATE TABLE inference (id INTEGER PRIMARY KEY, subject TEXT, observers TEXT, time TIMESTAMP, metrics TEXT);
      INSERT INTO inference VALUES (1, 'peer@9', 'peer@1', '2020-01-01 00:00:01+00:00', 'a: HEALTHY, 1.0; ');
    `);
    original.close();
    const one = await start();
    const { client } = one;
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    await client.submitReport(handle, report());
    await one.stop();
    expect(rows('SELECT subject, observers FROM inferences')).toEqual([['peer@2', '["peer@1"]']]);
    expect(rows('SELECT id, metrics FROM inference')).toEqual([[1, 'a: HEALTHY, 1.0; ']]);
  });

  it('keeps names with quotes, line breaks and characters beyond the basic plane', async () => {
    const one = await start();
    const { client } = one;
    const observer = `"'; DROP TABLE reports; --\n\u{1F980}`;
    const handle = await client.register({ module: 'ZooKeeper', observer });
    const odd = report({ observer, subject: '\u0001 \\ \u{1F4A5}' });
    await client.submitReport(handle, odd);
    await one.stop();
    const again = await start();
    expect(await again.client.getLatestReport(odd.subject)).toEqual(odd);
    expect(await again.client.submitReport(handle, odd)).toBe('accepted');
  });

  it('that another program has locked is told by its path, at once', async () => {
    await (await start()).stop();
    const other = new Database(journal.file);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
    await expect(start()).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: `the database ${journal.file} cannot be opened: database is locked`,
    });
    other.close();
  });

  it('does not keep questions waiting while it is locked', async () => {
    const { client } = await start();
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    await client.submitReport(handle, report());
    const other = new Database(journal.file);
    other.exec('BEGIN IMMEDIATE');
    const answers: string[] = [];
    const submitted = client.submitReport(handle, report()).catch(() => answers.push('the refusal'));
    await client.getLatestReport('peer@2').then(() => answers.push('the report'));
    await submitted;
    expect(answers).toEqual(['the report', 'the refusal']);
    other.exec('ROLLBACK');
    other.close();
  });
});

describe('reports that surround the end of watching', () => {
  it('are in memory exactly those that a restart brings back', async () => {
    const one = await start();
    const { client } = one;
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    const at = (seconds: number) => report({ observation: { time: { seconds, nanos: 0 }, metrics: [] } });
    const secondsIn = async (one: Pick<RunningAggregator, 'client'>): Promise<number[]> =>
      (await one.client.getView('peer@1', 'peer@2')).observations.map(({ time }) => time.seconds);
    await client.submitReport(handle, at(1));
    // All three are under way together; the journal's order is the order of the calls.
    await Promise.all([
      client.submitReport(handle, at(2)),
      client.stopObserving('peer@2'),
      client.submitReport(handle, at(3)),
    ]);
    expect(await secondsIn({ client })).toEqual([3]);
    await one.stop();
    expect(await secondsIn(await start())).toEqual([3]);
  });
});
