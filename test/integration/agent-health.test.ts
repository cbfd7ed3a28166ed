import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../../agent/agent.js';
import type { AgentOptions } from '../../agent/agent.js';
import type { AgentCondition } from '../../agent/agent-condition.js';
import { startAgentPort } from '../../agent/agent-port.js';
import { openSource } from '../../agent/sources/open-source.js';
import type { OpenedSource } from '../../agent/sources/opened-source.js';
import { SourceLogs } from '../../agent/sources/source-logs.js';
import { SOURCE_DEFAULTS } from '../../agent/sources/source-settings.js';
import { FolderWatches } from '../../agent/tail/folder-watches.js';
import { ReadBuffers } from '../../agent/tail/read-buffers.js';
import { HealthClient } from '../../protocol/health-client.js';
import { silentLogger } from '../../runtime/logger.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import { FakeAggregator } from '../support/fake-aggregator.js';
import { freePort } from '../support/free-port.js';
import { ShiftedClock } from '../support/shifted-clock.js';
import { mountSmallDisk } from '../support/small-disk.js';
import { ZOO_CFG, logLine } from '../support/zookeeper-files.js';

// Real files and sockets on a busy machine.
jest.setTimeout(60_000);

const MINUTE_MS = 60_000;
const OK = '200 ok';

let folder: string;
let log: string;
const undo: (() => unknown)[] = [];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'hview-health-')));
  log = join(folder, 'zk.log');
  writeFileSync(join(folder, 'zoo.cfg'), ZOO_CFG);
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  rmSync(folder, { recursive: true, force: true });
});

/** A record of which something is reported. */
function brokenConnection(): string {
  const place = 'RecvWorker:2:QuorumCnxManager$RecvWorker@762';
  return logLine(Date.now(), 'WARN', place, 'Connection broken for id 2, my id = 1, error = ');
}

function source(): Promise<OpenedSource> {
  return openSource(
    {
      ...SOURCE_DEFAULTS,
      ...{ name: 'zk', logs: [log], plugin: 'zookeeper', mergeSeconds: 0, staleSeconds: -1 },
      pluginOptions: { ensemble: join(folder, 'zoo.cfg'), myid: '1' },
    },
    silentLogger,
  );
}

/** Answers `[/healthz, /readyz]` over a socket. */
async function portOf(clock: ShiftedClock, condition: () => Promise<AgentCondition>) {
  const address = { host: '127.0.0.1', port: 0 };
  const port = await startAgentPort({ address, condition, clock, logger: silentLogger });
  undo.push(() => port.stop(0));
  return async (): Promise<string[]> =>
    Promise.all(
      ['healthz', 'readyz'].map(async (path) => {
        const answer = await fetch(`http://127.0.0.1:${port.address.port}/${path}`);
        return `${answer.status} ${(await answer.text()).trim()}`;
      }),
    );
}

/** An agent at work, with what its port answers. */
async function startAgent(parts: Partial<AgentOptions> = {}) {
  const clock = new ShiftedClock();
  const client = new FakeAggregator();
  const agent = new Agent({
    sources: [await source()],
    mode: 'follow',
    stateFolder: null,
    delivery: { client, giveUpAfterMs: Infinity },
    onFinding: () => undefined,
    ...{ clock, random: Math.random, logger: silentLogger },
    ...parts,
  });
  await agent.start();
  undo.push(() => agent.stop(0));
  return { agent, clock, client, ask: await portOf(clock, () => agent.condition()) };
}

/** Minutes go by, in which a program at work looks for logs, and is asked for its health. */
async function pass(
  minutes: number,
  { clock, ask, agent }: Pick<Awaited<ReturnType<typeof startAgent>>, 'clock' | 'ask' | 'agent'>,
): Promise<void> {
  const looks = async (): Promise<number> => (await agent.condition()).sources[0]?.looks ?? 0;
  for (let step = 0; step < 2 * minutes; step += 1) {
    const before = await looks();
    clock.advance(MINUTE_MS / 2);
    await eventually(looks, (now) => now > before);
    await ask();
  }
}

describe('an agent whose log is not there', () => {
  it('is not ready until it is, and again when it has been gone for a minute', async () => {
    const { ask, clock } = await startAgent();
    expect(await ask()).toEqual([OK, '503 no log is open of zk']);
    writeFileSync(log, brokenConnection());
    await eventually(ask, ([, readiness]) => readiness === OK);
    unlinkSync(log);
    clock.advance(MINUTE_MS);
    // The deleted file stays open for a while, in case somebody still writes to it.
    await eventually(ask, ([, readiness]) => {
      clock.advance(MINUTE_MS);
      return readiness === '503 no log is open of zk';
    });
    expect((await ask())[0]).toBe(OK);
  });
});

