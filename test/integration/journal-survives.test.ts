import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Panorama } from '../../protocol/model.js';
import { silentLogger } from '../../runtime/logger.js';
import type { Change } from '../../server/persistence/persistence.js';
import { SqlitePersistence } from '../../server/persistence/sqlite-persistence.js';
import { runAggregator } from '../support/aggregators.js';
import { openJournal } from '../support/journal-contents.js';
import { observation, report } from '../support/observations.js';
import { makeReadOnlyFolder } from '../support/read-only-folder.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-journal-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What the journal holds now. */
async function readBack(file: string) {
  const persistence = new SqlitePersistence({ file, logger: silentLogger });
  const restored = await openJournal(persistence);
  await persistence.close();
  return restored;
}

function changeOf(subject: string): Change {
  const reports = [{ id: '', report: report({ subject }), provenance: null }];
  return { registrations: [], watched: new Map(), reports, isElsewhere: false };
}

const panoramaOf = (subject: string): Panorama => {
  const observations = [observation(1, ['q', 5, 20], ['r', 2, 90.5]), observation(2)];
  return { subject, views: new Map([['peer@1', { observer: 'peer@1', subject, observations }]]) };
};

describe('the journal', () => {
  it('gives a restarted aggregator back what it knew', async () => {
    const databaseFile = join(folder, 'hview.db');
    const before = await runAggregator({ databaseFile });
    const handle = await before.client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    await before.client.submitReport(handle, report());
    await before.client.submitReport(handle, report({ subject: 'gone' }));
    await before.client.stopObserving('gone');
    const panoramas = await before.client.dumpPanorama();
    const inferences = await before.client.dumpInference();
    const watched = await before.client.getObservedSubjects();
    await before.stop();

    const after = await runAggregator({ databaseFile });
    try {
      expect(await after.client.dumpPanorama()).toEqual(panoramas);
      expect(await after.client.dumpInference()).toEqual(inferences);
      expect(await after.client.getObservedSubjects()).toEqual(watched);
      expect(await after.client.submitReport(handle, report())).toBe('accepted');
      await expect(after.client.submitReport(handle, report({ observer: 'peer@7' }))).rejects.toMatchObject({
        message: 'Invalid submission handle',
      });
      expect(await after.client.register({ module: 'ZooKeeper', observer: 'peer@2' })).toBe(handle + 1);
    } finally {
      await after.stop();
    }
  });

  it.each([1, 2, 3])('holds all that was acknowledged when the process is killed (run %i)', async () => {
    const file = join(folder, 'hview.db');
    const program = fileURLToPath(new URL('../programs/submit-for-ever.js', import.meta.url));
    const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const acknowledged: string[] = [];
    const enough = 200 + Math.floor(Math.random() * 800);
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === enough) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(acknowledged.length).toBeGreaterThanOrEqual(enough);
    const { subjects: held } = await readBack(file);
    expect(acknowledged.filter((subject) => !held.has(subject))).toEqual([]);
  });

  it('has everything on disk when it was closed', async () => {
    const file = join(folder, 'hview.db');
    const persistence = new SqlitePersistence({ file, logger: silentLogger });
    await openJournal(persistence);
    for (let index = 0; index < 12_000; index += 1) void persistence.save(changeOf(`s${index}`));
    await persistence.close();
    expect((await readBack(file)).reports).toHaveLength(12_000);
  });

  it('gives panoramas as they were saved, and of the reports only those that came later', async () => {
    const file = join(folder, 'hview.db');
    const persistence = new SqlitePersistence({ file, logger: silentLogger });
    await openJournal(persistence, { panorama: panoramaOf, evidence: () => [] });
    for (const subject of ['a', 'b', 'a']) {
      await persistence.save(changeOf(subject));
      persistence.panoramaChanged(subject);
    }
    await persistence.close();
    const again = new SqlitePersistence({ file, logger: silentLogger });
    const before = await openJournal(again, { panorama: panoramaOf, evidence: () => [] });
    expect(before.reports).toEqual([]);
    expect(before.panoramas).toEqual(new Map(['a', 'b'].map((subject) => [subject, panoramaOf(subject)])));
    await again.save(changeOf('c'));
    await again.close();
    expect((await readBack(file)).reports.map(({ subject }) => subject)).toEqual(['c']);
  });

  it('says so when its folder is read-only', async () => {
    const readOnly = makeReadOnlyFolder(join(folder, 'read-only'));
    if (readOnly === null) return;
    try {
      const databaseFile = join(readOnly.path, 'hview.db');
      await expect(runAggregator({ databaseFile })).rejects.toMatchObject({
        code: 'DATABASE_FAILED',
        message: expect.stringMatching(
          /read-only cannot be written: (?:the file system is read-only|permission denied)$/,
        ),
      });
    } finally {
      readOnly.remove();
    }
  });

  it.each<[string, (folder: string) => string]>([
    ['in a folder that is not there', (here) => join(here, 'missing', 'hview.db')],
    [
      'that is a folder',
      (here) => {
        mkdirSync(join(here, 'folder.db'));
        return join(here, 'folder.db');
      },
    ],
  ])('says what is wrong with a file %s', async (_, make) => {
    const databaseFile = make(folder);
    await expect(runAggregator({ databaseFile })).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: expect.stringContaining(databaseFile),
      hint: expect.stringContaining('-dbfile'),
    });
  });
});
