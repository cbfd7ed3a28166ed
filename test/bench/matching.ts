import { join } from 'node:path';
import { LogReader } from '../../agent/log-reader.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { writeLog } from './bench-logs.js';
import type { BenchOptions } from './bench-options.js';
import { bundledZooKeeper, grepCost } from './grep.js';
import type { BenchRow } from './table.js';
import { atLeast } from './table.js';

/** Size of the log that is made for the measurement, bytes. */
const LOG_BYTES = 100 * 1024 * 1024;

/** Lines the original system reads per CPU-second, measured on a machine of two cores. */
const ORIGINAL_LINES_PER_SECOND = 232_000;

/**
 * Reads a log of 100 MB from disk through an agent's whole reader (follow, split, scan, parse, match, merge)
 * without an aggregator, beside `grep -cE` with the same literals over the same file.
 */
export async function benchMatching({ folder, isSmall }: BenchOptions): Promise<BenchRow[]> {
  const path = join(folder, 'big.log');
  // The quiet log first: what an agent reads nearly all the time.
  const rows: BenchRow[] = [];
  for (const kind of ['busy', 'incidents'] as const) {
    await writeLog(path, kind, isSmall ? LOG_BYTES / 5 : LOG_BYTES);
    const { plugin, matcher } = await bundledZooKeeper();
    let findings = 0;
    const reader = new LogReader({
      logPath: path,
      mode: 'once',
      plugin,
      matcher,
      suppress: { staleSeconds: -1, mergeSeconds: 1 },
      sink: {
        put: (found) => Promise.resolve((findings += found.length)),
        caughtUp: () => undefined,
      },
      checkpoint: null,
      clock: systemClock,
      logger: silentLogger,
    });
    const before = process.cpuUsage();
    await reader.start();
    await reader.finished;
    const { user, system } = process.cpuUsage(before);
    await reader.stop();
    plugin.close();

    const seconds = (user + system) / 1e6;
    const { lines, candidates } = reader.counts();
    const grep = await grepCost(path, join(folder, 'patterns'));
    const perSecond = lines / seconds;
    const ofGrep = grep.cpuSeconds / seconds;
    const ofOriginal = perSecond / ORIGINAL_LINES_PER_SECOND;
    rows.push({
      name:
        kind === 'busy'
          ? 'read and match a healthy log, busy with clients'
          : 'read and match logs of incidents',
      result: `${(perSecond / 1e6).toFixed(2)} million lines per CPU-second`,
      ratio: `${ofOriginal.toFixed(1)} times the original; ${ofGrep.toFixed(2)} of grep -cE's speed`,
      // The promise is for a log as it nearly always is.
      ...(kind === 'busy' ? { target: atLeast(ofOriginal, 10, 'times the original') } : {}),
      detail:
        `${lines} lines, ${candidates} parsed, ${findings} findings in ${seconds.toFixed(2)} CPU-s; ` +
        `grep ${grep.cpuSeconds.toFixed(2)} CPU-s`,
    });
  }
  return rows;
}
