import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileFollower } from '../../agent/tail/file-follower.js';
import { WholeFileSource } from '../../agent/tail/whole-file-source.js';
import { followLog, inFolder, numbered, numberedText } from '../support/followed-log.js';
import { SourceRecorder } from '../support/source-recorder.js';

/** Root may read everything: without its rights for a while, this process sees what others see. */
async function asOrdinaryUser(test: (regainRights: () => void) => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  const regainRights = () => {
    if (isRoot) process.seteuid?.(0);
  };
  try {
    await test(regainRights);
  } finally {
    regainRights();
  }
}

const NOBODY = 65_534;

const kinds: readonly [string, (path: string) => void][] = [
  ['a folder', (path) => mkdirSync(path)],
  ['a named pipe', (path) => execFileSync('mkfifo', [path])],
];

describe('a path that can never be a log', () => {
  it.each(kinds)('is refused at the start, saying that it is %s', async (kind, make) => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      make(path);
      for (const source of [
        new FileFollower({ path }, new SourceRecorder()),
        new WholeFileSource({ path }, new SourceRecorder()),
      ]) {
        await expect(source.start()).rejects.toMatchObject({
          code: 'FILE_UNREADABLE',
          message: `cannot follow ${path}: it is ${kind}`,
          hint: 'Give the path of a regular file, the log itself.',
        });
        await source.stop();
      }
    });
  });

  it('is refused when it is a device', async () => {
    const source = new FileFollower({ path: '/dev/null' }, new SourceRecorder());
    await expect(source.start()).rejects.toMatchObject({
      message: 'cannot follow /dev/null: it is a device',
    });
  });
});

describe('a log that becomes unreadable for a while', () => {
  it('is reported when a folder takes its name, and followed when a file has it again', async () => {
    const before = (path: string) => writeFileSync(path, numberedText(1, 1));
    await followLog({ before, pollMs: 20 }, async ({ path, log }) => {
      await log.untilLines(1);
      renameSync(path, `${path}.1`);
      mkdirSync(path);
      await log.until('a problem', () => log.problems.length > 0);
      expect(log.problems[0]?.message).toBe(`cannot follow ${path}: it is a folder`);
      rmdirSync(path);
      writeFileSync(path, numberedText(2, 2));
      await log.untilLines(2);
      expect(log.lines).toEqual(numbered(1, 2));
    });
  });

  it('is reported when permission is denied, and read once it is given', async () => {
    const before = (path: string, folder: string) => {
      writeFileSync(path, numberedText(1, 1));
      chmodSync(path, 0);
      chmodSync(folder, 0o755);
      if (process.geteuid?.() === 0) process.seteuid?.(NOBODY);
    };
    await asOrdinaryUser((regainRights) =>
      followLog({ before, pollMs: 20 }, async ({ path, log }) => {
        await log.until('a problem', () => log.problems.length > 0);
        expect(log.problems[0]).toMatchObject({
          code: 'FILE_UNREADABLE',
          message: `cannot read the log ${path}: permission denied`,
        });
        regainRights();
        chmodSync(path, 0o600);
        await log.untilLines(1);
        expect(log.lines).toEqual(numbered(1, 1));
      }),
    );
  });
});
