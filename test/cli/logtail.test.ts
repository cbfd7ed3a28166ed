import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentCounts } from '../../agent/agent-counts.js';
import { systemClock } from '../../runtime/clock.js';
import type { RunningCommand } from '../support/spawn-command.js';
import { endCommands, runCommandLine, startCommandLine } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';
import { LOG, PLUGIN_WORDS, makeZooKeeperFolder, removeFolder } from '../support/zookeeper-files.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

const LISTENER =
  '2017-05-26T17:26:04.986Z peer@1 -> peer@2 QuorumListener HEALTHY 90 [entry-1] Received connection request /10.0.0.2:43446\n';
const SYNC =
  '2017-05-26T17:26:05.986Z peer@1 -> peer@1 SyncThread UNHEALTHY 20 [entry-2] fsync took 1500ms\n';
const WORKER =
  '2017-05-26T17:26:06.986Z peer@1 -> peer@2 RecvWorker MAYBE_UNHEALTHY 50 [entry-3] Connection broken for id 2\n';

let folder: string;
beforeEach(() => {
  folder = makeZooKeeperFolder();
});
afterEach(async () => {
  await endCommands();
  removeFolder(folder);
});

/** Reads the log once without an aggregator. */
function readOnce(...words: string[]): ReturnType<typeof runCommandLine> {
  return runCommandLine(
    'hview-logtail',
    ['-once', '-report=false', ...words, '-log', 'zookeeper.out', ...PLUGIN_WORDS],
    { cwd: folder, env: { TZ: 'UTC' } },
  );
}

function follow(server: string, log: string): RunningCommand {
  const words = ['-stale=-1', '-server', server, '-log', join(folder, log), ...PLUGIN_WORDS];
  return startCommandLine('hview-logtail', words, { cwd: folder, env: { TZ: 'UTC' } });
}

/** What the agent says at its end of what it found and what became of it. */
function deliveriesIn(stderr: string): { findings: number; accepted: number; waiting: number } {
  const line = /^\{.*"the agent ends"\}$/m.exec(stderr)?.[0] ?? '{}';
  const { counts } = JSON.parse(line) as { counts: AgentCounts };
  return {
    findings: counts.sources.reduce((sum, source) => sum + source.findings, 0),
    accepted: counts.delivery?.outcomes.accepted ?? 0,
    waiting: counts.spool?.waiting.entries ?? 0,
  };
}

async function dump(server: string): Promise<string> {
  return (await runCommandLine('hview-client', ['-server', server, 'dump', 'inference'])).stdout;
}

describe('following a log', () => {
  it('reports what the log says, goes on as it grows, and ends with 0 on SIGTERM with all delivered', async () => {
    const { address } = await startServer();
    const agent = follow(address, 'zookeeper.out');
    await agent.waitForOutput(/RecvWorker MAYBE_UNHEALTHY/);
    appendFileSync(
      join(folder, 'zookeeper.out'),
      '2017-05-26 17:27:00,000 [myid:1] - WARN  [SyncThread:1:FileTxnLog@338] - fsync took 2500ms\n',
    );
    await agent.waitForOutput(/fsync took 2500ms/);
    agent.kill('SIGTERM');
    const { code, stdout, stderr } = await agent.exited;
    expect(code).toBe(0);
    expect(stdout).toBe(
      LISTENER +
        SYNC +
        WORKER +
        '2017-05-26T17:27:00.000Z peer@1 -> peer@1 SyncThread UNHEALTHY 20 [entry-2] fsync took 2500ms\n',
    );
    expect(deliveriesIn(stderr)).toEqual({ findings: 4, accepted: 4, waiting: 0 });
    expect(await dump(address)).toBe(
      `[peer@1] ==> peer@1: 2017-05-26T17:27:00Z { SyncThread: UNHEALTHY, 20.0; }
[peer@1] ==> peer@2: 2017-05-26T17:26:06.986Z { QuorumListener: HEALTHY, 90.0; RecvWorker: MAYBE_UNHEALTHY, 50.0; }
`,
    );
  });

  it('ends as soon as all is delivered', async () => {
    const { address } = await startServer();
    const agent = follow(address, 'zookeeper.out');
    await agent.waitForOutput(/RecvWorker MAYBE_UNHEALTHY/);
    const stoppedAt = systemClock.monotonic();
    agent.kill('SIGTERM');
    await agent.exited;
    // It may take up to five seconds for what is not delivered.
    expect(systemClock.monotonic() - stoppedAt).toBeLessThan(4000);
  });

  it('ends on SIGTERM though nobody takes what it has read and reading has come to a halt', async () => {
    // Three findings each: far more than memory takes, and all of it goes to the spool on disk.
    const marked =
      '2017-05-26 17:27:00,000 [myid:1] - WARN  [SyncThread:1:FileTxnLog@338] - fsync took 7777ms\n';
    writeFileSync(join(folder, 'long.out'), LOG.repeat(3333) + marked + LOG.repeat(100));
    const words = ['-stale=-1', '-merge=0', '-server', 'localhost:1', '-log', 'long.out', ...PLUGIN_WORDS];
    const agent = startCommandLine('hview-logtail', words, { cwd: folder, env: { TZ: 'UTC' } });
    await agent.waitForOutput(/7777ms/);
    agent.kill('SIGTERM');
    const { code, stderr } = await agent.exited;
    expect(code).toBe(0);
    const { findings, waiting } = deliveriesIn(stderr);
    expect(waiting).toBeGreaterThanOrEqual(10_000);
    expect(waiting).toBe(findings);
  });

  it('waits for a log that is not there yet, and says so', async () => {
    const { address } = await startServer();
    const agent = follow(address, 'later.out');
    await agent.waitForOutput(/later\.out.*the log is not there, waiting for it/);
    writeFileSync(join(folder, 'later.out'), LOG);
    await agent.waitForOutput(/RecvWorker MAYBE_UNHEALTHY/);
    agent.kill('SIGTERM');
    const { code, stdout } = await agent.exited;
    expect({ code, stdout }).toEqual({ code: 0, stdout: LISTENER + SYNC + WORKER });
    expect(await dump(address)).toContain('[peer@1] ==> peer@2: ');
  });

  it('waits for an aggregator that is away and delivers when it comes back', async () => {
    const first = await startServer();
    first.command.kill('SIGTERM');
    await first.command.exited;
    const agent = follow(first.address, 'zookeeper.out');
    await agent.waitForOutput(/does not take observations, trying again/);
    const second = await startServer(['-addr', first.address, 'pano0']);
    await agent.waitForOutput(/the aggregator takes observations again/);
    agent.kill('SIGINT');
    const { code, stderr } = await agent.exited;
    expect(code).toBe(0);
    expect(deliveriesIn(stderr)).toEqual({ findings: 3, accepted: 3, waiting: 0 });
    expect(await dump(second.address)).toContain('SyncThread: UNHEALTHY, 20.0;');
  });
});

