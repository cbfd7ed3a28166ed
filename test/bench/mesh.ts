import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HealthClient } from '../../protocol/health-client.js';
import { Status } from '../../protocol/model.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import { formatConfig, standaloneConfig } from '../../server/config.js';
import { freePort } from '../support/free-port.js';
import { RunningCommand } from '../support/spawn-command.js';
import type { BenchOptions } from './bench-options.js';
import type { BenchRow } from './table.js';
import { below, percentile } from './table.js';

const AGGREGATORS = 10;

/** Reports a second, spread over all aggregators. */
const RATE = 100;

/**
 * Of so many reports one is looked for on all aggregators, but not before the last one was found: otherwise
 * the questions would be most of the load.
 */
const LOOKED_FOR = 10;

const SECONDS = { full: 30, small: 8 } as const;

/** At first the just-in-time compiler is at work. */
const WARM_UP_SECONDS = 3;

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
    const latencies = await report(clients, SECONDS[isSmall ? 'small' : 'full']);
    const sorted = latencies.toSorted((a, b) => a - b);
    const p99 = percentile(sorted, 0.99);
    return {
      name: `report accepted to readable on all of ${AGGREGATORS} aggregators, kept in ${keeps}, at ${RATE} reports a second`,
      result: `p50 ${percentile(sorted, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
      target: below(p99, LIMIT_MS, 'ms (p99)'),
      detail: `${sorted.length} reports looked for, longest ${(sorted.at(-1) ?? NaN).toFixed(1)} ms; all on one machine`,
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

/** Milliseconds that each report which was looked for took to the last aggregator. */
async function report(clients: readonly HealthClient[], seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const looking: Promise<void>[] = [];
  const beganMs = performance.now();
  let isLooking = false;
  for (let index = 0; index < (WARM_UP_SECONDS + seconds) * RATE; index += 1) {
    await sleep(systemClock, Math.max(0, beganMs + (index * 1000) / RATE - performance.now()));
    const client = clients[index % clients.length];
    if (client === undefined) break;
    const isLookedFor = index % LOOKED_FOR === 0 && !isLooking;
    if (isLookedFor) isLooking = true;
    const subject = isLookedFor ? `marker@${Math.floor(index / LOOKED_FOR) % 20}` : `peer@${index % 50}`;
    const submitted = client.submitBatch({
      agent: 'bench',
      module: 'bench',
      entries: [
        {
          id: `bench-${index}`,
          report: {
            observer: `peer@${index % 10}`,
            subject,
            observation: {
              time: { seconds: 1_700_000_000 + index, nanos: 0 },
              metrics: [{ name: 'Bench', status: Status.HEALTHY, score: 90 }],
            },
          },
          provenance: null,
        },
      ],
    });
    const look = async (): Promise<void> => {
      await submitted;
      if (!isLookedFor) return;
      const acceptedMs = performance.now();
      await Promise.all(clients.map((other) => untilReadable(other, subject, 1_700_000_000 + index)));
      isLooking = false;
      if (index >= WARM_UP_SECONDS * RATE) latencies.push(performance.now() - acceptedMs);
    };
    looking.push(look());
  }
  await Promise.all(looking);
  return latencies;
}

async function untilReadable(client: HealthClient, subject: string, second: number): Promise<void> {
  for (;;) {
    const latest = await client.getLatestReport(subject).catch(() => null);
    if (latest !== null && latest.observation.time.seconds >= second) return;
    await sleep(systemClock, ASK_MS);
  }
}
