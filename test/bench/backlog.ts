import { linkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LogKind } from './bench-logs.js';
import { writeLog } from './bench-logs.js';
import type { BenchOptions } from './bench-options.js';
import { grepCost } from './grep.js';
import { cpuSecondsOf, residentMegabytesOf } from './process-usage.js';
import { Rig } from './rig.js';
import type { BenchRow } from './table.js';

interface Case {
  readonly kind: LogKind;
  readonly name: string;
  readonly megabytes: number;
}

const CASES: readonly Case[] = [
  { kind: 'busy', name: 'a healthy log, busy with clients', megabytes: 500 },
  { kind: 'incidents', name: 'logs of incidents', megabytes: 100 },
  { kind: 'findings', name: 'a log of findings only', megabytes: 20 },
];

/** What it took to read a log that was there already, from its appearance to the last acknowledgement. */
export interface BacklogCost {
  readonly bytes: number;
  readonly lines: number;
  readonly findings: number;
  readonly seconds: number;
  readonly agentCpuSeconds: number;
  readonly serverCpuSeconds: number;
  readonly agentPeakMegabytes: number;
  readonly serverPeakMegabytes: number;
}

/** A log goes through a real agent into the journal of a real aggregator; beside it `grep -cE` reads it. */
export async function benchBacklog({ folder, isSmall }: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { kind, name, megabytes } of CASES) {
    const log = join(folder, `${kind}.log`);
    const bytes = await writeLog(log, kind, (isSmall ? megabytes / 5 : megabytes) * 1e6);
    const cost = await readBacklog(folder, log, bytes);
    const grep = await grepCost(log, join(folder, 'patterns'));
    rmSync(log);
    const cpuSeconds = cost.agentCpuSeconds + cost.serverCpuSeconds;
    rows.push({
      name: `backlog to acknowledged: ${name}`,
      result: `${(bytes / 1e6 / cost.seconds).toFixed(0)} MB/s`,
      ratio: `${(grep.seconds / cost.seconds).toFixed(2)} of grep -cE's speed; ${(grep.cpuSeconds / cpuSeconds).toFixed(2)} by CPU time`,
      detail:
        `${(bytes / 1e6).toFixed(0)} MB, ${cost.lines} lines, ${cost.findings} findings (${Math.round(cost.findings / cost.seconds)} a second) in ${cost.seconds.toFixed(2)} s; ` +
        `agent ${cost.agentCpuSeconds.toFixed(2)} CPU-s, aggregator ${cost.serverCpuSeconds.toFixed(2)} CPU-s, grep ${grep.cpuSeconds.toFixed(2)} CPU-s`,
    });
  }
  return rows;
}

/** `log` has to be on the folder's disk. Rejects when not every finding is in the journal at the end. */
export async function readBacklog(folder: string, log: string, bytes: number): Promise<BacklogCost> {
  const rig = new Rig(folder, 'backlog');
  const followed = join(rig.folder, 'app.log');
  try {
    await rig.startServer();
    // Without the log, so that the start of the processes is not measured.
    await rig.startAgent(followed, '-stale=-1', '-merge=0');
    const { agentPid, serverPid } = rig;
    const cpu = (): [number, number] => [cpuSecondsOf(agentPid), cpuSecondsOf(serverPid)];
    const [agentBefore, serverBefore] = cpu();
    const begunMs = performance.now();
    linkSync(log, followed);
    const { sources, spool } = await rig.until(({ sources: [source], spool }) => {
      const isRead = source?.bytesRead === bytes && source.behindBytes === 0;
      return isRead && spool?.waiting.entries === 0 && spool.appended === source.findings;
    });
    const seconds = (performance.now() - begunMs) / 1000;
    const [agentAfter, serverAfter] = cpu();
    const findings = spool?.appended ?? 0;
    const journalled = rig.journalled();
    if (journalled !== findings) throw new Error(`${findings} findings, ${journalled} in the journal`);
    return {
      bytes,
      lines: sources[0]?.lines ?? 0,
      findings,
      seconds,
      agentCpuSeconds: agentAfter - agentBefore,
      serverCpuSeconds: serverAfter - serverBefore,
      agentPeakMegabytes: residentMegabytesOf(agentPid).peak,
      serverPeakMegabytes: residentMegabytesOf(serverPid).peak,
    };
  } finally {
    await rig.close();
  }
}
