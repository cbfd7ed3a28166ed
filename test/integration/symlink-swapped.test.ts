import { describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followLog, numbered, numberedText } from '../support/followed-log.js';

/** A link to one of two files in a folder of their own. */
function before(path: string, folder: string): void {
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data', 'first.log'), numberedText(1, 1));
  writeFileSync(join(folder, 'data', 'second.log'), numberedText(3, 3));
  symlinkSync(join('data', 'first.log'), path);
}

describe('a log that is a symbolic link', () => {
  it('is told about when the file behind the link grows', async () => {
    // Only notifications can be quick enough: the next poll is a minute away.
    await followLog({ before, pollMs: 60_000 }, async ({ folder, log }) => {
      await log.untilCaughtUp(6);
      appendFileSync(join(folder, 'data', 'first.log'), numberedText(2, 2));
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
    });
  });

  it('is followed to another file when the link is swapped', async () => {
    await followLog({ before }, async ({ folder, path, log }) => {
      await log.untilLines(1);
      appendFileSync(join(folder, 'data', 'first.log'), numberedText(2, 2));
      symlinkSync(join('data', 'second.log'), `${path}.new`);
      renameSync(`${path}.new`, path);
      await log.untilLines(3);
      expect(log.lines).toEqual(numbered(1, 3));
      expect(log.events).toEqual(['left 1']);
    });
  });

  it('is read on when the file behind the link is rotated', async () => {
    await followLog({ before }, async ({ folder, log }) => {
      const first = join(folder, 'data', 'first.log');
      await log.untilLines(1);
      renameSync(first, `${first}.1`);
      writeFileSync(first, numberedText(2, 2));
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
    });
  });

  it('is waited for while the link leads nowhere', async () => {
    await followLog({ before, pollMs: 20 }, async ({ folder, path, log }) => {
      await log.untilLines(1);
      unlinkSync(path);
      await log.untilEvent('waiting');
      writeFileSync(join(folder, 'data', 'third.log'), numberedText(2, 2));
      symlinkSync(join('data', 'third.log'), path);
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
    });
  });
});
