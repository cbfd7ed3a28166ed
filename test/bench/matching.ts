import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LogReader } from '../../agent/log-reader.js';
import { compileRuleSet } from '../../filters/compile.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import { loadPlugin } from '../../plugins/registry.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { packageFile } from '../../runtime/package-root.js';
import { incidentsOf, readLog } from '../support/incident.js';
import type { BenchRow } from './table.js';

/** Size of the log that is made for the measurement, bytes. */
const LOG_BYTES = 100 * 1024 * 1024;

/** Lines the original system reads per CPU-second, measured on a machine of two cores. */
const ORIGINAL_LINES_PER_SECOND = 232_000;

/**
 * Reads a log of 100 MB from disk through an agent's whole reader (follow, split, scan, parse, match, merge)
 * without an aggregator, beside `grep -cE` with the same literals over the same file.
 */
export async function benchMatching(folder: string): Promise<BenchRow[]> {
  const rules = packageFile('filters', 'rules', 'zookeeper.json');
  const matcher = compileRuleSet(loadRuleSet(readFileSync(rules, 'utf8'), rules));
  const path = join(folder, 'big.log');
  // The quiet log first: what an agent reads nearly all the time.
  const rows: BenchRow[] = [];
  for (const kind of ['busy', 'incidents'] as const) {
    writeLog(path, kind);
    const plugin = await (
      await loadPlugin('zookeeper')
    ).create({
      options: { ensemble: ensembleFile(), myid: '1' },
      timeZone: 'UTC',
      notice: () => undefined,
    });
    const literals = matcher.literals(plugin.verbatimFields);
    if (literals === null) throw new Error('the bundled rules have an entry without a literal');
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
    const patterns = join(folder, 'patterns');
    const alternation = [...literals, ...plugin.memoryLiterals].map(escape).join('|');
    writeFileSync(patterns, alternation);
    const grepSeconds = cpuSecondsOf(`grep -cE -f ${patterns} ${path}`);
    const perSecond = lines / seconds;
    rows.push({
      name:
        kind === 'busy'
          ? 'read and match a healthy log, busy with clients'
          : 'read and match logs of incidents',
      result: `${(perSecond / 1e6).toFixed(2)} million lines per CPU-second`,
      detail:
        `${lines} lines, ${candidates} parsed, ${findings} findings in ${seconds.toFixed(2)} CPU-s; ` +
        `${(perSecond / ORIGINAL_LINES_PER_SECOND).toFixed(1)} times the original; ` +
        `grep -cE ${grepSeconds.toFixed(2)} CPU-s, so ${(grepSeconds / seconds).toFixed(2)} of grep's speed`,
    });
  }
  return rows;
}

/** Captured logs, one after the other, again and again. */
function writeLog(path: string, kind: 'busy' | 'incidents'): void {
  const logs = incidentsOf('zookeeper')
    .filter(({ truth }) => (truth.scenario === 'healthy-busy') === (kind === 'busy'))
    .flatMap(({ logs }) => logs.map(readLog));
  const file = openSync(path, 'w');
  for (let bytes = 0; bytes < LOG_BYTES;) for (const log of logs) bytes += writeSync(file, log);
  closeSync(file);
}

function ensembleFile(): string {
  const [first] = incidentsOf('zookeeper');
  if (first === undefined) throw new Error('there are no samples');
  return join(first.folder, 'zoo.cfg');
}

/** Not to /dev/null: grep would stop at the first match. */
function cpuSecondsOf(command: string): number {
  const script = `LC_ALL=C; export LC_ALL; ${command}; times`;
  const children = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

function escape(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
