import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFile } from '../../runtime/package-root.js';
import type { CommandName } from '../support/spawn-command.js';
import { endCommands, runCommandLine } from '../support/spawn-command.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

const UNITS: readonly CommandName[] = ['hview-server', 'hview-logtail'];
const source = (name: string): string => packageFile('samples', 'deploy', 'systemd', name);
const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
const whereInstalled = hasAnalyze ? it : it.skip;

/** Stands for /: units, configurations and state below it. */
let root: string;
const moved = (text: string): string =>
  text.replaceAll(/(?<![\w.])\/(?:usr\/local\/bin|etc\/hview|var\/lib|etc\/zookeeper)/g, (path) => join(root, path));

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'hview-systemd-'));
  for (const folder of ['usr/local/bin', 'etc/hview', 'etc/zookeeper/conf', 'var/lib/hview-server', 'units']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const name of UNITS) {
    symlinkSync(process.execPath, join(root, 'usr/local/bin', name));
    writeFileSync(join(root, 'units', `${name}.service`), moved(readFileSync(source(`${name}.service`), 'utf8')));
  }
  for (const name of ['server.json', 'agent.json']) {
    writeFileSync(join(root, 'etc/hview', name), moved(readFileSync(source(name), 'utf8')));
  }
  copyFileSync(
    packageFile('samples', 'zookeeper', '3.8.4', 'healthy', 'zoo.cfg'),
    join(root, 'etc/zookeeper/conf/zoo.cfg'),
  );
});
afterEach(endCommands);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The values of a key in a unit. */
function valuesOf(name: CommandName, key: string): string[] {
  const unit = readFileSync(join(root, 'units', `${name}.service`), 'utf8');
  return [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

/** The words of a command line in a unit, without the program. */
function wordsOf(line: string): string[] {
  return line
    .replaceAll('%S', join(root, 'var/lib'))
    .split(' ')
    .slice(1);
}

describe.each(UNITS)('the unit of %s', (name) => {
  whereInstalled('holds nothing that systemd does not understand (skipped where systemd-analyze is not installed)', () => {
    const unit = join(root, 'units', `${name}.service`);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
    const own = stderr.split('\n').filter((line) => line.includes('hview'));
    expect({ status, own }).toEqual({ status: 0, own: [] });
  });

  whereInstalled('exposes little: at most 1.5 of 10 (skipped where systemd-analyze is not installed)', () => {
    const words = ['security', '--offline=yes', '--threshold=15', '--no-pager', join(root, 'units', `${name}.service`)];
    const { status, stdout } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
    expect(`${status} ${stdout.trim().split('\n').at(-1) ?? ''}`).toMatch(/^0 .*exposure level/);
  });

  it('tries the configuration beside it before the start, and finds it good', async () => {
    const [line = ''] = valuesOf(name, 'ExecStartPre');
    expect(line.split(' ')[0]).toBe(join(root, 'usr/local/bin', name));
    const { code, stderr } = await runCommandLine(name, wordsOf(line), { cwd: root });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('starts it with flags that it has, on the same configuration', async () => {
    const [line = ''] = valuesOf(name, 'ExecStart');
    const words = wordsOf(line);
    const { stdout } = await runCommandLine(name, ['--help']);
    for (const word of words.filter((candidate) => candidate.startsWith('-'))) {
      expect(stdout).toContain(`\n  ${word} `);
    }
    const [before = ''] = valuesOf(name, 'ExecStartPre');
    expect(words.at(-1)).toBe(wordsOf(before).at(-1));
    // Whoever does not listen to it would end by it.
    if (valuesOf(name, 'ExecReload').length > 0) expect(stdout).toContain('SIGHUP');
  });

  it('lets it write only below a state folder of its own', () => {
    expect(valuesOf(name, 'StateDirectory')).toEqual([name]);
    expect(valuesOf(name, 'ProtectSystem')).toEqual(['strict']);
    expect(valuesOf(name, 'ReadWritePaths')).toEqual([]);
    expect(valuesOf(name, 'Restart')).toEqual(['on-failure']);
  });
});