describe('an agent whose aggregator', () => {
  it('does not answer is not ready after half a minute, until it does', async () => {
    writeFileSync(log, brokenConnection());
    const port = await freePort();
    const client = new HealthClient({ target: `127.0.0.1:${port}` });
    undo.push(() => client.close());
    const { ask, clock, agent } = await startAgent({ delivery: { client, giveUpAfterMs: Infinity } });
    await eventually(
      () => agent.condition(),
      ({ delivery }) => delivery?.awaySinceMs !== null,
    );
    expect(await ask()).toEqual([OK, OK]);
    clock.advance(MINUTE_MS);
    const [health, readiness] = await ask();
    expect(health).toBe(OK);
    expect(readiness).toMatch(/^503 the aggregator has not answered for 6\d s$/);
    const running = await runAggregator({ listen: `127.0.0.1:${port}` });
    undo.push(() => running.stop());
    await eventually(ask, (answers) => answers.join() === `${OK},${OK}`);
  });

  it('is never done with a call leaves it stuck, which a new start may help', async () => {
    writeFileSync(log, brokenConnection());
    const running = await startAgent();
    const { ask, client, agent } = running;
    await agent.drained();
    let answer = (): void => undefined;
    client.gate = new Promise((resolve) => (answer = resolve));
    appendFileSync(log, brokenConnection());
    await eventually(
      () => agent.condition(),
      ({ spool }) => spool?.waiting === 1,
    );
    expect(await ask()).toEqual([OK, OK]);
    await pass(5, running);
    const stuck = expect.stringMatching(
      /^503 nothing was sent for 5 minutes; \d+ observations wait$/,
    ) as unknown;
    expect(await ask()).toEqual([stuck, stuck]);
    answer();
    await eventually(ask, (answers) => answers.join() === `${OK},${OK}`);
  });
});

describe('an agent whose log', () => {
  it('is not read on for five minutes although it grows needs a new start', async () => {
    writeFileSync(log, '');
    const clock = new ShiftedClock();
    const folders = new FolderWatches({ onProblem: () => undefined });
    let takes: (sequence: number) => void = () => undefined;
    const taken = new Promise<number>((resolve) => (takes = resolve));
    const logs = new SourceLogs({
      ...{ source: await source(), mode: 'follow', checkpoints: null, maxOpenLogs: 10 },
      // Takes the first findings and never comes back.
      sinkFor: () => ({ put: () => taken, caughtUp: () => undefined }),
      durableSequence: () => Infinity,
      onCovered: () => undefined,
      onForgotten: () => undefined,
      ...{ buffers: new ReadBuffers(), folders, clock, logger: silentLogger },
    });
    await logs.start();
    undo.push(async () => {
      takes(0);
      await logs.stop();
      await folders.close();
    });
    const ask = await portOf(clock, async () => ({
      ...{ holdsLock: true, isStateWritable: true, spool: null, delivery: null },
      sources: [{ ...(await logs.work()), looks: null }],
    }));
    expect(await ask()).toEqual([OK, OK]);
    clock.advance(60 * MINUTE_MS);
    expect(await ask()).toEqual([OK, OK]);
    appendFileSync(log, brokenConnection().repeat(3));
    await eventually(
      () => logs.work(),
      (work) => work.logs[0]?.hasWork === true,
    );
    for (let step = 0; step < 10; step += 1) {
      expect(await ask()).toEqual([OK, OK]);
      clock.advance(MINUTE_MS / 2);
    }
    const stuck = '503 1 log of zk got no further for 5 minutes';
    expect(await ask()).toEqual([stuck, stuck]);
  });

  it('ends in half a line is well', async () => {
    writeFileSync(log, `${brokenConnection()}2017-05-26 17:26:04,986 [myid:1] - INF`);
    const running = await startAgent();
    const { ask, agent } = running;
    await eventually(
      () => agent.counts(),
      ({ sources }) => (sources[0]?.lines ?? 0) > 0,
    );
    await agent.drained();
    await pass(6, running);
    expect(await ask()).toEqual([OK, OK]);
  });
});

describe('an agent whose disk is full', () => {
  it('is not ready, says what it cannot write, and is ready again when there is room', async () => {
    const disk = mountSmallDisk(join(folder, 'disk'), 2);
    if (disk === null) return;
    undo.push(() => disk.remove());
    writeFileSync(log, brokenConnection());
    const { ask, agent, client } = await startAgent({ stateFolder: join(disk.path, 'state') });
    await agent.drained();
    expect(await ask()).toEqual([OK, OK]);
    let answer = (): void => undefined;
    client.gate = new Promise((resolve) => (answer = resolve));
    disk.fill();
    appendFileSync(log, brokenConnection().repeat(50));
    const [health, readiness] = await eventually(ask, ([, ready]) => ready !== OK);
    expect(health).toBe(OK);
    expect(readiness).toMatch(/^503 the spool cannot be written; \d+ observations are in memory alone$/);
    disk.makeRoom();
    answer();
    appendFileSync(log, brokenConnection());
    await eventually(ask, (answers) => answers.join() === `${OK},${OK}`);
  });
});

describe('an agent whose state folder cannot be written', () => {
  it('is not ready until it can', async () => {
    writeFileSync(log, brokenConnection());
    const { ask, agent } = await startAgent({ stateFolder: join(folder, 'state') });
    await agent.drained();
    expect(await ask()).toEqual([OK, OK]);
    const checkpoints = join(folder, 'state', 'checkpoints');
    rmSync(checkpoints, { recursive: true });
    appendFileSync(log, 'nothing of interest\n');
    await eventually(ask, ([, readiness]) => readiness === '503 the state folder cannot be written');
    expect((await ask())[0]).toBe(OK);
    mkdirSync(checkpoints);
    await eventually(ask, (answers) => answers.join() === `${OK},${OK}`);
  });
});
