import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { TakenEntry } from '../../protocol/batch-service.js';
import { Status } from '../../protocol/model.js';
import { encodePeerBatch } from '../../protocol/peering-codec.js';
import type { PeerBatch } from '../../protocol/peering-service.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { PeerRoute } from '../../server/relay/peer-route.js';
import { RelayLog } from '../../server/relay/relay-log.js';
import { Relay } from '../../server/relay/relay.js';
import type { BenchRow } from './table.js';

const AGGREGATORS = 1000;

/** From a call to its answer, milliseconds: a network, and a disk. */
const ROUND_TRIP_MS = 5;

/** The answer, and the frames of both over a call that stays open; bytes, about. */
const ANSWER_BYTES = 50;

const SECONDS = 3;

/** Reports a second that one aggregator takes in. */
const RATES = [1, 10, 100] as const;

/** Counts what it is sent, and answers after a while. */
class CountingPeer {
  static calls = 0;
  static bytes = 0;

  learnReport(): Promise<never> {
    return Promise.reject(new Error('nobody sends single reports here'));
  }

  greet(): Promise<{ run: string; position: null }> {
    return Promise.resolve({ run: 'run', position: null });
  }

  async learn(batch: PeerBatch) {
    CountingPeer.calls += 1;
    CountingPeer.bytes += encodePeerBatch(batch).length + ANSWER_BYTES;
    await sleep(systemClock, ROUND_TRIP_MS);
    return { run: 'run', accepted: batch.entries.length, duplicates: 0, refused: 0, ignored: [] };
  }

  subscribe(): Promise<void> {
    return Promise.resolve();
  }

  compare() {
    return Promise.resolve({ run: 'run', wanted: [] });
  }
}

/** What a full mesh of a thousand aggregators costs each: the real relay of one of them, its network in memory. */
export async function benchRelayCost(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const rate of RATES) rows.push(await measure(rate));
  return rows;
}

async function measure(rate: number): Promise<BenchRow> {
  const before = heapBytes();
  const { relay, log } = build();
  const stateBytes = heapBytes() - before;
  relay.start();
  await sleep(systemClock, 200);
  CountingPeer.calls = 0;
  CountingPeer.bytes = 0;
  const reports = rate * SECONDS;
  const cpuBefore = process.cpuUsage();
  const beganMs = performance.now();
  for (let index = 0; index < reports; index += 1) {
    await sleep(systemClock, Math.max(0, beganMs + (index * 1000) / rate - performance.now()));
    relay.propagate([entryOf(index)]);
  }
  await relay.close(systemClock, 10_000);
  const { user, system } = process.cpuUsage(cpuBefore);
  const perReport = (total: number): string =>
    Math.round(total / reports).toLocaleString('en', { maximumFractionDigits: 0 });
  const inAll = rate * AGGREGATORS;
  return {
    name: `full mesh of ${AGGREGATORS.toLocaleString('en')} aggregators, each taking in ${rate} reports a second`,
    result: `${perReport(CountingPeer.calls)} messages and ${perReport(CountingPeer.bytes)} bytes a report`,
    detail:
      `${((CountingPeer.bytes * 8) / (reports / rate) / 1e6).toFixed(1)} Mbit/s out of each, ${inAll.toLocaleString('en')} reports a second into each; ` +
      `${((user + system) / 1000 / reports).toFixed(1)} ms of CPU a report to send it, without the network; ` +
      `state ${(stateBytes / 1e6).toFixed(1)} MB for ${AGGREGATORS - 1} peers without their connections, ` +
      `and a log of ${(log.bytes / Math.max(1, log.size)).toFixed(0)} bytes a report, shared by all`,
  };
}

/** What is in use, garbage collected. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

function build(): { relay: Relay; log: RelayLog } {
  const log = new RelayLog();
  const self = { id: 'pano0', address: '127.0.0.1:1' };
  const routes = new Map(
    Array.from({ length: AGGREGATORS - 1 }, (_, index) => {
      const peer = { id: `pano${index + 1}`, address: '127.0.0.1:2' };
      const route = new PeerRoute({
        peer,
        self,
        service: new CountingPeer(),
        clock: systemClock,
        random: Math.random,
        logger: silentLogger,
        queueLength: 10_000,
        log,
        views: { watched: () => [], subjects: () => [], digest: () => 0, standing: () => [] },
        run: 'run0',
        epoch: 'run0',
      });
      return [peer.id, route] as const;
    }),
  );
  return { relay: new Relay({ routes, log, clock: systemClock, random: Math.random, run: 'run0' }), log };
}

function entryOf(index: number): TakenEntry {
  return {
    // As long as those of the agent.
    id: `observation-${String(index).padStart(10, '0')}`,
    report: {
      observer: `peer@${index % 10}`,
      subject: `peer@${index % 100}`,
      observation: {
        time: { seconds: 1_700_000_000 + index, nanos: 123_000_000 },
        metrics: [{ name: 'LearnerHandler', status: Status.UNHEALTHY, score: 20 }],
      },
    },
    provenance: {
      agent: 'agent@node1',
      host: 'node1',
      path: '/var/log/zookeeper/zookeeper.log',
      offset: index * 150,
      line: '2026-01-01 00:00:00,000 [myid:2] - WARN [LearnerHandler-/10.0.0.1:40000:LearnerHandler@1] - Unexpected',
      rule: 'follower-link-failed',
      why: 'The leader can no longer read from the follower: it is gone or does not answer in time.',
    },
  };
}
