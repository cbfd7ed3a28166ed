/**
 * `node dist/test/agent/spool/spool-bench.js [FOLDER]`: speed of the spool, and what memory a backlog of
 * 60 MB takes. Prints a table.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpoolEntry } from '../../../agent/spool/spool-entry.js';
import { Spool } from '../../../agent/spool/spool.js';
import { systemClock } from '../../../runtime/clock.js';
import { silentLogger } from '../../../runtime/logger.js';
import { spoolEntry } from '../../support/spool-entries.js';

const ENTRIES = 150_000;
const CHUNK = 500;
const LIMIT = { entries: 1000, bytes: 512 * 1024 };
const LINE =
  '2026-11-20 10:00:00,123 [myid:1] - WARN  [LearnerHandler-/10.0.0.7:41234:LearnerHandler@644] - ' +
  '******* GOODBYE /10.0.0.7:41234 ********';

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'hview-spool-'));

function entries(from: number, count: number): SpoolEntry[] {
  return Array.from({ length: count }, (_, index) =>
    spoolEntry({
      id: String(from + index).padStart(22, '0'),
      context: 'LearnerHandler',
      provenance: {
        host: 'node-1.example.org',
        path: '/var/log/zookeeper/zookeeper.log',
        offset: (from + index) * 160,
        line: LINE,
        rule: 'learner-handler-goodbye',
        why: 'the leader has lost the connection to a follower',
      },
    }),
  );
}

function memoryMegabytes(): string {
  global.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return `${Math.round(rss / 1e6)} MB resident, heap ${Math.round(heapUsed / 1e6)} MB`;
}

async function open(): Promise<Spool> {
  return Spool.open({ folder, clock: systemClock, logger: silentLogger, maxBytes: 256 * 1024 * 1024 });
}

function print(what: string, count: number, ms: number): void {
  const perSecond = Math.round(count / (ms / 1000));
  process.stdout.write(`${what}: ${perSecond} entries per second; ${memoryMegabytes()}\n`);
}

async function settleAll(spool: Spool): Promise<void> {
  while (spool.waiting > 0) {
    const batch = await spool.next(LIMIT);
    spool.settle(batch.at(-1)?.sequence ?? 0);
  }
}

/** What the figures are of: entries as an agent makes them, 500 an append. */
async function run(): Promise<void> {
  process.stdout.write(`before: ${memoryMegabytes()}\n`);
  let spool = await open();
  let start = performance.now();
  const both = settleAllOf(spool, ENTRIES);
  for (let from = 1; from <= ENTRIES; from += CHUNK) {
    const last = await spool.append(entries(from, CHUNK));
    spool.covered('log', last);
  }
  await both;
  print('append and settle at the same time', ENTRIES, performance.now() - start);

  start = performance.now();
  for (let from = ENTRIES + 1; from <= 2 * ENTRIES; from += CHUNK) await spool.append(entries(from, CHUNK));
  print(
    `append a backlog of ${Math.round(spool.counts().waiting.bytes / 1e6)} MB`,
    ENTRIES,
    performance.now() - start,
  );
  spool.covered('log', spool.lastSequence);
  await spool.close();

  start = performance.now();
  spool = await open();
  print('open with that backlog', ENTRIES, performance.now() - start);
  start = performance.now();
  await settleAll(spool);
  print('read it back and settle it', ENTRIES, performance.now() - start);
  await spool.close();
}

async function settleAllOf(spool: Spool, count: number): Promise<void> {
  for (let settled = 0; settled < count;) {
    const batch = await spool.next(LIMIT);
    settled += batch.length;
    spool.settle(batch.at(-1)?.sequence ?? 0);
  }
}

try {
  await run();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
