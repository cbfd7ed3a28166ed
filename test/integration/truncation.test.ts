import { describe, expect, it } from '@jest/globals';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { ReadBuffers } from '../../agent/tail/read-buffers.js';
import { followLog, numbered, numberedText } from '../support/followed-log.js';

describe('a log that is truncated', () => {
  it('is read from its start again, and the loss is told', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 100));
    await followLog({ before }, async ({ path, log, follower }) => {
      await log.untilLines(100);
      truncateSync(path, 0);
      appendFileSync(path, numberedText(101, 102));
      await log.untilLines(102);
      expect(log.lines).toEqual(numbered(1, 102));
      expect(log.events).toEqual(['lost truncated 0', 'end 1 truncated']);
      expect(log.seen.at(-1)).toMatchObject({ generation: 2, offset: 8 });
      expect(follower.counts()).toMatchObject({ truncations: 1, losses: 1, bytesLost: 0 });
    });
  });

  it('is noticed although the file has grown past the old place before anyone looked', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 10));
    await followLog({ before, useNotifications: false, pollMs: 60_000 }, async ({ path, log, follower }) => {
      await log.untilLines(10);
      truncateSync(path, 0);
      appendFileSync(path, numberedText(11, 60));
      await follower.lookAgain();
      await log.untilLines(60);
      expect(log.lines).toEqual(numbered(1, 60));
      expect(log.events).toEqual(['lost truncated 0', 'end 1 truncated']);
    });
  });

  it('is noticed although the new text has the same length', async () => {
    const before = (path: string) => writeFileSync(path, 'one\ntwo\n');
    await followLog({ before, useNotifications: false, pollMs: 60_000 }, async ({ path, log, follower }) => {
      await log.untilCaughtUp(8);
      writeFileSync(path, 'ten\nsix\n');
      await follower.lookAgain();
      await log.untilLines(4);
      expect(log.lines).toEqual(['one', 'two', 'ten', 'six']);
    });
  });

  it('is noticed although the bytes before the old place are the same again', async () => {
    const filling = 'the same line in both files, and long enough for any marker of them\n'.repeat(40);
    const before = (path: string) => writeFileSync(path, `first banner\n${filling}`);
    // The head is compared at most four times a second: let that time have passed.
    await followLog({ before, pollMs: 60_000, useNotifications: false }, async ({ path, log, follower }) => {
      await log.untilLines(41);
      writeFileSync(path, `other banner\n${filling}more\n`);
      await follower.lookAgain();
      await log.untilLines(83);
      expect(log.lines[41]).toBe('other banner');
      expect(log.lines[82]).toBe('more');
    });
  });

  it('is noticed although the new text begins like the old one', async () => {
    const banner = 'the banner that the program writes whenever it opens its log\n'.repeat(40);
    const before = (path: string) => writeFileSync(path, `${banner}${numberedText(1, 5)}`);
    await followLog({ before, useNotifications: false, pollMs: 60_000 }, async ({ path, log, follower }) => {
      await log.untilLines(45);
      writeFileSync(path, `${banner}${numberedText(6, 60)}`);
      await follower.lookAgain();
      await log.untilLines(45 + 95);
      expect(log.lines.slice(85)).toEqual(numbered(6, 60));
    });
  });

  it('drops the half line that was cut away instead of joining it to the new text', async () => {
    await followLog({ before: (path) => writeFileSync(path, 'whole\nhal') }, async ({ path, log }) => {
      await log.untilCaughtUp(9);
      truncateSync(path, 0);
      appendFileSync(path, 'new\n');
      await log.untilLines(3);
      expect(log.lines).toEqual(['whole', 'hal', 'new']);
    });
  });

  it('tells how many unread bytes were seen to go', async () => {
    // Ten reads long; the reader is kept waiting on the first, so that no more than the next is read.
    await followLog({ buffers: new ReadBuffers(1064) }, async ({ path, log, follower }) => {
      log.hold();
      writeFileSync(path, 'x'.repeat(10_000));
      await log.held();
      truncateSync(path, 0);
      appendFileSync(path, numberedText(1, 1));
      log.release();
      await log.untilLines(2);
      const read = log.lines[0]?.length ?? 0;
      expect(read).toBeLessThan(3000);
      expect(log.lines).toEqual(['x'.repeat(read), 'seq=1']);
      expect(log.losses).toMatchObject([{ kind: 'truncated', knownBytes: 10_000 - read }]);
      expect(follower.counts().bytesLost).toBe(10_000 - read);
    });
  });

  it('is read every time when it is truncated again and again', async () => {
    await followLog({}, async ({ path, log }) => {
      for (let round = 1; round <= 20; round += 1) {
        writeFileSync(path, numberedText(round, round));
        await log.untilLines(round);
      }
      expect(log.lines).toEqual(numbered(1, 20));
    });
  });

  it('is rotated by copy and truncate without reading the copy, also at a later rename', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 5));
    await followLog({ before }, async ({ path, log }) => {
      await log.untilLines(5);
      copyFileSync(path, `${path}.1`);
      truncateSync(path, 0);
      appendFileSync(path, numberedText(6, 7));
      await log.untilLines(7);
      renameSync(`${path}.1`, `${path}.2`);
      renameSync(path, `${path}.1`);
      writeFileSync(path, numberedText(8, 8));
      await log.untilLines(8);
      expect(log.lines).toEqual(numbered(1, 8));
    });
  });

  it('is read to its end in the copy when it is cut before everything was read', async () => {
    await followLog({ buffers: new ReadBuffers(1064) }, async ({ path, log, follower }) => {
      for (let round = 0; round < 3; round += 1) {
        log.hold();
        appendFileSync(path, numberedText(round * 2001 + 1, round * 2001 + 2000));
        await log.held();
        // The second time the copy takes the place, and the inode, of the first one.
        copyFileSync(path, `${path}.1`);
        truncateSync(path, 0);
        appendFileSync(path, numberedText(round * 2001 + 2001, round * 2001 + 2001));
        log.release();
        await log.untilLines((round + 1) * 2001);
      }
      expect(log.lines).toEqual(numbered(1, 6003));
      expect(follower.counts()).toMatchObject({ truncations: 3, bytesLost: 0 });
    });
  });

  it('takes a copy that someone made for what it is when the log is renamed later', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 5));
    await followLog({ before, useNotifications: false, pollMs: 60_000 }, async ({ path, log, follower }) => {
      await log.untilLines(5);
      copyFileSync(path, `${path}.old`);
      appendFileSync(path, numberedText(6, 6));
      renameSync(path, `${path}.1`);
      writeFileSync(path, numberedText(7, 7));
      await follower.lookAgain();
      await log.untilLines(7);
      expect(log.lines).toEqual(numbered(1, 7));
    });
  });

  it('does not take a new file for a copy because it begins with the same banner', async () => {
    const banner = 'the banner\n';
    const before = (path: string) => writeFileSync(path, banner);
    await followLog({ before, useNotifications: false, pollMs: 60_000 }, async ({ path, log, follower }) => {
      await log.untilLines(1);
      renameSync(path, `${path}.2`);
      writeFileSync(`${path}.1`, `${banner}${numberedText(1, 1)}`);
      writeFileSync(path, `${banner}${numberedText(2, 2)}`);
      await follower.lookAgain();
      await log.untilLines(5);
      expect(log.lines).toEqual(['the banner', 'the banner', 'seq=1', 'the banner', 'seq=2']);
    });
  });

  it('skips the hole that a writer leaves which does not append', async () => {
    await followLog({}, async ({ path, log, follower }) => {
      const writer = openSync(path, 'w');
      writeSync(writer, numberedText(1, 1000));
      await log.untilLines(1000);
      truncateSync(path, 0);
      // Written at the writer's own offset: zeros stand before it now.
      writeSync(writer, numberedText(1001, 1002));
      closeSync(writer);
      await log.untilLines(1002);
      expect(log.lines).toEqual(numbered(1, 1002));
      expect(follower.counts().holeBytes).toBe(numberedText(1, 1000).length);
      expect(log.seen[1000]?.offset).toBe(numberedText(1, 1000).length);
    });
  });
});
