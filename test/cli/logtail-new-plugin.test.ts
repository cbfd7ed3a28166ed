import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { endCommands, runCommandLine, type CommandResult } from '../support/spawn-command.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-new-plugin-'));
});
afterEach(async () => {
  await endCommands();
  rmSync(folder, { recursive: true });
});

function newPlugin(...words: string[]): Promise<CommandResult> {
  return runCommandLine('hview-logtail', ['new-plugin', ...words], { cwd: folder });
}

describe('hview-logtail new-plugin', () => {
  it('writes a plugin that passes its own test at once', async () => {
    const { code, stdout } = await newPlugin('my-queue', '-dir', 'plugins');
    const target = join(folder, 'plugins', 'my-queue');
    const files = [
      'README.md',
      'my-queue.json',
      'my-queue.mjs',
      'my-queue.test.mjs',
      'package.json',
      'sample.log',
    ];
    expect(code).toBe(0);
    expect(readdirSync(target).sort()).toEqual(files);
    expect(stdout.split('\n').slice(0, files.length)).toEqual(
      files.map((file) => `plugins/my-queue/${file}`),
    );
    for (const file of files) expect(readFileSync(join(target, file), 'utf8')).not.toMatch(/my-?system/i);

    const command = fileURLToPath(new URL('../../cli/hview-logtail.js', import.meta.url));
    const env = { ...process.env, HVIEW_LOGTAIL: command };
    const test = await promisify(execFile)(process.execPath, ['--test'], { cwd: target, env });
    expect(test.stdout).toMatch(/pass 2\b/);
    expect(test.stdout).toMatch(/fail 0\b/);
  });

  it('overwrites nothing', async () => {
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine', 'mine.mjs'), 'my work');
    const { code, stdout, stderr } = await newPlugin('mine');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^hview-logtail new-plugin: mine is there already\n/);
    expect(readdirSync(join(folder, 'mine'))).toEqual(['mine.mjs']);
    expect(readFileSync(join(folder, 'mine', 'mine.mjs'), 'utf8')).toBe('my work');
  });

  it.each([
    [[], 'no name is given'],
    [['../escape'], '"../escape" cannot be the name of a plugin'],
    [['My Plugin'], '"My Plugin" cannot be the name of a plugin'],
    [['zookeeper'], 'a plugin named zookeeper comes with hview'],
    [['one', 'two'], 'unexpected word "two"'],
  ])('explains the wrong use %j and writes nothing', async (words, reason) => {
    const { code, stderr } = await newPlugin(...words);
    expect(code).toBe(1);
    expect(stderr.split('\n')[0]).toBe(`hview-logtail new-plugin: ${reason}`);
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(join(folder, '..', 'escape'))).toBe(false);
  });
});
