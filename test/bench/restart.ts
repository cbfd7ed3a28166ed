import { statSync } from 'node:fs';
import type { BatchEntry } from '../../protocol/batch-service.js';
import { HealthClient } from '../../protocol/health-client.js';
import { Status, timestampFromMillis } from '../../protocol/model.js';
import { systemClock } from '../../runtime/clock.js';
import type { BenchOptions } from './bench-options.js';
import { residentMegabytesOf } from './process-usage.js';
import { Rig } from './rig.js';
import type { BenchRow } from './table.js';
import { below } from './table.js';

const REPORTS = { full: 1_000_000, small: 100_000 } as const;
const SUBJECTS = 1000;
const OBSERVERS = 10;
const BATCH_LENGTH = 1000;
const BATCHES_IN_FLIGHT = 4;

const LIMIT_SECONDS = 5;

/** From the start of the process to the first answer, of an aggregator with a long journal. */
export async function benchRestart({ folder, isSmall }: BenchOptions): Promise<BenchRow[]> {
  const count = REPORTS[isSmall ? 'small' : 'full'];
  const rig = new Rig(folder, 'restart');
  try {
    const empty = await startTime(rig);
    await fill(rig.target, count);
    await rig.endServer('SIGKILL');
    const killed = await startTime(rig);
    const { peak } = residentMegabytesOf(rig.serverPid);
    await rig.endServer();
    const bytes = statSync(rig.database).size;
    const stopped = await startTime(rig);
    if (rig.journalled() !== count) throw new Error('reports are missing');
    return [
      {
        name: `start with a journal of ${count.toLocaleString('en')} reports on ${SUBJECTS} subjects × ${OBSERVERS} observers, after kill -9`,
        result: `${killed.toFixed(2)} s to the first answer`,
        target: below(killed, LIMIT_SECONDS, 's'),
        detail:
          `${stopped.toFixed(2)} s after a stop, ${empty.toFixed(2)} s without a journal; ` +
          `${(bytes / 1e6).toFixed(0)} MB on disk, at most ${peak.toFixed(0)} MB in memory`,
      },
    ];
  } finally {
    await rig.close();
  }
}

/** Seconds; the aggregator has to know all subjects, unless it has no journal yet. */
async function startTime(rig: Rig): Promise<number> {
  const startMs = systemClock.monotonic();
  await rig.startServer();
  const client = new HealthClient({ target: rig.target, deadlineMs: 60_000 });
  try {
    const inferences = await client.dumpInference();
    const seconds = (systemClock.monotonic() - startMs) / 1000;
    if (inferences.size !== 0 && inferences.size !== SUBJECTS) throw new Error('subjects are missing');
    return seconds;
  } finally {
    client.close();
  }
}

async function fill(target: string, count: number): Promise<void> {
  const client = new HealthClient({ target, deadlineMs: 60_000 });
  const send = async (first: number): Promise<void> => {
    for (let from = first; from < count; from += BATCH_LENGTH * BATCHES_IN_FLIGHT) {
      const entries = Array.from({ length: BATCH_LENGTH }, (_, index) => entryOf(from + index));
      await client.submitBatch({ agent: 'agent@bench', module: 'bench', entries });
    }
  };
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, (_, index) => send(index * BATCH_LENGTH)));
  client.close();
}

function entryOf(number: number): BatchEntry {
  const status = number % 7 === 0 ? Status.UNHEALTHY : Status.HEALTHY;
  return {
    id: `observation-${String(number).padStart(10, '0')}`,
    report: {
      observer: `observer@${Math.floor(number / SUBJECTS) % OBSERVERS}`,
      subject: `peer@${number % SUBJECTS}`,
      observation: {
        time: timestampFromMillis(1_700_000_000_000 + number),
        metrics: [{ name: 'Bench', status, score: 90 }],
      },
    },
    provenance: {
      host: 'host-17.example.org',
      path: '/var/log/zookeeper/zookeeper.log',
      offset: number * 120,
      line: `2026-01-01 00:00:00,000 [myid:1] - WARN  [Follower@93] - Exception when following the leader ${number}`,
      rule: 'follower-lost-leader',
      why: 'A follower lost its leader; the quorum elects anew.',
    },
  };
}
