import { describe, expect, it } from '@jest/globals';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followLog, numbered, numberedText } from '../support/followed-log.js';

describe('a log that is rotated to names with a date', () => {
  it.each([
    ['after the name', 'app.log', (stamp: number) => `app.log-2026112${stamp}`],
    ['before the extension', 'app.log', (stamp: number) => `app-2026-11-2${stamp}.log`],
    ['with a count', 'app.log', (stamp: number) => `app.log.2026-11-22.${stamp}`],
  ])('is read whole when the date stands %s', async (_where, name, rotated) => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ name, before, useNotifications: false, pollMs: 60_000 }, async (followed) => {
      const { folder, path, log, follower } = followed;
      await log.untilLines(1);
      for (let rotation = 0; rotation < 3; rotation += 1) {
        // A part that the tests of other logs in the folder would leave: never to be taken for ours.
        writeFileSync(join(folder, `other.log.${rotation}`), 'other\n');
        renameSync(path, join(folder, rotated(rotation)));
        writeFileSync(path, numberedText(2 + rotation, 2 + rotation));
      }
      await follower.lookAgain();
      await log.untilLines(4);
      expect([...log.lines].sort()).toEqual(numbered(1, 4));
    });
  });
});
