import { describe, expect, it } from '@jest/globals';
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, followLog, numbered, numberedText, openFilesBelow } from '../support/followed-log.js';

/** As loggers of the fixed-window kind do it: .2 becomes .3, .1 becomes .2, the log becomes .1. */
function shift(path: string, rotations: number): void {
  for (let count = rotations; count > 0; count -= 1) renameSync(`${path}.${count}`, `${path}.${count + 1}`);
  renameSync(path, `${path}.1`);
}

describe('a log that is rotated by renaming', () => {
  it('is followed into the new file, and everything of the old one comes first', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 3));
    await followLog({ before }, async ({ path, log, follower }) => {
      await log.untilLines(3);
      renameSync(path, `${path}.1`);
      writeFileSync(path, numberedText(4, 6));
      await log.untilLines(6);
      expect(log.lines).toEqual(numbered(1, 6));
      expect(log.seen.map(({ generation }) => generation)).toEqual([1, 1, 1, 2, 2, 2]);
      expect(log.events).toEqual(['left 1']);
      expect(follower.counts()).toMatchObject({ rotations: 1, filesOpened: 2, losses: 0 });
    });
  });

  it('never joins a half line at the end of the old file to the first line of the new one', async () => {
    const before = (path: string) => writeFileSync(path, 'whole\nhal');
    await followLog({ before, lingerMs: 0 }, async ({ path, log }) => {
      await log.untilCaughtUp(9);
      renameSync(path, `${path}.1`);
      writeFileSync(path, 'new\n');
      await log.untilLines(3);
      expect(log.lines).toEqual(['whole', 'hal', 'new']);
      expect(log.events).toEqual(['end 1 rotated']);
    });
  });

  it('lets a half line be finished by a writer that still has the old file', async () => {
    await followLog({}, async ({ path, log }) => {
      const old = openSync(path, 'a');
      writeSync(old, 'whole\nhal');
      await log.untilLines(1);
      renameSync(path, `${path}.1`);
      writeFileSync(path, 'new\n');
      await log.untilLines(2);
      writeSync(old, 'f\n');
      await log.untilLines(3);
      closeSync(old);
      expect(log.lines).toEqual(['whole', 'new', 'half']);
      expect(log.seen.map(({ generation }) => generation)).toEqual([1, 2, 1]);
    });
  });

  it('reads on in the old file as long as nothing is written to the new one', async () => {
    await followLog({}, async ({ path, log }) => {
      const old = openSync(path, 'a');
      writeSync(old, numberedText(1, 1));
      await log.untilLines(1);
      renameSync(path, `${path}.1`);
      writeFileSync(path, '');
      writeSync(old, numberedText(2, 2));
      await log.untilCaughtUp(12);
      expect(log.events).toEqual([]);
      writeSync(old, numberedText(3, 3));
      closeSync(old);
      appendFileSync(path, numberedText(4, 4));
      await log.untilLines(4);
      expect(log.lines).toEqual(numbered(1, 4));
      expect(log.events).toEqual(['left 1']);
    });
  });

  it('lets go of the old file when its writer has been silent for the linger time', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before, pollMs: 10, lingerMs: 30 }, async ({ path, folder, log }) => {
      await log.untilLines(1);
      renameSync(path, `${path}.1`);
      writeFileSync(path, numberedText(2, 2));
      await log.untilEvent('end 1 rotated');
      appendFileSync(path, numberedText(3, 3));
      await log.untilLines(3);
      expect(log.lines).toEqual(numbered(1, 3));
      expect(openFilesBelow(folder)).toEqual([path]);
    });
  });

  it('finds the files that had the name between two looks, oldest first', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before, useNotifications: false, pollMs: 60_000 }, async ({ path, log, follower }) => {
      await log.untilLines(1);
      // Nobody looks during this: there are no notifications and the next poll is a minute away.
      for (let rotation = 0; rotation < 5; rotation += 1) {
        shift(path, rotation);
        writeFileSync(path, numberedText(2 + rotation, 2 + rotation));
      }
      await follower.lookAgain();
      await log.untilLines(6);
      expect(log.lines).toEqual(numbered(1, 6));
    });
  });

  it('finds a file that had the name for a moment while nothing had it before and after', async () => {
    await followLog({ useNotifications: false, pollMs: 60_000 }, async ({ path, log, follower }) => {
      await log.untilEvent('waiting');
      for (let rotation = 0; rotation < 2; rotation += 1) {
        writeFileSync(path, numberedText(1 + rotation, 1 + rotation));
        shift(path, rotation);
        await follower.lookAgain();
        await log.untilLines(1 + rotation);
      }
      expect(log.lines).toEqual(numbered(1, 2));
    });
  });

  it('reads files that were deleted before their turn, while the reader was kept waiting', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before, maxOpenFiles: 8 }, async ({ path, log, follower }) => {
      await log.untilLines(1);
      log.hold();
      appendFileSync(path, numberedText(2, 2));
      await log.held();
      for (let rotation = 0; rotation < 4; rotation += 1) {
        renameSync(path, `${path}.1`);
        writeFileSync(path, numberedText(3 + rotation, 3 + rotation));
        await follower.lookAgain();
        unlinkSync(`${path}.1`);
      }
      log.release();
      await log.untilLines(6);
      expect(log.lines).toEqual(numbered(1, 6));
      expect(follower.counts()).toMatchObject({ losses: 0, filesOpened: 5 });
    });
  });

  it('opens new files as they come while the reader is kept waiting, without a poll', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before, pollMs: 60_000 }, async ({ path, log, follower }) => {
      await log.untilLines(1);
      log.hold();
      appendFileSync(path, numberedText(2, 2));
      await log.held();
      for (let rotation = 0; rotation < 3; rotation += 1) {
        renameSync(path, `${path}.1`);
        writeFileSync(path, numberedText(3 + rotation, 3 + rotation));
        await eventually(() => follower.counts().filesOpened === 2 + rotation);
        unlinkSync(`${path}.1`);
      }
      log.release();
      await log.untilLines(5);
      expect(log.lines).toEqual(numbered(1, 5));
    });
  });

  it('holds no more files open than allowed, and reads the rest when their turn comes', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before, maxOpenFiles: 2, lingerMs: 0 }, async ({ path, folder, log, follower }) => {
      await log.untilLines(1);
      log.hold();
      appendFileSync(path, numberedText(2, 2));
      await log.held();
      for (let rotation = 0; rotation < 5; rotation += 1) {
        shift(path, rotation);
        writeFileSync(path, numberedText(3 + rotation, 3 + rotation));
        await follower.lookAgain();
      }
      expect(openFilesBelow(folder)).toHaveLength(2);
      log.release();
      await log.untilLines(7);
      expect(log.lines).toEqual(numbered(1, 7));
    });
  });

  it('reads a file that gets its name back from where it was left', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 2));
    await followLog({ before, lingerMs: 0 }, async ({ path, log }) => {
      await log.untilLines(2);
      renameSync(path, `${path}.aside`);
      writeFileSync(path, numberedText(3, 3));
      await log.untilEvent('end 1 rotated');
      await log.untilLines(3);
      renameSync(`${path}.aside`, path);
      appendFileSync(path, numberedText(4, 4));
      await log.untilLines(4);
      expect(log.lines).toEqual(numbered(1, 4));
    });
  });

  it('takes an older part that was there before the start for read', async () => {
    const before = (path: string) => {
      writeFileSync(`${path}.1`, 'old\n');
      writeFileSync(path, numberedText(1, 1));
    };
    await followLog({ before }, async ({ path, log }) => {
      await log.untilLines(1);
      shift(path, 1);
      writeFileSync(path, numberedText(2, 2));
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
    });
  });

  it('does not read what compression makes of the old file', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before }, async ({ path, log }) => {
      await log.untilLines(1);
      log.hold();
      appendFileSync(path, numberedText(2, 2));
      await log.held();
      renameSync(path, `${path}.1`);
      writeFileSync(`${path}.1.gz`, 'not text\n');
      unlinkSync(`${path}.1`);
      writeFileSync(path, numberedText(3, 3));
      log.release();
      await log.untilLines(3);
      expect(log.lines).toEqual(numbered(1, 3));
    });
  });

  it('loses nothing at fifty rotations a second', async () => {
    await followLog({}, async ({ path, log, follower }) => {
      const rotations = 50;
      const perFile = 20;
      for (let rotation = 0; rotation < rotations; rotation += 1) {
        if (rotation > 0) shift(path, Math.min(rotation - 1, 5));
        const first = rotation * perFile + 1;
        const writer = openSync(path, 'a');
        for (let line = first; line < first + perFile; line += 1) writeSync(writer, `seq=${line}\n`);
        closeSync(writer);
        // The pace of the writer under test, not a wait for the reader.
        await pause(20);
      }
      await log.untilLines(rotations * perFile);
      expect(log.lines).toEqual(numbered(1, rotations * perFile));
      expect(follower.counts().losses).toBe(0);
    });
  });
});
