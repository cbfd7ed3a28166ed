#!/usr/bin/env node
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../agent/agent.js';
import { openSource } from '../agent/sources/open-source.js';
import { SOURCE_DEFAULTS } from '../agent/sources/source-settings.js';
import { DEFAULT_PORT, formatAddress } from '../protocol/address.js';
import { HealthClient } from '../protocol/health-client.js';
import { statusName, worstStatus } from '../protocol/model.js';
import { systemClock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { FlagTable } from '../runtime/flags.js';
import { describeFlags, parseFlags } from '../runtime/flags.js';
import { Lifecycle } from '../runtime/lifecycle.js';
import { silentLogger } from '../runtime/logger.js';
import { packageFile } from '../runtime/package-root.js';
import { Aggregator } from '../server/aggregator.js';
import { standaloneConfig } from '../server/config.js';
import { SqlitePersistence } from '../server/persistence/sqlite-persistence.js';
import { ReplayClock, replay } from './demo-replay.js';
import { Verdicts, describeFinding } from './demo-verdicts.js';
import type { ExitCode } from './run.js';
import { InfoRequest, runCommand } from './run.js';
import { compareNaturally } from './text-format.js';

const FLAGS = {
  once: { kind: 'switch', default: false, help: 'End after the verdicts instead of serving until Ctrl-C.' },
  sample: {
    kind: 'text',
    default: 'samples/zookeeper/3.8.4/killed-follower',
    placeholder: 'folder',
    help: 'The captured incident to replay, below the package.',
  },
} as const satisfies FlagTable;

const HELP = `Usage: npm start [-- options]

Replays a captured ZooKeeper incident: starts an aggregator with its journal, runs one agent
beside each server's log while the logs are written again, prints each observation as it comes
in and each verdict as it changes, with the evidence for it.

Options:
${describeFlags(FLAGS)}
`;

/** What the capture script notes of an incident. */
interface Truth {
  readonly version: string;
  readonly scenario: string;
  readonly servers: readonly { readonly id: number }[];
}

/** How long the last observations may take to be delivered, milliseconds. */
const DRAIN_LIMIT_MS = 5000;

await runCommand({ name: 'hview-demo', help: HELP, run });

async function run(words: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const { values, rest, request } = parseFlags(FLAGS, words);
  if (request !== null) throw new InfoRequest(request);
  if (rest.length > 0) throw new HviewError('USAGE', `unexpected word "${rest[0] ?? ''}"`);
  const sample = packageFile(...values.sample.split('/'));
  const truth = JSON.parse(readFileSync(join(sample, 'truth.json'), 'utf8')) as Truth;
  const print = (text: string): void => void process.stdout.write(`${text}\n`);

  const lifecycle = new Lifecycle(systemClock);
  try {
    const folder = mkdtempSync(join(tmpdir(), 'hview-demo-'));
    lifecycle.onStop('the folder of the demo', () => rmSync(folder, { recursive: true, force: true }));
    const aggregator = await startAggregator(join(folder, 'hview.db'));
    lifecycle.onStop('the aggregator', () => aggregator.stop());
    const target = formatAddress(aggregator.address);
    print(
      `A ZooKeeper ${truth.version} ensemble of ${truth.servers.length} servers, captured during "${truth.scenario}".`,
    );
    print(`One agent beside each server reports to the aggregator at ${target}. What they observe:\n`);

    const client = new HealthClient({ target });
    lifecycle.onStop('the client', () => client.close());
    const clock = new ReplayClock();
    const verdicts = new Verdicts(client, print);
    const agents: Agent[] = [];
    const logs = [];
    for (const { id } of truth.servers) {
      const path = join(folder, `zookeeper-${id}.out`);
      logs.push({ source: join(sample, `zookeeper-${id}.out`), target: path });
      const agent = await startAgent(path, sample, id, client, clock, verdicts, print);
      lifecycle.onStop(`the agent of server ${id}`, () => agent.stop(0));
      agents.push(agent);
    }
    await replay(logs, clock, signal);
    for (const agent of agents) await agent.stop(DRAIN_LIMIT_MS);
    await verdicts.settled();

    print('\nThe verdicts at the end of the log:\n');
    for (const [subject, inference] of [...(await client.dumpInference())].sort(([a], [b]) =>
      compareNaturally(a, b),
    )) {
      print(`  ${subject} ${statusName(worstStatus(inference.observation))}`);
    }
    if (!values.once && !signal.aborted) {
      print(`\nThe aggregator goes on serving until Ctrl-C. Ask it, for example:`);
      print(`  node dist/cli/hview-client.js -server ${target} dump panorama`);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    }
  } finally {
    await lifecycle.stop();
  }
  return 0;
}

/** On the default port, so that the client finds it without being told; on a free one when that is taken. */
async function startAggregator(databaseFile: string): Promise<Aggregator> {
  for (const port of [DEFAULT_PORT, 0]) {
    const aggregator = new Aggregator({
      config: standaloneConfig('demo', `localhost:${port}`, databaseFile),
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

async function startAgent(
  log: string,
  sample: string,
  id: number,
  client: HealthClient,
  clock: ReplayClock,
  verdicts: Verdicts,
  print: (text: string) => void,
): Promise<Agent> {
  const settings = {
    ...SOURCE_DEFAULTS,
    name: `server ${id}`,
    logs: [log],
    plugin: 'zookeeper',
    pluginOptions: { ensemble: join(sample, 'zoo.cfg'), myid: String(id) },
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
