import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { HealthClient } from '../../protocol/health-client.js';
import type { BatchEntry } from '../../protocol/batch-service.js';
import { Status, timestampFromMillis } from '../../protocol/model.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import { readBacklog } from './backlog.js';
import { writeLog } from './bench-logs.js';
import type { BenchOptions } from './bench-options.js';
import { residentMegabytesOf } from './process-usage.js';
import { Rig } from './rig.js';
import type { BenchRow } from './table.js';
import { below } from './table.js';

const BACKLOG_BYTES = { full: 5e9, small: 500e6 } as const;

/** More findings than the spool holds. */
const AWAY_BYTES = { full: 100e6, small: 50e6 } as const;

const AGENT_LIMIT_MEGABYTES = 100;

const SUBJECTS = 1000;
const OBSERVERS = 10;
const OBSERVATIONS = 10;
const BATCH_LENGTH = 1000;

const SERVER_LIMIT_MEGABYTES = 200;

/** After the last report, for what follows it: inferences go into the journal. */
const SETTLE_MS = 5000;

/** Resident memory, as the kernel counts it: of an agent behind, of one that is alone, of a full aggregator. */
export async function benchMemory(options: BenchOptions): Promise<BenchRow[]> {
  return [await agentBehind(options), await agentAlone(options), await fullAggregator(options)];
}

async function agentBehind({ folder, isSmall }: BenchOptions): Promise<BenchRow> {
  const log = join(folder, 'huge.log');
  try {
    const bytes = await writeLog(log, 'busy', BACKLOG_BYTES[isSmall ? 'small' : 'full']);
    const cost = await readBacklog(folder, log, bytes);
    return {
      name: `agent's memory over a backlog of ${(bytes / 1e9).toFixed(1)} GB`,
      result: `${cost.agentPeakMegabytes.toFixed(0)} MB at most`,
      target: below(cost.agentPeakMegabytes, AGENT_LIMIT_MEGABYTES, 'MB'),
      detail:
        `${cost.lines} lines, ${cost.findings} findings in ${cost.seconds.toFixed(1)} s, ${(bytes / 1e6 / cost.seconds).toFixed(0)} MB/s; ` +
        `agent ${cost.agentCpuSeconds.toFixed(1)} CPU-s; aggregator ${cost.serverPeakMegabytes.toFixed(0)} MB at most`,
    };
  } finally {
    rmSync(log, { force: true });
  }
}

/** The aggregator is away, and more is found than may wait for it. */
async function agentAlone({ folder, isSmall }: BenchOptions): Promise<BenchRow> {
  const rig = new Rig(folder, 'alone');
  const log = join(rig.folder, 'app.log');
  try {
    const bytes = await writeLog(log, 'findings', AWAY_BYTES[isSmall ? 'small' : 'full']);
    await rig.startAgent(log, '-stale=-1', '-merge=0');
    const { spool } = await rig.until(
      ({ sources: [source] }) => source?.bytesRead === bytes && source.behindBytes === 0,
    );
    const { peak, now } = residentMegabytesOf(rig.agentPid);
    return {
      name: "agent's memory when the aggregator is away and its spool is full",
      result: `${peak.toFixed(0)} MB at most`,
      target: below(peak, AGENT_LIMIT_MEGABYTES, 'MB'),
      detail:
        `${spool?.appended ?? 0} findings, of which ${spool?.waiting.entries ?? 0} wait in ${((spool?.bytesOnDisk ?? 0) / 1e6).toFixed(0)} MB on disk; ` +
        `${now.toFixed(0)} MB at the end`,
    };
  } finally {
    await rig.close();
  }
}

async function fullAggregator({ folder }: BenchOptions): Promise<BenchRow> {
  const rig = new Rig(folder, 'full');
  try {
    await rig.startServer();
    const empty = residentMegabytesOf(rig.serverPid).now;
    const client = new HealthClient({ target: rig.target, deadlineMs: 60_000 });
    for (const entries of batches()) {
      await client.submitBatch({ agent: 'agent@bench', module: 'bench', entries });
    }
    await sleep(systemClock, SETTLE_MS);
    const filled = residentMegabytesOf(rig.serverPid);
    const subjects = (await client.getObservedSubjects()).size;
    const { views } = await client.getPanorama(subjectName(SUBJECTS - 1));
    client.close();
    if (subjects < SUBJECTS || views.size !== OBSERVERS) throw new Error('the aggregator is not full');
    await rig.endServer();
    await rig.startServer();
    const restored = residentMegabytesOf(rig.serverPid);
    return {
      name: `aggregator's memory at ${SUBJECTS} subjects × ${OBSERVERS} observers × ${OBSERVATIONS} observations`,
      result: `${filled.peak.toFixed(0)} MB at most`,
      target: below(filled.peak, SERVER_LIMIT_MEGABYTES, 'MB'),
      detail:
        `${filled.now.toFixed(0)} MB ${SETTLE_MS / 1000} s after the last report, ${empty.toFixed(0)} MB when empty; ` +
        `after a restart ${restored.now.toFixed(0)} MB, at most ${restored.peak.toFixed(0)} MB`,
    };
  } finally {
    await rig.close();
  }
}

function* batches(): Generator<BatchEntry[]> {
  let entries: BatchEntry[] = [];
  for (let observation = 0; observation < OBSERVATIONS; observation += 1) {
    for (let observer = 0; observer < OBSERVERS; observer += 1) {
      for (let subject = 0; subject < SUBJECTS; subject += 1) {
        entries.push(entry(subject, observer, observation));
        if (entries.length < BATCH_LENGTH) continue;
        yield entries;
        entries = [];
      }
    }
  }
}

/** As an agent sends them, with the line as evidence. */
function entry(subject: number, observer: number, observation: number): BatchEntry {
  const number = (observation * OBSERVERS + observer) * SUBJECTS + subject;
  const isSick = number % 7 === 0;
  const line = `2026-01-01 00:00:00,000 [myid:1] - WARN  [LearnerHandler-/10.0.0.${subject % 250}:51824:LearnerHandler@805] - line ${number}`;
  return {
    id: `observation-${String(number).padStart(10, '0')}`,
    report: {
      subject: subjectName(subject),
      // Neighbours watch each other.
      observer: subjectName((subject + observer + 1) % SUBJECTS),
      observation: {
        time: timestampFromMillis(1_700_000_000_000 + number),
        metrics: [
          {
            name: ['Gossip', 'Streaming', 'CommitLog'][observation % 3] ?? '',
            status: isSick ? Status.UNHEALTHY : Status.HEALTHY,
            score: isSick ? 20 : 90,
          },
        ],
      },
    },
    provenance: {
      host: `host-${subject}`,
      path: '/var/log/cassandra/system.log',
      offset: number * 200,
      line,
      rule: 'node-down',
      why: 'Its neighbour does not answer to gossip any more.',
    },
  };
}

function subjectName(subject: number): string {
  return `cassandra@10.0.${Math.floor(subject / 250)}.${subject % 250}`;
}