describe('reading a log once', () => {
  it('prints an event a line', async () => {
    const { code, stdout } = await readOnce('-stale=-1');
    expect({ code, stdout }).toEqual({ code: 0, stdout: LISTENER + SYNC + WORKER });
  });

  it('prints JSON with every key', async () => {
    const { stdout } = await readOnce('-stale=-1', '-json');
    const [first, , , ...rest] = stdout.split('\n');
    expect(rest).toEqual(['']);
    expect(JSON.parse(first ?? '')).toEqual({
      time: '2017-05-26T17:26:04.986Z',
      observer: 'peer@1',
      subject: 'peer@2',
      context: 'QuorumListener',
      status: 'HEALTHY',
      score: 90,
      message: 'Received connection request /10.0.0.2:43446',
      rule: 'entry-1',
    });
  });

  it('delivers before it ends', async () => {
    const { address } = await startServer();
    const words = ['-once', '-stale=-1', '-server', address, '-log', 'zookeeper.out', ...PLUGIN_WORDS];
    const { code, stderr } = await runCommandLine('hview-logtail', words, {
      cwd: folder,
      env: { TZ: 'UTC' },
    });
    expect(code).toBe(0);
    expect(deliveriesIn(stderr)).toEqual({ findings: 3, accepted: 3, waiting: 0 });
    expect(await dump(address)).toContain('[peer@1] ==> peer@1: 2017-05-26T17:26:05.986Z');
  });

  it('gives up on an aggregator that is away after ten seconds, counts what is lost, and ends with 2', async () => {
    const { command, address } = await startServer();
    command.kill('SIGTERM');
    await command.exited;
    const words = ['-once', '-stale=-1', '-server', address, '-log', 'zookeeper.out', ...PLUGIN_WORDS];
    const { code, stderr } = await runCommandLine('hview-logtail', words, { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain('"undelivered":3,"msg":"findings were not delivered"');
    expect(stderr).toContain(`hview-logtail: cannot reach the aggregator at ${address}: `);
  });

  it('skips what is older than the stale limit, and says so when that was everything', async () => {
    const { code, stdout, stderr } = await readOnce();
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('"quiet":{"stale":3}');
    expect(stderr).toContain('-stale=-1 takes them whatever their age');
  });

  it.each([
    ['-merge=1', 1],
    ['-merge=0', 2],
    ['-merge=0.4', 2],
  ])('with %s prints %i of two equal events half a second apart', async (flag, count) => {
    const line = (time: string): string =>
      `2017-05-26 17:26:${time} [myid:1] - WARN  [SyncThread:1:FileTxnLog@338] - fsync took 1500ms\n`;
    writeFileSync(join(folder, 'zookeeper.out'), line('05,000') + line('05,500'));
    const { stdout } = await readOnce('-stale=-1', flag);
    expect(stdout.match(/SyncThread UNHEALTHY/g)).toHaveLength(count);
  });

  it.each([
    ['Europe/Berlin', '2017-05-26T15:26:05.986Z'],
    ['America/New_York', '2017-05-26T21:26:05.986Z'],
    ['UTC', '2017-05-26T17:26:05.986Z'],
  ])('reads times as those of %s', async (zone, time) => {
    const { stdout } = await readOnce('-stale=-1', '-tz', zone);
    expect(stdout).toContain(`${time} peer@1 -> peer@1 SyncThread`);
  });

  it('stops quietly when nobody reads its output any more', async () => {
    writeFileSync(join(folder, 'zookeeper.out'), LOG.repeat(3000));
    const words = [
      '-once',
      '-report=false',
      '-merge=0',
      '-stale=-1',
      '-log',
      'zookeeper.out',
      ...PLUGIN_WORDS,
    ];
    const agent = startCommandLine('hview-logtail', words, { cwd: folder });
    await agent.waitForOutput(/QuorumListener/);
    agent.closeOutput();
    const { code, stderr } = await agent.exited;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|Error/);
  });
});

describe('an agent that is asked for its health', () => {
  it('answers where -http says, and ends as soon as without', async () => {
    const { address } = await startServer();
    const words = ['-http', 'localhost:0', '-server', address, '-log', join(folder, 'zookeeper.out')];
    const agent = startCommandLine('hview-logtail', [...words, ...PLUGIN_WORDS], { cwd: folder });
    const [, port = ''] = await agent.waitForOutput(/"http":"localhost:(\d+)"/);
    expect(await (await fetch(`http://localhost:${port}/healthz`)).text()).toBe('ok\n');
    agent.kill('SIGTERM');
    expect((await agent.exited).code).toBe(0);
  });
});
