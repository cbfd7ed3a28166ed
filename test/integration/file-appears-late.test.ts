import { describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { followLog, numbered, numberedText } from '../support/followed-log.js';

describe('a log that is not there at the start', () => {
  it('is waited for, which is said once, and read from its first byte', async () => {
    await followLog({ startAt: 'end' }, async ({ path, log }) => {
      await log.untilEvent('waiting');
      writeFileSync(path, numberedText(1, 2));
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
      expect(log.events).toEqual(['waiting']);
    });
  });

  it('is found although its folders appear late as well', async () => {
    await followLog({ name: 'a/b/app.log', idlePollMs: 250 }, async ({ path, log }) => {
      await log.untilEvent('waiting');
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, numberedText(1, 1));
      await log.untilLines(1);
      expect(log.lines).toEqual(numbered(1, 1));
    });
  });

  it('is found by notification alone when its folder appears', async () => {
    await followLog({ name: 'a/app.log', pollMs: 60_000 }, async ({ folder, path, log }) => {
      await log.untilEvent('waiting');
      const prepared = join(folder, 'prepared');
      mkdirSync(prepared);
      writeFileSync(join(prepared, 'app.log'), numberedText(1, 1));
      renameSync(prepared, dirname(path));
      await log.untilLines(1);
      expect(log.lines).toEqual(numbered(1, 1));
    });
  });

  it('is followed on when its folder is deleted and made again', async () => {
    const before = (path: string) => {
      mkdirSync(dirname(path));
      writeFileSync(path, numberedText(1, 1));
    };
    await followLog({ name: 'a/app.log', before, pollMs: 20 }, async ({ path, log }) => {
      await log.untilLines(1);
      rmSync(dirname(path), { recursive: true });
      mkdirSync(dirname(path));
      writeFileSync(path, numberedText(2, 2));
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
    });
  });

  it('is told about in a folder that took the place of the first one', async () => {
    const before = (path: string) => {
      mkdirSync(dirname(path));
      writeFileSync(path, numberedText(1, 1));
    };
    await followLog({ name: 'a/app.log', before, pollMs: 60_000 }, async (followed) => {
      const { folder, path, log, follower } = followed;
      await log.untilCaughtUp(6);
      renameSync(dirname(path), join(folder, 'aside'));
      mkdirSync(dirname(path));
      writeFileSync(path, numberedText(2, 3));
      await follower.lookAgain();
      await log.untilCaughtUp(12);
      appendFileSync(path, numberedText(4, 4));
      await log.untilLines(4);
      expect(log.lines).toEqual(numbered(1, 4));
    });
  });
});
