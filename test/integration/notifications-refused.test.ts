import { afterEach, describe, expect, it } from '@jest/globals';
import fs, { appendFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { followLog, numbered, numberedText } from '../support/followed-log.js';

const realWatch = fs.watch;

/** From now on the system has no watches left, as when fs.inotify.max_user_watches is reached. */
function exhaustWatches(): void {
  fs.watch = () => {
    const error = new Error('ENOSPC: System limit for number of file watchers reached');
    throw Object.assign(error, { code: 'ENOSPC' });
  };
  syncBuiltinESMExports();
}

afterEach(() => {
  fs.watch = realWatch;
  syncBuiltinESMExports();
});

describe('a folder that cannot be watched', () => {
  it('is polled instead, nothing is lost, and the limit is named', async () => {
    exhaustWatches();
    await followLog({ pollMs: 20 }, async ({ folder, path, log }) => {
      await log.untilEvent('waiting');
      writeFileSync(path, numberedText(1, 1));
      await log.untilLines(1);
      appendFileSync(path, numberedText(2, 2));
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
      expect(log.problems[0]).toMatchObject({
        code: 'FILE_UNREADABLE',
        message: `cannot watch the folder ${folder}: ENOSPC: System limit for number of file watchers reached`,
        hint: 'Polling takes over, nothing is lost. Raise fs.inotify.max_user_watches to be told at once.',
      });
    });
  });
});
