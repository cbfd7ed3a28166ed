import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HealthClient } from '../../protocol/health-client.js';
import { Status } from '../../protocol/model.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import { formatConfig, standaloneConfig } from '../../server/config.js';
import { freePort } from '../support/free-port.js';
import { RunningCommand } from '../support/spawn-command.js';
import type { BenchOptions } from './bench-options.js';
import { cpuSecondsOf } from './process-usage.js';
import type { BenchRow } from './table.js';
import { below, percentile } from './table.js';

const AGGREGATORS = 10;

/** Reports a second, spread over all aggregators. */
const RATE = 100;

/**
 * Of so many reports one is looked for on all aggregators, but not before the last one was found: otherwise
 * the questions would be most of the load. No multiple of the aggregators, so that each comes to be asked first.
 */
const LOOKED_FOR = 21;

const SECONDS = { full: 60, small: 10 } as const;

/**
 * Reports before it is measured, as fast as they are taken: ten just-in-time compilers are at work until all
 * they look at has run some thousand times. Aggregators run for months.
 */
const WARM_UP = 8000;

/** So many of these at a time. */
const AT_ONCE = 20;

/** And no longer than this, however slow the machine. */
const WARM_UP_LIMIT_MS = 40_000;

/** What the warm-up left undone is done then. */
const REST_MS = 2000;

const LIMIT_MS = 50;

/** Pause between two questions to one aggregator, milliseconds. */
const ASK_MS = 3;

/** From the moment when a report is acknowledged until every aggregator of a full mesh answers with it. */
export async function benchMesh(options: BenchOptions): Promise<BenchRow[]> {
  return [await measure(options, 'memory'), await measure(options, 'journal')];
}

async function measure({ folder, isSmall }: BenchOptions, keeps: 'memory' | 'journal'): Promise<BenchRow> {
  const place = join(folder, `mesh-${keeps}`);
  mkdirSync(place);
  const peers = new Map<string, string>();
  while (peers.size < AGGREGATORS) peers.set(`pano${peers.size}`, `127.0.0.1:${await freePort()}`);
  const running: RunningCommand[] = [];
  const clients: HealthClient[] = [];
  try {
    for (const [id, address] of peers) {
      const file = join(place, `${id}.json`);
      const databaseFile = keeps === 'journal' ? join(place, `${id}.db`) : '';
      writeFileSync(file, formatConfig({ ...standaloneConfig(id, address, databaseFile), peers }));
      const command = new RunningCommand('hview-server', ['-config', file, '-log_level', 'error'], {});
      running.push(command);
      clients.push(new HealthClient({ target: address }));
    }
    for (const client of clients) await untilThere(client);
    await warmUp(clients);
    await sleep(systemClock, REST_MS);
    const seconds = SECONDS[isSmall ? 'small' : 'full'];
    const cpuBefore = cpuSeconds(running);
    const latencies = await report(clients, seconds);
    const cores = (cpuSeconds(running) - cpuBefore) / seconds;
    const sorted = latencies.toSorted((a, b) => a - b);
    const p99 = percentile(sorted, 0.99);
    return {
      name: `report accepted to readable on all of ${AGGREGATORS} aggregators, kept in ${keeps}, at ${RATE} reports a second`,
      result: `p50 ${percentile(sorted, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
      target: below(p99, LIMIT_MS, 'ms (p99)'),
      detail:
        `${sorted.length} reports looked for, longest ${(sorted.at(-1) ?? NaN).toFixed(1)} ms; all on one machine, ` +
        `the aggregators take ${(cores * 100).toFixed(0)} % of a core together`,
    };
  } finally {
    for (const client of clients) client.close();
    for (const command of running) command.kill('SIGKILL');
    await Promise.all(running.map((command) => command.exited));
  }
}

async function untilThere(client: HealthClient): Promise<void> {
  for (;;) {
    const isThere = await client.getId().then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await sleep(systemClock, 50);
  }
}

function cpuSeconds(commands: readonly RunningCommand[]): number {
  return commands.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);
}

async function warmUp(clients: readonly HealthClient[]): Promise<void> {
  const limitMs = performance.now() + WARM_UP_LIMIT_MS;
  for (let index = 0; index < WARM_UP && performance.now() < limitMs; index += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, more) => submit(clients, index + more)));
}

/** Milliseconds that each report which was looked for took to the last aggregator. */
async function report(clients: readonly HealthClient[], seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const looking: Promise<void>[] = [];
  const beganMs = performance.now();
  let isLooking = false;
  const look = async (index: number): Promise<void> => {
    const subject = `marker@${index % 20}`;
    await submit(clients, index, subject);
    const acceptedMs = performance.now();
    await Promise.all(clients.map((client) => untilReadable(client, subject, secondOf(index))));
    latencies.push(performance.now() - acceptedMs);
    isLooking = false;
  };
  for (let count = 0; count < seconds * RATE; count += 1) {
    await sleep(systemClock, Math.max(0, beganMs + (count * 1000) / RATE - performance.now()));
    const index = WARM_UP + count;
    const isLookedFor = count % LOOKED_FOR === 0 && !isLooking;
    if (isLookedFor) isLooking = true;
    looking.push(isLookedFor ? look(index) : submit(clients, index));
  }
  await Promise.all(looking);
  return latencies;
}

/** To one aggregator after the other. */
async function submit(
  clients: readonly HealthClient[],
  index: number,
  subject = `peer@${index % 50}`,
): Promise<void> {
  const observation = {
    time: { seconds: secondOf(index), nanos: 0 },
    metrics: [{ name: 'Bench', status: Status.HEALTHY, score: 90 }],
  };
  const report = { observer: `peer@${index % 10}`, subject, observation };
  const entries = [{ id: `bench-${index}`, report, provenance: null }];
  await clients[index % clients.length]?.submitBatch({ agent: 'bench', module: 'bench', entries });
}

/** By its time a report is known when it is read. */
function secondOf(index: number): number {
  return 1_700_000_000 + index;
}

async function untilReadable(client: HealthClient, subject: string, second: number): Promise<void> {
  for (;;) {
    const latest = await client.getLatestReport(subject).catch(() => null);
    if (latest !== null && latest.observation.time.seconds >= second) return;
    await sleep(systemClock, ASK_MS);
  }
}
