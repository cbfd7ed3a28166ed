#!/usr/bin/env node
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../agent/agent.js';
import { openSource } from '../agent/sources/open-source.js';
import { SOURCE_DEFAULTS } from '../agent/sources/source-settings.js';
import { DEFAULT_PORT, formatAddress } from '../protocol/address.js';
import { HealthClient } from '../protocol/health-client.js';
import { statusName, worstStatus } from '../protocol/model.js';
import { sleep, systemClock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { FlagTable } from '../runtime/flags.js';
import { describeFlags, parseFlags } from '../runtime/flags.js';
import { Lifecycle } from '../runtime/lifecycle.js';
import { silentLogger } from '../runtime/logger.js';
import { Aggregator } from '../server/aggregator.js';
import { standaloneConfig } from '../server/config.js';
import { SqlitePersistence } from '../server/persistence/sqlite-persistence.js';
import type { ReplayedLog } from './demo-replay.js';
import { ReplayClock, replay } from './demo-replay.js';
import type { DemoLog, DemoSample } from './demo-sample.js';
import { readSample } from './demo-sample.js';
import { Verdicts, describeFinding } from './demo-verdicts.js';
import type { ExitCode } from './run.js';
import { InfoRequest, runCommand } from './run.js';
import { compareNaturally } from './text-format.js';

const SAMPLES = ['zookeeper/3.8.4/killed-follower', 'hdfs/datanode-killed', 'cassandra/node-killed']
  .map((name) => `samples/${name}`)
  .join(',');

const FLAGS = {
  once: { kind: 'switch', default: false, help: 'End after the verdicts instead of serving until Ctrl-C.' },
  sample: {
    kind: 'text',
    default: SAMPLES,
    placeholder: 'folders',
    help: 'The captured incidents to replay, below the package, with commas between them.',
  },
} as const satisfies FlagTable;

const HELP = `Usage: npm start [-- options]

Replays captured incidents of ZooKeeper, HDFS and Cassandra: starts an aggregator with its journal
and its page, runs one agent beside each daemon's log while the logs are written again with times
of today, prints each observation as it comes in and each verdict as it changes, with the evidence
for it. Then it goes on serving, and every minute the incidents come again, without a word here.

Options:
${describeFlags(FLAGS)}
`;

/** How long the last observations may take to be delivered, milliseconds. */
const DRAIN_LIMIT_MS = 5000;

/** Of the page, when it is free. */
const PAGE_PORT = 6680;

/** How often an agent is asked whether it has read all, milliseconds. */
const POLL_MS = 50;

/** From the end of a replay to the beginning of the next, milliseconds. */
const REST_MS = 60_000;

await runCommand({ name: 'hview-demo', help: HELP, run });

async function run(words: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const { values, rest, request } = parseFlags(FLAGS, words);
  if (request !== null) throw new InfoRequest(request);
  if (rest.length > 0) throw new HviewError('USAGE', `unexpected word "${rest[0] ?? ''}"`);
  const samples = values.sample.split(',').map((path) => readSample(path.trim()));
  let isQuiet = false;
  const print = (text: string): void => {
    if (!isQuiet) process.stdout.write(`${text}\n`);
  };

  const lifecycle = new Lifecycle(systemClock);
  try {
    const folder = mkdtempSync(join(tmpdir(), 'hview-demo-'));
    lifecycle.onStop('the folder of the demo', () => rmSync(folder, { recursive: true, force: true }));
    const aggregator = await startAggregator(join(folder, 'hview.db'));
    lifecycle.onStop('the aggregator', () => aggregator.stop());
    const target = formatAddress(aggregator.address);
    for (const { description } of samples) print(`Replayed: ${description}.`);
    print(`One agent beside each daemon reports to the aggregator at ${target}.`);
    const page = `http://localhost:${aggregator.httpAddress?.port ?? PAGE_PORT}/`;
    print(`\n  To look at: ${page}\n\nWhat the agents observe:\n`);

    const client = new HealthClient({ target });
    lifecycle.onStop('the client', () => client.close());
    const clock = new ReplayClock();
    const verdicts = new Verdicts(client, print);
    const agents: Agent[] = [];
    const captures: ReplayedLog[][] = [];
    for (const sample of samples) {
      const capture: ReplayedLog[] = [];
      const place = join(folder, sample.plugin, String(captures.length));
      mkdirSync(place, { recursive: true });
      for (const log of sample.logs) {
        const path = join(place, log.fileName);
        writeFileSync(path, '');
        capture.push({ text: log.text, target: path });
        const agent = await startAgent(path, sample, log, client, clock, verdicts, print);
        lifecycle.onStop(`the agent of ${log.fileName}`, () => agent.stop(0));
        agents.push(agent);
      }
      captures.push(capture);
    }
    await replay(captures, clock, signal);
    for (const agent of agents) {
      if (values.once) await agent.stop(DRAIN_LIMIT_MS);
      else await deliveredAll(agent);
    }
    await verdicts.settled();

    print('\nThe verdicts at the end of the logs:\n');
    for (const [subject, inference] of [...(await client.dumpInference())].sort(([a], [b]) =>
      compareNaturally(a, b),
    )) {
      print(`  ${subject} ${statusName(worstStatus(inference.observation))}`);
    }
    if (!values.once) {
      print(`\nThe aggregator goes on serving until Ctrl-C, and every minute the incidents come again.`);
      print(`Look at ${page}, or ask it, for example:`);
      print(`  node dist/cli/hview-client.js -server ${target} dump panorama`);
      isQuiet = true;
      while (!signal.aborted) {
        await sleep(systemClock, REST_MS, signal);
        await replay(captures, clock, signal);
      }
    }
  } finally {
    await lifecycle.stop();
  }
  return 0;
}

/** On the usual ports, so that the client finds it without being told; on free ones when they are taken. */
async function startAggregator(databaseFile: string): Promise<Aggregator> {
  for (const [port, pagePort] of [
    [DEFAULT_PORT, PAGE_PORT],
    [DEFAULT_PORT, 0],
    [0, 0],
  ] as const) {
    const config = standaloneConfig('demo', `localhost:${port}`, databaseFile);
    const aggregator = new Aggregator({
      config: { ...config, httpAddress: `localhost:${pagePort}` },
      persistence: new SqlitePersistence({ file: databaseFile, logger: silentLogger }),
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
    });
    try {
      await aggregator.start();
      return aggregator;
    } catch (error) {
      if (port === 0 || HviewError.from(error).code !== 'ADDRESS_IN_USE') throw error;
    }
  }
  throw new HviewError('INTERNAL', 'no port was tried');
}

/** Resolves when what is in the agent's log is with the aggregator. */
async function deliveredAll(agent: Agent): Promise<void> {
  for (;;) {
    const { sources } = await agent.counts();
    if (sources.every(({ behindBytes }) => behindBytes === 0)) break;
    await sleep(systemClock, POLL_MS);
  }
  await agent.drained();
}

async function startAgent(
  path: string,
  { plugin }: DemoSample,
  { fileName, pluginOptions }: DemoLog,
  client: HealthClient,
  clock: ReplayClock,
  verdicts: Verdicts,
  print: (text: string) => void,
): Promise<Agent> {
  const settings = {
    ...SOURCE_DEFAULTS,
    name: fileName,
    logs: [path],
    plugin,
    pluginOptions,
    timeZone: 'UTC',
    staleSeconds: -1,
  };
  const agent = new Agent({
    sources: [await openSource(settings, silentLogger)],
    mode: 'follow',
    stateFolder: null,
    delivery: { client, giveUpAfterMs: 5000, onSettled: ({ report }) => verdicts.check(report.subject) },
    onFinding: (finding) => {
      verdicts.note(finding);
      print(describeFinding(finding));
    },
    clock,
    random: Math.random,
    logger: silentLogger,
  });
  await agent.start();
  return agent;
}
