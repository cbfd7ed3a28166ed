import { describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { JournalFolder } from '../support/journal-folder.js';
import { observation, report } from '../support/observations.js';

const journal = new JournalFolder('deephealth.db');

/** What another program does with the database. */
function withDatabase<Result>(act: (database: Database.Database) => Result): Result {
  const database = new Database(journal.file);
  try {
    return act(database);
  } finally {
    database.close();
  }
}

/** As the original makes its tables. */
const ORIGINAL = `
  CREATE TABLE IF NOT EXISTS panorama (id INTEGER PRIMARY KEY, subject TEXT, observer TEXT, time TIMESTAMP, metrics TEXT);
  CREATE TABLE IF NOT EXISTS inference (id INTEGER PRIMARY KEY, subject TEXT, observers TEXT, time TIMESTAMP, metrics TEXT);
`;

const INSERT = 'INSERT INTO panorama (subject, observer, time, metrics) VALUES (?, ?, ?, ?)';

type Row = readonly [subject: string | null, observer: string | null, time: unknown, metrics: unknown];

function makeOriginal(rows: readonly Row[], more = ''): void {
  withDatabase((database) => {
    database.exec(ORIGINAL + more);
    for (const row of rows) database.prepare(INSERT).run([...row]);
  });
}

const originalRows = (): unknown =>
  withDatabase((database) =>
    ['panorama', 'inference'].map((table) => database.prepare(`SELECT * FROM ${table}`).raw(true).all()),
  );

const MESSAGE = 'a database of the original was carried over; its tables stay as they are';

describe('a database of the original', () => {
  it('is carried over once: reports in the order of their times, and its tables stay as they are', async () => {
    makeOriginal(
      [
        [
          'peer@2',
          'peer@1',
          '2020-01-01 00:00:05.5+00:00',
          'Quorum: UNHEALTHY, 20.0; Snapshot: HEALTHY, 90.0; ',
        ],
        ['peer@2', 'peer@3', '2020-01-01 00:00:01+00:00', 'Quorum: DEAD, 0.0; '],
        ['peer@2', 'peer@1', '2020-01-01 00:00:02+00:00', 'Quorum: HEALTHY, 100.0; '],
        ['nn1', 'peer@1', '2020-01-01 00:00:05+00:00', ''],
      ],
      `INSERT INTO inference VALUES (1, 'peer@2', 'peer@1,peer@3', '2020-01-01 00:00:05+00:00', 'Quorum: UNHEALTHY, 20.0; ');`,
    );
    const before = originalRows();
    const one = await journal.start();
    expect(one.said).toEqual([
      {
        level: 'info',
        message: MESSAGE,
        fields: { file: journal.file, registrations: 0, reports: 4, notUnderstood: 0 },
      },
    ]);
    const { views } = await one.client.getPanorama('peer@2');
    expect(views.get('peer@1')?.observations).toEqual([
      observation(1_577_836_802, ['Quorum', 2, 100]),
      {
        time: { seconds: 1_577_836_805, nanos: 500_000_000 },
        metrics: observation(0, ['Quorum', 5, 20], ['Snapshot', 2, 90]).metrics,
      },
    ]);
    expect(views.get('peer@3')?.observations).toEqual([observation(1_577_836_801, ['Quorum', 7, 0])]);
    expect(new Set((await one.client.getObservedSubjects()).keys())).toEqual(new Set(['peer@2', 'nn1']));
    const order = withDatabase((database) =>
      database.prepare('SELECT seconds FROM reports ORDER BY id').raw(true).all(),
    );
    expect(order).toEqual([[1_577_836_801], [1_577_836_802], [1_577_836_805], [1_577_836_805]]);
    await one.stop();
    expect(originalRows()).toEqual(before);

    const again = await journal.start();
    expect(again.said).toEqual([]);
    expect((await again.client.getView('peer@1', 'peer@2')).observations).toHaveLength(2);
    await again.stop();

    // The original ran once more with it.
    makeOriginal([['peer@2', 'peer@1', '2020-01-01 00:00:09+00:00', 'Quorum: HEALTHY, 90.0; ']]);
    const third = await journal.start();
    expect(third.said).toMatchObject([{ message: MESSAGE, fields: { reports: 1 } }]);
    expect((await third.client.getView('peer@1', 'peer@2')).observations).toHaveLength(3);
  });

  it('that holds registrations keeps their handles good', async () => {
    makeOriginal(
      [],
      `CREATE TABLE registration (handle INTEGER PRIMARY KEY, module TEXT, observer TEXT, time TIMESTAMP);
       INSERT INTO registration VALUES (10004, 'ZooKeeper', 'peer@1', NULL), (10007, 'HDFS', 'nn1', NULL), (10008, 'x', '', NULL);`,
    );
    const one = await journal.start();
    expect(one.said).toMatchObject([{ message: MESSAGE, fields: { registrations: 2, reports: 0 } }]);
    expect(await one.client.submitReport(10004, report())).toBe('accepted');
    await expect(one.client.submitReport(10004, report({ observer: 'nn1' }))).rejects.toMatchObject({
      message: 'Invalid submission handle',
    });
    expect(await one.client.register({ module: 'HDFS', observer: 'nn1' })).toBe(10007);
    expect(await one.client.register({ module: 'HDFS', observer: 'nn2' })).toBe(10008);
    expect((await one.client.getObservedSubjects()).has('nn1')).toBe(true);
  });

  it('is carried over as far as it is understood, and the rest is counted and shown', async () => {
    makeOriginal([
      ['peer@2', 'peer@1', '2020-01-01 00:00:01+00:00', 'Quorum: HEALTHY, 100.0; '],
      ['peer@2', 'peer@1', 'some day', 'Quorum: HEALTHY, 100.0; '],
      ['peer@2', 'peer@1', '2020-01-01 00:00:02+00:00', 'Quorum: WELL, 100.0; '],
      ['peer@2', null, '2020-01-01 00:00:03+00:00', 'Quorum: HEALTHY, 100.0; '],
      ['', 'peer@1', '2020-01-01 00:00:04+00:00', 'Quorum: HEALTHY, 100.0; '],
      ['peer@2', 'peer@1', null, null],
    ]);
    const one = await journal.start();
    expect(one.said).toMatchObject([
      { level: 'warn', message: MESSAGE, fields: { reports: 1, notUnderstood: 5 } },
    ]);
    // In the order of times; those without one are first.
    expect(one.said[0]?.fields['examples']).toEqual([
      '[6,"peer@2","peer@1",null,null]',
      '[3,"peer@2","peer@1","2020-01-01 00:00:02+00:00","Quorum: WELL, 100.0; "]',
      '[4,"peer@2",null,"2020-01-01 00:00:03+00:00","Quorum: HEALTHY, 100.0; "]',
    ]);
    expect((await one.client.getView('peer@1', 'peer@2')).observations).toHaveLength(1);
  });

  it('with tables that only look like it is left alone', async () => {
    withDatabase((database) => database.exec('CREATE TABLE panorama (id INTEGER PRIMARY KEY, photo BLOB)'));
    expect((await journal.start()).said).toEqual([]);
  });
});
