import { describe, expect, it } from '@jest/globals';
import { appendFileSync, closeSync, openSync, statSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { followLog, numbered, numberedText, openFilesBelow } from '../support/followed-log.js';

describe('a log that is deleted', () => {
  it('is read to its end first, and then let go of', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before, pollMs: 10, deletedLingerMs: 20 }, async ({ path, folder, log }) => {
      await log.untilLines(1);
      log.hold();
      appendFileSync(path, numberedText(2, 2));
      await log.held();
      appendFileSync(path, numberedText(3, 3));
      unlinkSync(path);
      log.release();
      await log.untilEvent('end 1 deleted');
      expect(log.lines).toEqual(numbered(1, 3));
      // The next file is opened only after the handle of the last was closed.
      writeFileSync(path, numberedText(4, 4));
      await log.untilLines(4);
      expect(openFilesBelow(folder)).toEqual([path]);
    });
  });

  it('is read on while its writer goes on writing to what has no name', async () => {
    await followLog({}, async ({ path, log }) => {
      const writer = openSync(path, 'a');
      writeSync(writer, numberedText(1, 1));
      await log.untilLines(1);
      unlinkSync(path);
      writeSync(writer, numberedText(2, 2));
      closeSync(writer);
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
    });
  });

  it('is followed when it is made again at once', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before }, async ({ path, log }) => {
      await log.untilLines(1);
      unlinkSync(path);
      writeFileSync(path, numberedText(2, 2));
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
    });
  });

  it('is taken for a new file when it comes back with the inode of the old one', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before, pollMs: 10, deletedLingerMs: 0 }, async ({ path, log }) => {
      await log.untilLines(1);
      for (let round = 2; round <= 8; round += 1) {
        unlinkSync(path);
        await log.untilEvent(`end ${round - 1} deleted`);
        // File systems such as ext4 give the number that was just freed away first.
        writeFileSync(path, numberedText(round, round));
        await log.untilLines(round);
      }
      expect(statSync(path).isFile()).toBe(true);
      expect(log.lines).toEqual(numbered(1, 8));
      expect(log.losses).toEqual([]);
    });
  });
});
