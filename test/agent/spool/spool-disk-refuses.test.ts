import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SpoolOptions } from '../../../agent/spool/spool.js';
import { Spool } from '../../../agent/spool/spool.js';
import type { Logger } from '../../../runtime/logger.js';
import { silentLogger } from '../../../runtime/logger.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { inFolder } from '../../support/followed-log.js';
import { makeReadOnlyFolder } from '../../support/read-only-folder.js';
import { numberedEntries } from '../../support/spool-entries.js';

const ALL = { entries: 1000, bytes: 1024 * 1024 };

function recordingLogger(): { logger: Logger; messages: string[] } {
  const messages: string[] = [];
  const note = (message: string): void => void messages.push(message);
  const logger: Logger = { ...silentLogger, info: note, warn: note, error: note, child: () => logger };
  return { logger, messages };
}

function setUp(folder: string | null, options: Partial<SpoolOptions> = {}) {
  const clock = new FakeClock();
  const { logger, messages } = recordingLogger();
  return { clock, messages, opened: Spool.open({ folder, clock, logger, ...options }) };
}

/** A file system of a megabyte; null, with the reason on standard error, where that is refused. */
function mountSmall(path: string): (() => void) | null {
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'pipe' });
    return () => execFileSync('umount', [path]);
  } catch (error) {
    process.stderr.write(`not tried: a small file system is refused: ${String(error)}\n`);
    return null;
  }
}

describe('a disk that is full', () => {
  it('is told once, entries go on in memory, and back to the disk when there is room', async () => {
    await inFolder(async (root) => {
      const mount = join(root, 'small');
      const unmount = mountSmall(mount);
      if (unmount === null) return;
      try {
        const folder = join(mount, 'spool');
        const { clock, messages, opened } = setUp(folder);
        const spool = await opened;
        await spool.append(numberedEntries(1, 5));
        writeFileSync(join(mount, 'ballast'), Buffer.alloc(1024 * 1024 - 16 * 1024));
        const ballast = fillUp(mount);
        for (let id = 6; id <= 105; id += 10) await spool.append(numberedEntries(id, id + 9));
        expect(spool.counts()).toMatchObject({ appended: 105, waiting: { entries: 105 } });
        expect(spool.counts().notDurable).toBeGreaterThan(50);
        expect(spool.durableSequence).toBe(105 - spool.counts().notDurable);
        // What is in memory only is delivered all the same, and in order.
        const first = await spool.next({ entries: 50, bytes: 1e6 });
        spool.settle(50);
        expect(first.map(({ id }) => Number(id))).toEqual(
          Array.from({ length: 50 }, (_, index) => index + 1),
        );
        clock.advance(10_000);
        await settle();
        expect(messages).toEqual([
          'the spool cannot be written; observations are kept in memory until it can',
        ]);
        for (const file of ballast) rmSync(file);
        await untilDurable(spool, clock);
        expect(messages.at(-1)).toBe('the spool is written again');
        await spool.close();
        const again = await setUp(folder).opened;
        expect(again.counts()).toMatchObject({ recovered: 55, damaged: 0 });
        const rest = await again.next(ALL);
        expect(rest.map(({ id }) => Number(id))).toEqual(
          Array.from({ length: 55 }, (_, index) => index + 51),
        );
        await again.close();
      } finally {
        unmount();
      }
    });
  });
});

/** Fills a file system to its last byte. */
function fillUp(folder: string): string[] {
  const files = [join(folder, 'ballast')];
  for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
    for (let index = 0; ; index += 1) {
      const file = join(folder, `ballast-${size}-${index}`);
      try {
        writeFileSync(file, Buffer.alloc(size));
        files.push(file);
      } catch {
        files.push(file);
        break;
      }
    }
  }
  return files;
}

async function untilDurable(spool: Spool, clock: FakeClock): Promise<void> {
  while (spool.counts().notDurable > 0) {
    clock.advance(1000);
    await settle();
  }
  while (spool.durableSequence < spool.lastSequence) await settle();
}

describe('a folder that cannot be written', () => {
  it('does not keep the spool from working in memory', async () => {
    await inFolder(async (root) => {
      const readOnly = makeReadOnlyFolder(join(root, 'fixed'));
      if (readOnly === null) return;
      try {
        const { messages, opened } = setUp(join(readOnly.path, 'spool'));
        const spool = await opened;
        await spool.append(numberedEntries(1, 3));
        expect(await spool.next(ALL)).toHaveLength(3);
        expect(spool.durableSequence).toBe(0);
        expect(messages).toEqual([
          'the spool cannot be written; observations are kept in memory until it can',
        ]);
        spool.settle(3);
        expect(spool.durableSequence).toBe(3);
        await spool.close();
      } finally {
        readOnly.remove();
      }
    });
  });
});

describe('a spool in memory', () => {
  it('makes the caller wait when it is full, until something is delivered', async () => {
    const spool = await setUp(null, { maxMemoryBytes: 1000 }).opened;
    await spool.append(numberedEntries(1, 20));
    let isTaken = false;
    const waiting = spool.append(numberedEntries(21, 21)).then((last) => {
      isTaken = true;
      return last;
    });
    await settle();
    expect(isTaken).toBe(false);
    const entries = await spool.next(ALL);
    spool.settle(entries.length);
    expect(await waiting).toBe(21);
    await spool.close();
  });

  it('lets whoever waits go when it is closed, and counts what it did not take', async () => {
    const spool = await setUp(null, { maxMemoryBytes: 1000 }).opened;
    await spool.append(numberedEntries(1, 20));
    const waiting = spool.append(numberedEntries(21, 22));
    await settle();
    await spool.close();
    await waiting;
    expect(spool.counts()).toMatchObject({
      appended: 22,
      waiting: { entries: 20 },
      dropped: { closed: 2 },
    });
    expect(spool.durableSequence).toBe(0);
  });
});
