import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VerdictChangeJson, VerdictJson } from '../../protocol/json-api.js';
import { packageFile } from '../../runtime/package-root.js';
import { endCommands, runCommandLine, startCommandLine } from '../support/spawn-command.js';
import type { StartedServer } from '../support/started-server.js';
import { startServer } from '../support/started-server.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

const SAMPLE = ['samples', 'zookeeper', '3.8.4', 'killed-follower'] as const;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-verdicts-'));
});

afterEach(async () => {
  await endCommands();
  rmSync(folder, { recursive: true, force: true });
});

function start(): Promise<StartedServer> {
  return startServer(['-addr', 'localhost:0', '-dbfile', join(folder, 'hview.db'), 'pano0']);
}

/** The log of a server of the sample, as it was at a time; its path. */
function logUntil(server: number, time: string): string {
  const lines = readFileSync(packageFile(...SAMPLE, `zookeeper-${server}.out`), 'utf8').split(/(?<=\n)/);
  const end = lines.findIndex((line) => /^\d{4}-/.test(line) && line.slice(0, 19) > time);
  const path = join(folder, `zookeeper-${server}.out`);
  writeFileSync(path, lines.slice(0, end === -1 ? lines.length : end).join(''));
  return path;
}

/** Reads the log to its end and delivers what it tells. */
async function observe(address: string, server: number, log: string): Promise<void> {
  const words = ['-once', '-stale=-1', '-tz', 'UTC', '-state', 'none', '-server', address, '-log', log];
  const plugin = ['zookeeper', '--ensemble', packageFile(...SAMPLE, 'zoo.cfg'), '--myid', `${server}`];
  const { code, stderr } = await runCommandLine('hview-logtail', [...words, ...plugin]);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
}

async function ask(address: string, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommandLine('hview-client', ['-server', address, ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

type Answer = VerdictJson & { readonly history: readonly VerdictChangeJson[] };

async function why(address: string, subject: string): Promise<Answer> {
  return JSON.parse(await ask(address, 'why', subject, '--json')) as Answer;
}

/** The line that begins at a place of a file. */
function lineAt(path: string, offset: number): string {
  const file = openSync(path, 'r');
  const bytes = Buffer.alloc(4096);
  const length = readSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
  return bytes.toString('utf8', 0, length).split('\n')[0] ?? '';
}

describe('a killed follower, of which two logs tell', () => {
  it('is explained by lines that stand where it is said, and so it is after the aggregator was killed', async () => {
    const server = await start();
    for (const id of [2, 3]) await observe(server.address, id, logUntil(id, '2026-11-23 00:26:40'));

    const before = await why(server.address, 'peer@1');
    expect(before).toMatchObject({
      status: 'UNHEALTHY',
      metrics: ['LearnerHandler'],
      observers: ['peer@2'],
      algorithm: 'weighted',
      sinceMs: Date.parse('2026-11-23T00:26:33.543Z'),
    });
    const votes = before.verdicts.flatMap((metric) => metric.votes);
    expect(votes.map(({ observer }) => observer)).toEqual(['peer@2', 'peer@2', 'peer@3']);
    for (const { evidence } of votes) {
      if (evidence === null) throw new Error('a vote without evidence');
      expect(lineAt(evidence.path, evidence.offset)).toBe(evidence.line);
      expect(evidence.agent).toBe(`hview-logtail@${evidence.host}`);
      expect(evidence.why).not.toBe('');
    }
    expect(before.history.at(-1)).toMatchObject({
      after: 'UNHEALTHY',
      evidence: { rule: 'follower-link-failed', line: votes[0]?.evidence?.line },
    });

    server.command.kill('SIGKILL');
    await server.command.exited;
    const again = await start();
    expect(await why(again.address, 'peer@1')).toEqual(before);
    const others = await ask(again.address, 'top');
    expect(others).toMatch(/^1 UNHEALTHY, 2 HEALTHY\n/);
  });

  it('is told of in text, with the file, the place, the line and the reason', async () => {
    const { address } = await start();
    const log = logUntil(2, '2026-11-23 00:26:40');
    await observe(address, 2, log);
    const text = await ask(address, 'why', 'peer@1');
    expect(text).toMatch(
      /^peer@1 has been UNHEALTHY for .+, since 2026-11-23 00:26:33 UTC\.\nIn LearnerHandler; peer@2 says so\. /,
    );
    const found = new RegExp(
      `^ {4}(.+)\n {4}(.+)\n {4}${log}:(\\d+) on \\S+, rule follower-link-failed, by`,
      'm',
    );
    const [, reason, line, offset] = found.exec(text) ?? [];
    expect(reason).toMatch(/^The leader can no longer read from the follower/);
    expect(lineAt(log, Number(offset)).trimEnd()).toBe(line?.trimEnd());
    expect(text).not.toContain('\u001b');
  });
});

describe('who watches', () => {
  it('misses nothing while the aggregator is killed and started again', async () => {
    const server = await start();
    const { address } = server;
    const port = address.split(':').at(-1) ?? '';
    const watch = startCommandLine('hview-client', ['-server', address, 'watch', '-json']);
    // Watching begins with the first sign of life; what is told before it would be missed.
    await observe(address, 2, logUntil(2, '2026-11-23 00:26:25'));
    await watch.waitForOutput(/"subject":"peer@3"/);
    server.command.kill('SIGKILL');
    await watch.waitForOutput(/cannot reach the aggregator .*; trying again\n/);
    const again = await startServer([
      ...['-addr', `localhost:${port}`, '-dbfile', join(folder, 'hview.db')],
      'pano0',
    ]);
    await observe(again.address, 3, logUntil(3, '2026-11-23 00:26:40'));
    await observe(again.address, 2, logUntil(2, '2026-11-23 00:26:40'));
    await watch.waitForOutput(/"subject":"peer@1".*"after":"UNHEALTHY"/);
    expect(watch.stderr).toMatch(/connected again; nothing was missed\n$/);
    watch.kill('SIGTERM');
    const { code, stdout } = await watch.exited;
    expect(code).toBe(0);
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as VerdictChangeJson);
    const [first] = told;
    expect(told.map(({ sequence }) => sequence - (first?.sequence ?? 0))).toEqual(
      told.map((_, index) => index),
    );
  });
});
