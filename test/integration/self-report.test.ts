import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connect } from '../../client/connect.js';
import type { ConnectOptions } from '../../client/connect-options.js';
import type { HealthReporter } from '../../client/health-reporter.js';
import type { Metric, Report, View } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import { startHealthServer } from '../../protocol/health-server.js';
import type { HealthHandlers } from '../../protocol/health-service.js';
import { systemClock } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import { freePort } from '../support/free-port.js';

const execute = promisify(execFile);

let port: number;
let home: string;
let aggregator: RunningAggregator | null = null;
let health: HealthReporter | null = null;

beforeEach(async () => {
  port = await freePort();
  home = mkdtempSync(join(tmpdir(), 'hview-self-report-'));
});

afterEach(async () => {
  await health?.close(0);
  await aggregator?.stop();
  health = null;
  aggregator = null;
  rmSync(home, { recursive: true, force: true });
});

async function startAggregator(): Promise<RunningAggregator> {
  aggregator = await runAggregator({
    address: `127.0.0.1:${port}`,
    databaseFile: join(home, 'journal.db'),
  });
  return aggregator;
}

function startReporter(options: Partial<ConnectOptions> = {}): HealthReporter {
  health = connect({
    aggregator: `127.0.0.1:${port}`,
    module: 'shop',
    observer: 'cart@1',
    onProblem: () => undefined,
    ...options,
  });
  return health;
}

const metrics = ({ observations }: View): Metric[] =>
  observations.flatMap((observation) => observation.metrics);

describe('a program that reports to an aggregator', () => {
  it('is known there before it reports, and its word is what the aggregator infers', async () => {
    const { client } = await startAggregator();
    const reporter = startReporter({ subjects: { '10.0.0.7': 'db@10.0.0.7' } });
    const watched = await eventually(
      () => client.getObservedSubjects(),
      (subjects) => subjects.has('cart@1'),
    );
    expect(watched.has('db@10.0.0.7')).toBe(false);

    reporter.report('10.0.0.7:5432', 'query', 'UNHEALTHY', 20);
    const { observers, observation } = await eventually(
      () => client.getInference('db@10.0.0.7'),
      () => true,
    );
    expect(observers).toEqual(['cart@1']);
    expect(observation.metrics).toEqual([{ name: 'query', status: Status.UNHEALTHY, score: 20 }]);
  });

  it('tells a slow answer and its coming, over a real clock', async () => {
    const { client } = await startAggregator();
    const reporter = startReporter();
    reporter.pending('db@1', 'query', 'select 1', { withinMs: 30 });
    const view = () => client.getView('cart@1', 'db@1');
    const late = await eventually(view, () => true);
    expect(metrics(late)).toEqual([{ name: 'query', status: Status.PENDING, score: 60 }]);
    reporter.clear('select 1', 75);
    const answered = await eventually(view, ({ observations }) => observations.length === 2);
    expect(metrics(answered)[1]).toEqual({ name: 'query', status: Status.HEALTHY, score: 75 });
  });

  it('delivers on close what it has said before the aggregator has answered for the first time', async () => {
    const { client } = await startAggregator();
    const reporter = startReporter();
    for (let number = 0; number < 700; number += 1) reporter.report(`db@${number}`, 'query', 'DEAD');
    expect(await reporter.close(5000)).toBe(0);
    expect((await client.dumpPanorama()).size).toBe(700);
  });

  it('goes on when the aggregator was not there at first, was restarted, and was away', async () => {
    const reporter = startReporter();
    reporter.report('db@1', 'query', 'UNHEALTHY', 1);
    await eventually(
      () => Promise.resolve(reporter.counts()),
      ({ awaySinceMs }) => awaySinceMs !== null,
    );

    const first = await startAggregator();
    await eventually(
      () => first.client.getView('cart@1', 'db@1'),
      () => true,
    );
    await first.stop();
    aggregator = null;
    reporter.report('db@1', 'query', 'DYING', 2);
    await eventually(
      () => Promise.resolve(reporter.counts()),
      ({ awaySinceMs }) => awaySinceMs !== null,
    );
    reporter.report('db@1', 'query', 'DEAD', 3);

    const second = await startAggregator();
    const view = await eventually(
      () => second.client.getView('cart@1', 'db@1'),
      ({ observations }) => observations.length === 3,
    );
    expect(metrics(view).map(({ score }) => score)).toEqual([1, 2, 3]);
    await eventually(
      () => Promise.resolve(reporter.counts()),
      ({ delivered }) => delivered === 3,
    );
    expect(reporter.counts()).toMatchObject({ mode: 'batch', waiting: 0, dropped: 0, awaySinceMs: null });
  });
});

/** An aggregator without the batch service, as the original is; forgets its handles when it is told. */
async function startOlder(): Promise<{ said: Report[]; forget(): void; stop(): Promise<void> }> {
  const said: Report[] = [];
  let first = 10_000;
  let next = first;
  const unwanted = (): never => {
    throw new HviewError('NOT_FOUND', 'not asked for here');
  };
  const handlers = new Proxy<Partial<HealthHandlers>>(
    {
      register: () => Promise.resolve((next += 1)),
      submitReport: (handle, report) => {
        if (handle <= first || handle > next) {
          return Promise.reject(new HviewError('REQUEST_INVALID', 'Invalid submission handle'));
        }
        said.push(report as Report);
        return Promise.resolve('accepted');
      },
    },
    { get: (known, name) => (Reflect.get(known, name) as unknown) ?? unwanted },
  ) as HealthHandlers;
  const server = await startHealthServer({
    address: { host: '127.0.0.1', port },
    handlers,
    clock: systemClock,
  });
  return { said, forget: () => (first = next), stop: () => server.stop(100) };
}

