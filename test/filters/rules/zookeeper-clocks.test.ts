import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Pipeline } from '../../../agent/pipeline.js';
import { LineSplitter } from '../../../agent/tail/line-splitter.js';
import { compileRuleSet } from '../../../filters/compile.js';
import { loadRuleSet } from '../../../filters/load-rule-set.js';
import { zooKeeperFactory } from '../../../plugins/zookeeper/zookeeper-plugin.js';
import { statusName } from '../../../protocol/model.js';
import { packageFile } from '../../../runtime/package-root.js';

const path = packageFile('filters', 'rules', 'zookeeper.json');
const matcher = compileRuleSet(loadRuleSet(readFileSync(path, 'utf8'), path));

/** What the log of server 1 leads to until the last line and `waitedSeconds` after it. */
function said(lines: readonly string[], waitedSeconds: number): string[] {
  const plugin = zooKeeperFactory.createForExamples?.();
  if (plugin === undefined) throw new Error('the plugin cannot run examples');
  const suppress = { staleSeconds: -1, mergeSeconds: 1 };
  const pipeline = new Pipeline({ plugin, matcher, suppress, now: () => 0 });
  const file = pipeline.openFile('example', 0);
  const log = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  for (const region of new LineSplitter().push(log, 0)) file.push(region);
  file.flush();
  const findings = [...pipeline.take()];
  pipeline.expire((findings.at(-1)?.timeMs ?? 0) + waitedSeconds * 1000);
  return [...findings, ...pipeline.take()].map(({ timeMs, subject, context, status, score }) => {
    const time = new Date(timeMs).toISOString().slice(11, 19);
    return `${time} ${subject} ${context} ${statusName(status)} ${score}`;
  });
}

/** A record of server 1 as version 3.8 writes it; `time` as `10:20:30`. */
function line(time: string, level: string, thread: string, className: string, content: string): string {
  return `2026-01-15 ${time},000 [myid:] - ${level.padEnd(5)} [${thread}:o.a.z.s.q.${className}@100] - ${content}`;
}

const PEER = 'QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled)';

function paused(time: string, level: string, pausedMs: number): string {
  const content =
    `Detected pause in JVM or host machine (eg GC): pause of approximately ${pausedMs} ms, ` +
    'total pause: info level: 1, warn level: 0';
  return line(time, level, 'Thread-0', 'JvmPauseMonitor$JVMMonitor', content);
}

function lost(time: string, sid: number): string[] {
  const thread = `LearnerHandler-/10.0.0.${sid}:4000${sid}`;
  return [
    line('10:00:00', 'INFO', thread, 'LearnerHandler', `Follower sid: ${sid} : info : unknown`),
    line(time, 'WARN', thread, 'LearnerHandler', `******* GOODBYE /10.0.0.${sid}:4000${sid} ********`),
  ];
}

describe('over time, the rules for ZooKeeper', () => {
  it('call a server without a leader pending, unhealthy after a minute, and nothing ten minutes later', () => {
    expect(said([line('10:20:00', 'INFO', PEER, 'QuorumPeer', 'LOOKING')], 3600)).toEqual([
      '10:20:00 peer@1 PeerState PENDING 60',
      '10:21:00 peer@1 PeerState UNHEALTHY 25',
      '10:31:00 peer@1 PeerState NA 0',
    ]);
  });

  it('say nothing of the kind when the election ends in time', () => {
    const log = [
      line('10:20:00', 'INFO', PEER, 'QuorumPeer', 'LOOKING'),
      line('10:20:59', 'INFO', PEER, 'Follower', 'FOLLOWING - LEADER ELECTION TOOK - 59000 MS'),
    ];
    expect(said(log, 3600)).toEqual([
      '10:20:00 peer@1 PeerState PENDING 60',
      '10:20:59 peer@1 PeerState HEALTHY 90',
    ]);
  });

  it('call a disk that is slow again and again worse than one that was slow once', () => {
    const slow = (time: string) =>
      line(
        time,
        'WARN',
        'SyncThread:1',
        'FileTxnLog',
        'fsync-ing the write ahead log in SyncThread:1 took 2000ms',
      );
    const log = ['10:20:00', '10:20:10', '10:20:20', '10:20:30', '10:20:40'].map(slow);
    expect(said(log, 60)).toEqual([
      '10:20:00 peer@1 DiskSync UNHEALTHY 30',
      '10:20:10 peer@1 DiskSync UNHEALTHY 30',
      '10:20:20 peer@1 DiskSync UNHEALTHY 30',
      '10:20:30 peer@1 DiskSync UNHEALTHY 30',
      '10:20:40 peer@1 DiskSync UNHEALTHY 15',
      '10:21:40 peer@1 DiskSync NA 0',
    ]);
  });

  it('do not believe a leader about its followers just after it stood still itself', () => {
    const log = [...lost('10:20:30', 2), paused('10:20:31', 'WARN', 12_005), ...lost('10:20:35', 3)];
    expect(said(log, 0)).toEqual([
      '10:20:30 peer@2 LearnerHandler UNHEALTHY 20',
      '10:20:31 peer@2 LearnerHandler NA 0',
      '10:20:31 peer@1 LongPause UNHEALTHY 25',
    ]);
  });

  it('believe it again when a short pause is over for some seconds', () => {
    const log = [paused('10:20:31', 'INFO', 1500), ...lost('10:20:35', 3)];
    expect(said(log, 0)).toEqual([
      '10:20:31 peer@1 Pause MAYBE_UNHEALTHY 45',
      '10:20:35 peer@3 LearnerHandler UNHEALTHY 20',
    ]);
  });
});
