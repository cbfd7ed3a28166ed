import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileFollower } from '../../agent/tail/file-follower.js';
import type { FileFollowerOptions } from '../../agent/tail/follower-options.js';
import { SourceRecorder } from './source-recorder.js';

export interface FollowedLog {
  /** A folder of the test's own. */
  readonly folder: string;
  /** The log: `app.log` in that folder unless the options say otherwise. */
  readonly path: string;
  readonly log: SourceRecorder;
  readonly follower: FileFollower;
}

export interface FollowedLogOptions extends Partial<Omit<FileFollowerOptions, 'path'>> {
  /** Path of the log below the test's folder; default `app.log`. */
  readonly name?: string;
  readonly maxLineBytes?: number;
  /** Puts in place what is to be there before the follower starts. */
  readonly before?: (path: string, folder: string) => void;
}

/** Lines `seq=from` to `seq=to`, the oracle of the tests that count. */
export function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `seq=${from + index}`);
}

/** The same as the text of a file. */
export function numberedText(from: number, to: number): string {
  return numbered(from, to)
    .map((line) => `${line}\n`)
    .join('');
}

/** Runs `test` on a follower of a log in a folder of its own, and checks that nothing stays open. */
export async function followLog(
  options: FollowedLogOptions,
  test: (followed: FollowedLog) => Promise<void>,
): Promise<void> {
  const { name = 'app.log', maxLineBytes, before, ...rest } = options;
  await inFolder(async (folder) => {
    const path = join(folder, name);
    before?.(path, folder);
    const log = new SourceRecorder(maxLineBytes);
    const follower = new FileFollower({ path, ...rest }, log);
    try {
      await follower.start();
      await test({ folder, path, log, follower });
    } finally {
      log.release();
      await follower.stop();
    }
  });
}

/** Runs `test` in an empty folder, checks that no file in it is left open, and deletes it. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hview-tail-')));
  try {
    await test(folder);
    const open = openFilesBelow(folder);
    if (open.length > 0) throw new Error(`left open: ${open.join(', ')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves once the condition holds, for what raises no event; the test's own deadline ends the wait. */
export async function eventually(isMet: () => boolean): Promise<void> {
  while (!isMet()) await new Promise((resolve) => setImmediate(resolve));
}

/** Paths below `folder` that this process has open; empty where the system does not tell. */
export function openFilesBelow(folder: string): string[] {
  let descriptors: string[];
  try {
    descriptors = readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
  return descriptors
    .map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        return '';
      }
    })
    .filter((path) => path.startsWith(`${folder}/`));
}
