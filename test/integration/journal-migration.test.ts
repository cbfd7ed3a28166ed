import { describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { MIGRATIONS } from '../../server/persistence/schema.js';
import { batchOf, entry } from '../support/batches.js';
import { JournalFolder } from '../support/journal-folder.js';
import { observation } from '../support/observations.js';

const journal = new JournalFolder();

/** A journal as the schema of that version has it, with what every version holds. */
function makeJournal(version: number): void {
  const database = new Database(journal.file);
  for (const statements of MIGRATIONS.slice(0, version)) database.exec(statements);
  database.exec(`
    PRAGMA user_version = ${version};
    INSERT INTO registrations (handle, module, observer) VALUES (10003, 'ZooKeeper', 'peer@1');
    INSERT INTO watch_list (subject, seconds, nanos) VALUES ('peer@1', 5, 6), ('peer@2', 7, 8);
    INSERT INTO reports (observer, subject, seconds, nanos, metrics) VALUES
      ('peer@1', 'peer@2', 1, 0, '[["old",5,1]]'),
      ('peer@1', 'peer@2', 2, 0, '[["q",5,20]]'),
      ('peer@3', 'peer@2', 3, 500, '[["q",2,90.5],["r",1,0]]');
    INSERT INTO forgotten_subjects (subject, report_id) VALUES ('peer@2', 1);
  `);
  database.close();
}

const versionOf = (): unknown => {
  const database = new Database(journal.file);
  const [version] = database.prepare('SELECT user_version FROM pragma_user_version').raw(true).get() as [
    number,
  ];
  database.close();
  return version;
};

describe('a journal of an older version', () => {
  it.each(MIGRATIONS.map((_, index) => index + 1))(
    '%i is brought up to date with what it holds',
    async (version) => {
      makeJournal(version);
      const one = await journal.start();
      expect(versionOf()).toBe(MIGRATIONS.length);
      expect(await one.client.getObservedSubjects()).toEqual(
        new Map([
          ['peer@1', { seconds: 5, nanos: 6 }],
          ['peer@2', { seconds: 7, nanos: 8 }],
        ]),
      );
      const { views } = await one.client.getPanorama('peer@2');
      expect(views.get('peer@1')?.observations).toEqual([observation(2, ['q', 5, 20])]);
      expect(views.get('peer@3')?.observations).toEqual([
        { time: { seconds: 3, nanos: 500 }, metrics: observation(0, ['q', 2, 90.5], ['r', 1, 0]).metrics },
      ]);
      expect(await one.client.register({ module: 'ZooKeeper', observer: 'peer@1' })).toBe(10_003);
      expect(await one.client.submitBatch(batchOf(entry('a'), entry('a')))).toMatchObject({
        accepted: 1,
        duplicates: 1,
      });
      const before = await one.client.dumpPanorama();
      await one.stop();
      expect(await (await journal.start()).client.dumpPanorama()).toEqual(before);
    },
  );
});
