import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, systemClock } from '../../runtime/clock.js';
import { stamp } from './bench-logs.js';
import type { BenchOptions } from './bench-options.js';
import { cpuSecondsOf, residentMegabytesOf } from './process-usage.js';
import { Rig } from './rig.js';
import type { BenchRow } from './table.js';
import { below } from './table.js';

const SIZES = [
  { files: 1000, limitPercent: 5 },
  { files: 10_000, limitPercent: null },
] as const;

/** Logs in one folder. */
const FILES_PER_FOLDER = 100;

/** From when all is read until it is measured, milliseconds: what is quiet is closed, checkpoints are written. */
const SETTLE_MS = 10_000;

/** How long it is measured, milliseconds. */
const WATCH_MS = 20_000;

/** What one agent costs that follows very many logs in which nothing happens. */
export async function benchIdle({ folder, isSmall }: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { files, limitPercent } of isSmall ? SIZES.slice(0, 1) : SIZES) {
    const rig = new Rig(folder, 'idle');
    try {
      const { paths, bytes } = writeQuietLogs(rig.folder, files);
      await rig.startServer();
      const begunMs = systemClock.monotonic();
      await rig.startAgent(join(rig.folder, 'logs', '*', '*.log'), '-stale=-1');
      const { sources } = await rig.until(({ sources: [source] }) => source?.bytesRead === bytes);
      const readSeconds = (systemClock.monotonic() - begunMs) / 1000;
      await sleep(systemClock, SETTLE_MS);

      const tail = spawn('tail', ['-q', '-n0', '-F', '---disable-inotify', ...paths], { stdio: 'ignore' });
      const tailPid = tail.pid ?? 0;
      // It opens all of them first.
      await sleep(systemClock, 1000);
      const agentBefore = cpuSecondsOf(rig.agentPid);
      const tailBefore = tail.exitCode === null ? cpuSecondsOf(tailPid) : NaN;
      await sleep(systemClock, WATCH_MS);
      const percent = ((cpuSecondsOf(rig.agentPid) - agentBefore) / WATCH_MS) * 1e5;
      const tailPercent =
        tail.exitCode === null ? ((cpuSecondsOf(tailPid) - tailBefore) / WATCH_MS) * 1e5 : NaN;
      tail.kill();
      rows.push({
        name: `CPU of an agent with ${files.toLocaleString('en')} idle logs`,
        result: `${percent.toFixed(2)} % of a core`,
        ...(Number.isNaN(tailPercent)
          ? {}
          : { ratio: `${(percent / tailPercent).toFixed(1)} times tail -F that looks every second` }),
        ...(limitPercent === null ? {} : { target: below(percent, limitPercent, '%') }),
        detail:
          `over ${WATCH_MS / 1000} s; ${sources[0]?.logs.open ?? 0} logs open when all ${sources[0]?.logs.known ?? 0} were read after ${readSeconds.toFixed(1)} s; ` +
          `tail ${tailPercent.toFixed(2)} %; ${residentMegabytesOf(rig.agentPid).peak.toFixed(0)} MB resident at most`,
      });
    } finally {
      await rig.close();
    }
  }
  return rows;
}

/** Each with a few lines that mean nothing. */
function writeQuietLogs(folder: string, files: number): { paths: readonly string[]; bytes: number } {
  const paths: string[] = [];
  let bytes = 0;
  for (let file = 0; file < files; file += 1) {
    const home = join(folder, 'logs', `node-${Math.floor(file / FILES_PER_FOLDER)}`);
    mkdirSync(home, { recursive: true });
    const path = join(home, `server-${file}.log`);
    const lines = Array.from(
      { length: 5 },
      (_, line) =>
        `${stamp(Date.UTC(2026, 0, 1) + line)} [myid:1] - INFO  [main:ServerCnxnFactory@116] - Line ${line} of log ${file}\n`,
    ).join('');
    writeFileSync(path, lines);
    bytes += lines.length;
    paths.push(path);
  }
  return { paths, bytes };
}
