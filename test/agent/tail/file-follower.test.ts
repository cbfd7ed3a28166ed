import { describe, expect, it } from '@jest/globals';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileFollower } from '../../../agent/tail/file-follower.js';
import { ReadBuffers } from '../../../agent/tail/read-buffers.js';
import { FakeClock } from '../../support/fake-clock.js';
import { eventually, followLog, inFolder, numbered, numberedText } from '../../support/followed-log.js';
import { SourceRecorder } from '../../support/source-recorder.js';

describe('a follower', () => {
  it('gives the bytes of the file with their offsets, and waits for the handler between chunks', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      const text = numberedText(1, 2000);
      writeFileSync(path, text);
      let inHandler = 0;
      let mostAtOnce = 0;
      let expectedOffset = 0;
      const read: string[] = [];
      const log = new SourceRecorder();
      const follower = new FileFollower(
        { path, buffers: new ReadBuffers(1064) },
        {
          onChunk: async ({ bytes, offset }) => {
            inHandler += 1;
            mostAtOnce = Math.max(mostAtOnce, inHandler);
            expect(offset).toBe(expectedOffset);
            expectedOffset += bytes.length;
            const before = bytes.toString();
            await new Promise((resolve) => setImmediate(resolve));
            // What was handed on is not overwritten while the handler is at work.
            expect(bytes.toString()).toBe(before);
            read.push(before);
            inHandler -= 1;
          },
          onFileEnd: () => {},
          onCaughtUp: (file, offset) => log.onCaughtUp(file, offset),
        },
      );
      await follower.start();
      await log.untilCaughtUp(text.length);
      await follower.stop();
      expect(read.join('')).toBe(text);
      expect(mostAtOnce).toBe(1);
      expect(read.length).toBeGreaterThan(10);
    });
  });

  it('begins at the end of the file when told to', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 100));
    await followLog({ before, startAt: 'end' }, async ({ path, log }) => {
      await log.untilCaughtUp(numberedText(1, 100).length);
      appendFileSync(path, numberedText(101, 101));
      await log.untilLines(1);
      expect(log.lines).toEqual(['seq=101']);
    });
  });

  it('may be started and stopped twice, and says nothing after it was stopped', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, numberedText(1, 1));
      const log = new SourceRecorder();
      const follower = new FileFollower({ path }, log);
      await Promise.all([follower.start(), follower.start()]);
      await log.untilLines(1);
      await Promise.all([follower.stop(), follower.stop()]);
      await follower.finished;
      appendFileSync(path, numberedText(2, 2));
      await follower.lookAgain();
      expect(log.lines).toEqual(numbered(1, 1));
      expect(log.events).toEqual(['end 1 source-closed']);
    });
  });

  it('may be stopped although it was never started', async () => {
    const follower = new FileFollower({ path: '/nowhere/app.log' }, new SourceRecorder());
    await follower.stop();
    await expect(follower.finished).resolves.toBeUndefined();
  });

  it('ends with what a handler throws, and closes the file', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, numberedText(1, 1));
      const follower = new FileFollower(
        { path },
        {
          onChunk: () => {
            throw new Error('no more');
          },
          onFileEnd: () => {},
        },
      );
      await follower.start();
      await expect(follower.finished).rejects.toThrow('no more');
    });
  });

  it('finds everything by polling where there are no notifications, at the pace of the poll', async () => {
    const clock = new FakeClock();
    await followLog({ useNotifications: false, pollMs: 250, clock }, async ({ path, log }) => {
      await log.untilEvent('waiting');
      writeFileSync(path, numberedText(1, 1));
      await clock.waitForTimer();
      clock.advance(250);
      await log.untilLines(1);
      appendFileSync(path, numberedText(2, 2));
      await clock.waitForTimer();
      clock.advance(249);
      expect(log.lines).toEqual(numbered(1, 1));
      clock.advance(1);
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
    });
  });

  it('says again that it waits, once the reminder is due', async () => {
    const clock = new FakeClock();
    await followLog({ pollMs: 250, reminderMs: 60_000, clock }, async ({ log }) => {
      await log.untilEvent('waiting');
      for (let elapsedMs = 0; elapsedMs < 120_000; elapsedMs += 250) {
        await clock.waitForTimer();
        clock.advance(250);
      }
      await log.until('two reminders', () => log.events.length === 3);
      expect(log.events).toEqual(['waiting', 'waiting', 'waiting']);
    });
  });

  it('looks less and less often at a file that is idle and watched', async () => {
    const clock = new FakeClock();
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before, pollMs: 250, idlePollMs: 2000, clock }, async ({ log }) => {
      await log.untilCaughtUp(6);
      const delays: number[] = [];
      for (let look = 0; look < 6; look += 1) {
        await clock.waitForTimer();
        delays.push(clock.nextDelayMs);
        clock.advance(clock.nextDelayMs);
      }
      expect(delays).toEqual([250, 500, 1000, 2000, 2000, 2000]);
    });
  });

  it('lets others have the buffer in between while it works off a backlog', async () => {
    await inFolder(async (folder) => {
      const buffers = new ReadBuffers(1064, 1);
      const order: string[] = [];
      const followers = ['first', 'second'].map((name) => {
        const path = join(folder, `${name}.log`);
        writeFileSync(path, numberedText(1, 2000));
        return new FileFollower(
          { path, buffers },
          { onChunk: () => void order.push(name), onFileEnd: () => {} },
        );
      });
      await Promise.all(followers.map((follower) => follower.start()));
      const whole = numberedText(1, 2000).length;
      await eventually(() => followers.every((follower) => follower.counts().bytesRead === whole));
      await Promise.all(followers.map((follower) => follower.stop()));
      expect(order.indexOf('second')).toBeLessThan(order.lastIndexOf('first'));
      expect(order.indexOf('first')).toBeLessThan(order.lastIndexOf('second'));
    });
  });

  it('shares a few buffers with others without losing a line', async () => {
    await inFolder(async (folder) => {
      const buffers = new ReadBuffers(1064, 2);
      const logs = Array.from({ length: 5 }, () => new SourceRecorder());
      const followers = logs.map((log, index) => {
        const path = join(folder, `${index}.log`);
        writeFileSync(path, numberedText(1, 2000));
        return new FileFollower({ path, buffers }, log);
      });
      await Promise.all(followers.map((follower) => follower.start()));
      await Promise.all(logs.map((log) => log.untilLines(2000)));
      await Promise.all(followers.map((follower) => follower.stop()));
      for (const log of logs) expect(log.lines).toEqual(numbered(1, 2000));
    });
  });
});
