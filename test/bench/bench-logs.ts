import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { findingsOf, incidentsOf, readLog } from '../support/incident.js';
import type { Incident } from '../support/incident.js';

/**
 * `busy`: a healthy server with many clients, what an agent reads nearly all the time. `incidents`: all
 * other captures, every fifth line is looked at. `findings`: of those only the lines that were findings,
 * the worst there is.
 */
export type LogKind = 'busy' | 'incidents' | 'findings';

/** Written at once. */
const BLOCK_BYTES = 8 * 1024 * 1024;

/** Time of the first line where lines get times of their own, milliseconds since 1970 UTC. */
const FIRST_LINE_MS = Date.UTC(2026, 0, 1);

/** As long as every line's time stamp. */
const STAMP_LENGTH = '2026-01-01 00:00:00,000'.length;

/** Writes captured ZooKeeper logs one after the other, again and again, until there are `bytes`; the size. */
export async function writeLog(path: string, kind: LogKind, bytes: number): Promise<number> {
  const file = openSync(path, 'w');
  let written = 0;
  try {
    if (kind === 'findings') {
      const lines = await findingLines();
      // Times that jump back at each repetition would end what stands, which no real log does.
      for (let index = 0; written < bytes;) {
        let block = '';
        while (block.length < BLOCK_BYTES && written + block.length < bytes) {
          block += `${stamp(FIRST_LINE_MS + index)}${lines[index % lines.length] ?? ''}\n`;
          index += 1;
        }
        written += writeSync(file, block);
      }
    } else {
      const captured = Buffer.concat(
        zooKeeperIncidents()
          .filter(({ truth }) => (truth.scenario === 'healthy-busy') === (kind === 'busy'))
          .flatMap(({ logs }) => logs.map(readLog)),
      );
      const times = Math.ceil(BLOCK_BYTES / captured.length);
      const block = Buffer.concat(Array.from({ length: times }, () => captured));
      while (written < bytes) written += writeSync(file, block);
    }
  } finally {
    closeSync(file);
  }
  return written;
}

/** The time as ZooKeeper writes it. */
export function stamp(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, STAMP_LENGTH).replace('T', ' ').replace('.', ',');
}

/** The time in a line of ZooKeeper's, milliseconds since 1970 UTC. */
export function timeOf(line: string): number {
  return Date.parse(`${line.slice(0, STAMP_LENGTH).replace(' ', 'T').replace(',', '.')}Z`);
}

/** Options of the agent for these logs, after its own. */
export function zooKeeperWords(): string[] {
  return ['zookeeper', '--ensemble', ensembleFile(), '--myid', '1'];
}

export function ensembleFile(): string {
  const [first] = zooKeeperIncidents();
  if (first === undefined) throw new Error('there are no samples');
  return join(first.folder, 'zoo.cfg');
}

function zooKeeperIncidents(): Incident[] {
  return incidentsOf('zookeeper');
}

/** The lines, without their times, that the agents beside the captured servers take for findings. */
async function findingLines(): Promise<string[]> {
  const lines: string[] = [];
  for (const incident of zooKeeperIncidents()) {
    for (const log of incident.logs) {
      const seen = new Set<number>();
      for (const { origin, withdraws } of await findingsOf(incident, log)) {
        // What ends by itself is found in the line that began it.
        if (withdraws === null && !seen.has(origin.offset)) lines.push(origin.line.slice(STAMP_LENGTH));
        seen.add(origin.offset);
      }
    }
  }
  return lines;
}

/** A good word on peer 2. */
export function connectionLine(timeMs: number, number: number): string {
  return (
    `${stamp(timeMs)} [myid:] - INFO  [ListenerHandler-/10.77.0.11:3888:o.a.z.s.q.QuorumCnxManager$Listener$ListenerHandler@1076]` +
    ` - Received connection request from /10.77.0.12:${40_000 + (number % 20_000)}\n`
  );
}

/** A complaint of peer 3. */
export function channelLine(timeMs: number): string {
  return (
    `${stamp(timeMs)} [myid:] - WARN  [QuorumConnectionThread-[myid=1]-2:o.a.z.s.q.QuorumCnxManager@401]` +
    ' - Cannot open channel to 3 at election address /10.77.0.13:3888\n'
  );
}
