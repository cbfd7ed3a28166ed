import { describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from '../../agent/agent.js';
import type { AgentCounts } from '../../agent/agent-counts.js';
import { openSource } from '../../agent/sources/open-source.js';
import { SOURCE_DEFAULTS } from '../../agent/sources/source-settings.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { runAggregator } from '../support/aggregators.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { inFolder } from '../support/followed-log.js';
import { ZOO_CFG, logLine } from '../support/zookeeper-files.js';

async function startAgent(folder: string, aggregator: RunningAggregator): Promise<Agent> {
  const source = {
    ...SOURCE_DEFAULTS,
    name: 'zk',
    logs: [join(folder, 'logs', '*.log')],
    plugin: 'zookeeper',
    pluginOptions: { ensemble: join(folder, 'zoo.cfg'), myid: '1' },
    timeZone: 'UTC',
    staleSeconds: 3600,
  };
  const agent = new Agent({
    sources: [await openSource(source, silentLogger)],
    mode: 'follow',
    stateFolder: join(folder, 'state'),
    delivery: { client: aggregator.client, giveUpAfterMs: Infinity },
    onFinding: () => undefined,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
  });
  await agent.start();
  return agent;
}

/** Every sum that agent/README.md promises. */
function expectSums({ sources, spool, delivery }: AgentCounts): void {
  for (const source of sources) {
    const { quiet, records, continuations, candidates, derived, findings } = source;
    const sumOf = (reasons: readonly string[]): number =>
      Object.entries(quiet).reduce((sum, [reason, count]) => sum + (reasons.includes(reason) ? count : 0), 0);
    const dropped = ['debug-level', 'unknown-tag-subject', 'unknown-observer', 'bad-time'];
    const silenced = Object.keys(quiet).filter((reason) => !dropped.includes(reason));
    expect(records + continuations + sumOf(dropped)).toBe(candidates);
    expect(findings + sumOf(silenced)).toBe(records + derived);
  }
  if (spool === null || delivery === null) throw new Error('the agent delivers nothing');
  const found = sources.reduce((sum, { findings }) => sum + findings, 0);
  const again = sources.reduce((sum, source) => sum + source.again, 0);
  expect(again + spool.appended).toBe(found);
  const gone = Object.values(spool.dropped).reduce((sum, count) => sum + count, 0);
  expect(spool.delivered + spool.coalesced + gone + spool.waiting.entries).toBe(
    spool.recovered + spool.appended,
  );
  expect(Object.values(delivery.outcomes).reduce((sum, count) => sum + count, 0)).toBe(spool.delivered);
}

describe('the accounts of an agent', () => {
  it('add up over records of every kind, several logs, a restart and rules that fire again', async () => {
    await inFolder(async (folder) => {
      const aggregator = await runAggregator();
      mkdirSync(join(folder, 'logs'));
      writeFileSync(join(folder, 'zoo.cfg'), ZOO_CFG);
      const now = Date.now();
      const kinds = [
        logLine(
          now,
          'WARN',
          'RecvWorker:2:QuorumCnxManager$RecvWorker@762',
          'Connection broken for id 2, my id = 1, error = ',
        ),
        'java.io.EOFException\n\tat java.io.DataInputStream.readInt(DataInputStream.java:392)\n',
        logLine(
          now,
          'WARN',
          'RecvWorker:9:QuorumCnxManager$RecvWorker@762',
          'Connection broken for id 9, my id = 1, error = ',
        ),
        logLine(
          now,
          'DEBUG',
          'SyncThread:1:FileTxnLog@338',
          'fsync-ing the write ahead log in SyncThread:1 took 2500ms',
        ),
        logLine(
          now,
          'WARN',
          'SyncThread:1:FileTxnLog@338',
          'fsync-ing the write ahead log in SyncThread:1 took 2500ms which will adversely effect operation latency. See the ZooKeeper troubleshooting guide',
        ),
        logLine(
          now - 7_200_000,
          'WARN',
          'SyncThread:1:FileTxnLog@338',
          'fsync-ing the write ahead log in SyncThread:1 took 3500ms which will adversely effect operation latency. See the ZooKeeper troubleshooting guide',
        ),
        'no record at all that says fsync-ing the write ahead log\n',
      ].join('');
      for (const name of ['a.log', 'b.log']) writeFileSync(join(folder, 'logs', name), kinds.repeat(20));

      const first = await startAgent(folder, aggregator);
      await untilRead(first, 2 * 20 * 8);
      await first.drained();
      const counts = await first.counts();
      expectSums(counts);
      expect(counts.sources[0]?.findings).toBeGreaterThan(0);
      expect(counts.sources[0]?.quiet).toMatchObject({ stale: 40 });
      await first.stop(1000);
      expectSums(await first.counts());

      const second = await startAgent(folder, aggregator);
      appendFileSync(join(folder, 'logs', 'a.log'), kinds);
      await untilRead(second, 8);
      await second.drained();
      const { sources, ...rest } = await second.counts();
      expectSums({ sources, ...rest });
      expect(sources[0]?.lines).toBe(8);
      await second.stop(1000);
      await aggregator.stop();
    });
  });
});

async function untilRead(agent: Agent, lines: number): Promise<void> {
  for (;;) {
    const { sources } = await agent.counts();
    if (sources.reduce((sum, source) => sum + source.lines, 0) >= lines) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