describe('a program that reports to an aggregator without batches', () => {
  it('sends single reports, in order, and registers again when it was forgotten', async () => {
    const older = await startOlder();
    try {
      const reporter = startReporter();
      const counts = (): Promise<ReturnType<HealthReporter['counts']>> => Promise.resolve(reporter.counts());
      for (let score = 0; score < 50; score += 1) reporter.report('db@1', 'query', 'DEAD', score);
      await eventually(counts, ({ delivered }) => delivered === 50);
      expect(reporter.counts().mode).toBe('single');
      older.forget();
      reporter.report('db@1', 'query', 'DEAD', 50);
      await eventually(counts, ({ delivered }) => delivered === 51);
      const scores = older.said.map(({ observation }) => observation.metrics[0]?.score);
      expect(scores).toEqual(Array.from({ length: 51 }, (_, index) => index));
    } finally {
      await older.stop();
    }
  });
});

/** Runs a program that imports the client; resolves to what it prints once it has ended by itself. */
async function runProgram(source: string, name = 'program.mjs'): Promise<string> {
  const file = join(home, name);
  // A path, as require takes no URL.
  const client = fileURLToPath(new URL('../../client/index.js', import.meta.url));
  writeFileSync(file, source.replaceAll("'hview/client'", JSON.stringify(client)));
  const { stdout } = await execute(process.execPath, [file, String(port)], { timeout: 20_000 });
  return stdout;
}

const CONNECT = `connect({
  aggregator: '127.0.0.1:' + process.argv[2], module: 'shop', observer: 'cart@1', onProblem: (p) => console.log(p.kind) })`;

describe('a program', () => {
  it('is not held by its reporter, and delivers what is under way when it ends', async () => {
    const { client } = await startAggregator();
    await runProgram(`
      import { connect } from 'hview/client';
      const health = ${CONNECT};
      health.report('db@1', 'query', 'HEALTHY', 90);
      health.report('db@1', 'query', 'HEALTHY', 80);
      health.pending('db@2', 'query', 1, { withinMs: 60_000 });`);
    expect(metrics(await client.getView('cart@1', 'db@1'))).toEqual([
      { name: 'query', status: Status.HEALTHY, score: 90 },
    ]);
  });

  it('is not held while the aggregator is away', async () => {
    const printed = await runProgram(`
      import { connect } from 'hview/client';
      ${CONNECT}.report('db@1', 'query', 'DEAD');`);
    expect(printed).toBe('aggregator-away\n');
  });

  it('is not held for long by an aggregator that accepts connections and says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => silent.once('listening', resolve));
      port = (silent.address() as AddressInfo).port;
      const printed = await runProgram(`
        import { connect } from 'hview/client';
        const health = ${CONNECT};
        health.report('db@1', 'query', 'DEAD');
        console.log('left', await health.close(200));`);
      expect(printed).toBe('left 1\n');
    } finally {
      silent.close();
    }
  });

  it('may await close while the aggregator is away', async () => {
    const printed = await runProgram(`
      import { connect } from 'hview/client';
      const health = ${CONNECT};
      health.report('db@1', 'query', 'DEAD');
      setTimeout(async () => console.log('left', await health.close(300)), 100);`);
    expect(printed).toBe('aggregator-away\nleft 1\n');
  });

  it('may be CommonJS', async () => {
    const { client } = await startAggregator();
    const printed = await runProgram(
      `
      async function main() {
        const { connect } = await import('hview/client');
        const health = ${CONNECT};
        health.report('db@1', 'query', 'DEAD');
        console.log('left', await health.close());
      }
      module.exports = main();`,
      'program.cjs',
    );
    expect(printed).toBe('left 0\n');
    expect(metrics(await client.getView('cart@1', 'db@1'))).toHaveLength(1);
  });

  it.each(['connect()', 'connect({ get module() { throw 1; } })'])(
    'is warned by Node when it does not listen to problems: %s',
    async (call) => {
      const file = join(home, 'warned.mjs');
      const client = fileURLToPath(new URL('../../client/index.js', import.meta.url));
      writeFileSync(file, `import { connect } from ${JSON.stringify(client)}; ${call};`);
      const { stderr } = await execute(process.execPath, [file]);
      expect(stderr).toMatch(/\[options\] HviewWarning: module is undefined, not a text/);
    },
  );

  it('may require the client, and may report from worker threads and forks of itself beside its own', async () => {
    const { client } = await startAggregator();
    await runProgram(
      `
      const { fork } = require('node:child_process');
      const { Worker, isMainThread, threadId } = require('node:worker_threads');
      const { connect } = require('hview/client');
      const health = ${CONNECT};
      const isFork = process.argv[3] === 'fork';
      health.report('db@1', isFork ? 'fork' : isMainThread ? 'main' : 'worker', 'DEAD');
      health.close().then((left) => {
        if (left > 0) process.exitCode = 1;
      });
      if (isMainThread && !isFork) {
        new Worker(__filename, { argv: process.argv.slice(2) });
        fork(__filename, [process.argv[2], 'fork']);
      }`,
      'program.cjs',
    );
    const told = metrics(await client.getView('cart@1', 'db@1')).map(({ name }) => name);
    expect(told.sort()).toEqual(['fork', 'main', 'worker']);
  });
});
