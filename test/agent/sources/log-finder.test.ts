import { describe, expect, it } from '@jest/globals';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogFinder } from '../../../agent/sources/log-finder.js';
import { FolderWatches } from '../../../agent/tail/folder-watches.js';
import { systemClock } from '../../../runtime/clock.js';
import { inFolder } from '../../support/followed-log.js';

interface Found {
  /** What was found last, below the folder. */
  now(): string[];
  /** Resolves when exactly this is found. */
  until(...names: string[]): Promise<void>;
}

/** Runs a finder of `logs` in a folder that has `files`. */
async function finding(
  files: readonly string[],
  logs: readonly string[],
  test: (folder: string, found: Found, finder: LogFinder) => Promise<void> | void,
  exclude: readonly string[] = [],
): Promise<void> {
  await inFolder(async (folder) => {
    for (const file of files) write(folder, file);
    const folders = new FolderWatches();
    let names: string[] = [];
    const known = new Set<string>();
    const waiters: (() => void)[] = [];
    const finder = new LogFinder({
      logs: logs.map((log) => join(folder, log)),
      exclude: exclude.map((log) => join(folder, log)),
      folders,
      clock: systemClock,
      known: () => known,
      onLogs: (paths) => {
        for (const path of paths) known.add(path);
        names = [...paths].map((path) => path.slice(folder.length + 1)).sort();
        for (const wake of waiters.splice(0)) wake();
      },
    });
    const until = async (...wanted: string[]): Promise<void> => {
      while (JSON.stringify(names) !== JSON.stringify(wanted)) {
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    };
    try {
      await finder.start();
      await test(folder, { now: () => names, until }, finder);
    } finally {
      await finder.stop();
      await folders.close();
    }
  });
}

function write(folder: string, file: string): void {
  mkdirSync(join(folder, file, '..'), { recursive: true });
  writeFileSync(join(folder, file), `${file}\n`);
}

describe('what globs find', () => {
  it.each<[string, string[], string[], string[]]>([
    ['names in a folder', ['a.log', 'b.log', 'c.txt'], ['*.log'], ['a.log', 'b.log']],
    ['names in folders', ['x/a.log', 'y/a.log', 'y/z/a.log'], ['*/a.log'], ['x/a.log', 'y/a.log']],
    [
      'names at any depth',
      ['a.log', 'x/a.log', 'x/y/z/a.log'],
      ['**/*.log'],
      ['a.log', 'x/a.log', 'x/y/z/a.log'],
    ],
    ['alternatives', ['a.log', 'b.log', 'c.log'], ['{a,b}.log'], ['a.log', 'b.log']],
    ['a file that two globs name, once', ['a.log'], ['*.log', 'a.*'], ['a.log']],
    ['a plain path, there or not', ['a.log'], ['a.log', 'missing.log'], ['a.log', 'missing.log']],
    ['no folders', ['x.log/inside'], ['*.log'], []],
    [
      'no older parts of a log and nothing compressed',
      ['a.log', 'a.log.1', 'a.log.2.gz', 'a.log-20261122', 'a.1.log', 'b-2026-11-22.log', 'b-2026-11-23.log'],
      ['*'],
      ['a.log', 'b-2026-11-22.log', 'b-2026-11-23.log'],
    ],
  ])('are %s', async (_, files, logs, expected) => {
    await finding(files, logs, (_folder, found) => {
      expect(found.now()).toEqual(expected);
    });
  });

  it('are not what is excluded', async () => {
    await finding(
      ['a.log', 'b.log', 'x/c.log'],
      ['**/*.log'],
      (_, found) => expect(found.now()).toEqual(['a.log']),
      ['b*', 'x/**'],
    );
  });

  it('are found through a linked folder that is named, and loops end', async () => {
    await finding(['real/a.log'], ['link/*.log', 'real/**/*.log'], async (folder, found, finder) => {
      symlinkSync(join(folder, 'real'), join(folder, 'link'));
      symlinkSync(join(folder, 'real'), join(folder, 'real', 'loop'));
      await finder.look();
      expect(found.now()).toEqual(['link/a.log', 'real/a.log']);
    });
  });
});

describe('a finder at work', () => {
  it('finds files and folders that come, and tells those that go', async () => {
    await finding(['logs/a.log'], ['logs/**/*.log'], async (folder, found) => {
      write(folder, 'logs/b.log');
      await found.until('logs/a.log', 'logs/b.log');
      write(folder, 'logs/new/c.log');
      await found.until('logs/a.log', 'logs/b.log', 'logs/new/c.log');
      renameSync(join(folder, 'logs/a.log'), join(folder, 'logs/a.txt'));
      rmSync(join(folder, 'logs/new'), { recursive: true });
      await found.until('logs/b.log');
    });
  });

  it('takes what was rotated away for a part of its log while the log is missing', async () => {
    await finding(['a.log'], ['a.log*'], async (folder, found, finder) => {
      renameSync(join(folder, 'a.log'), join(folder, 'a.log.1'));
      await finder.look();
      expect(found.now()).toEqual([]);
    });
  });

  it('waits for a folder that is not there yet', async () => {
    await finding([], ['later/*.log'], async (folder, found, finder) => {
      expect(found.now()).toEqual([]);
      write(folder, 'later/a.log');
      await finder.look();
      expect(found.now()).toEqual(['later/a.log']);
    });
  });
});
