/**
 * Follows a log that another process writes and rotates as fast as it likes, and counts what is lost,
 * doubled, out of order or garbled. Not a test of the suite: its figures depend on the machine.
 * `node dist/test/agent/tail/rotation-stress.js [SECONDS] [BURNERS] [MODE]`; burners keep that many cores
 * busy. Without a mode all are run, after the speed of a backlog and the delay of single lines.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FileFollower } from '../../../agent/tail/file-follower.js';
import { forEachLine } from '../../../agent/tail/line-region.js';
import { LineRegions } from '../../../agent/tail/line-regions.js';
import { decodeLine } from '../../../agent/tail/line-splitter.js';

const seconds = Number(process.argv[2] ?? 5);
const burners = Number(process.argv[3] ?? 0);
const onlyMode = process.argv[4];
const writerProgram = new URL('rotating-writer.js', import.meta.url).pathname;

async function run(mode: string, linesPerSecond: number, rotateEveryMs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hview-stress-'));
  const path = join(folder, 'app.log');
  const regions = new LineRegions();
  const times = new Map<number, number>();
  let last = 0;
  let outOfOrder = 0;
  let garbled = 0;
  const take = (line: string): void => {
    const sequence = /^seq=(\d+) Zoë says 漢字 to the follower$/.exec(line)?.[1];
    if (sequence === undefined) {
      garbled += 1;
      return;
    }
    const number = Number(sequence);
    if (number < last) outOfOrder += 1;
    last = Math.max(last, number);
    times.set(number, (times.get(number) ?? 0) + 1);
  };
  const follower = new FileFollower(
    { path },
    {
      onChunk: (chunk) => {
        for (const region of regions.push(chunk)) {
          forEachLine(region, ({ start, end }) => take(decodeLine(region.bytes, start, end)));
        }
      },
      onFileEnd: (file, reason) => {
        const rest = regions.end(file, reason);
        if (rest !== null) garbled += 1;
      },
    },
  );
  await follower.start();
  const cpuBefore = process.cpuUsage();
  const busy: ChildProcess[] = [];
  for (let burner = 0; burner < burners; burner += 1) {
    busy.push(spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' }));
  }
  const options = [path, mode, String(seconds), String(linesPerSecond), String(rotateEveryMs)];
  const { stdout } = await promisify(execFile)(process.execPath, [writerProgram, ...options]);
  const written = Number(stdout);
  // Whatever is still to come has come when nothing did for a second.
  let seen: number;
  do {
    seen = times.size;
    await pause(1000);
  } while (seen !== times.size);
  for (const burner of busy) burner.kill();
  await follower.stop();
  rmSync(folder, { recursive: true, force: true });

  const doubled = [...times.values()].filter((count) => count > 1).length;
  const cpu = process.cpuUsage(cpuBefore);
  const { rotations, truncations, filesOpened } = follower.counts();
  process.stdout.write(
    `${mode.padEnd(12)} every ${String(rotateEveryMs).padStart(5)} ms: written ${written}, lost ${written - times.size}, ` +
      `doubled ${doubled}, out of order ${outOfOrder}, garbled ${garbled}; rotations ${rotations}, ` +
      `truncations ${truncations}, files ${filesOpened}; ${((cpu.user + cpu.system) / 1e6).toFixed(1)} CPU-s\n`,
  );
}

/** Reads a large file from the page cache without looking at the bytes. */
async function throughput(megabytes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hview-stress-'));
  const path = join(folder, 'app.log');
  const piece = Buffer.from(
    '2026-11-22 10:00:00,123 - INFO  [main:QuorumPeer@1] - a line of ordinary length\n'.repeat(13_000),
  );
  for (let written = 0; written < megabytes * 1e6; written += piece.length) {
    writeFileSync(path, piece, { flag: 'a' });
  }
  for (const what of ['bytes', 'regions'] as const) {
    const regions = new LineRegions();
    let total = 0;
    let caughtUp = (): void => {};
    const isDone = new Promise<void>((resolve) => {
      caughtUp = resolve;
    });
    const follower = new FileFollower(
      { path },
      {
        onChunk: (chunk) => {
          total += chunk.bytes.length;
          if (what === 'regions') regions.push(chunk);
        },
        onFileEnd: () => {},
        onCaughtUp: () => {
          caughtUp();
        },
      },
    );
    const startedMs = performance.now();
    const cpuBefore = process.cpuUsage();
    await follower.start();
    await isDone;
    const elapsedMs = performance.now() - startedMs;
    const cpu = process.cpuUsage(cpuBefore);
    await follower.stop();
    process.stdout.write(
      `backlog as ${what.padEnd(8)} ${(total / 1e6).toFixed(0)} MB: ${(total / 1e6 / elapsedMs).toFixed(2)} GB/s, ` +
        `${((cpu.user + cpu.system) / 1e6).toFixed(2)} CPU-s, ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident\n`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
}

/** From the return of the write to the handler, in one process that writes a line now and then. */
async function latency(lines: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hview-stress-'));
  const path = join(folder, 'app.log');
  writeFileSync(path, '');
  let arrived = (): void => {};
  const follower = new FileFollower({ path }, { onChunk: () => arrived(), onFileEnd: () => {} });
  await follower.start();
  const taken: number[] = [];
  for (let line = 0; line < lines; line += 1) {
    await pause(5);
    const isThere = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const before = performance.now();
    writeFileSync(path, `seq=${line}\n`, { flag: 'a' });
    await isThere;
    taken.push(performance.now() - before);
  }
  await follower.stop();
  rmSync(folder, { recursive: true, force: true });
  taken.sort((a, b) => a - b);
  const at = (share: number) => (taken[Math.floor(taken.length * share)] ?? 0).toFixed(2);
  process.stdout.write(
    `line written to chunk: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(0.9999)} ms\n`,
  );
}

const cases: readonly (readonly [mode: string, everyMs: number])[] = [
  ['rename', 1000],
  ['rename', 50],
  ['rename', 20],
  ['late-rename', 50],
  ['copytruncate', 200],
];

if (onlyMode === undefined) {
  await throughput(1000);
  await latency(500);
}
for (const [mode, everyMs] of cases) {
  if (onlyMode === undefined || onlyMode === mode) await run(mode, 20_000, everyMs);
}
