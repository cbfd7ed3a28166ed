/**
 * Runs real ZooKeeper ensembles, breaks them, and measures how soon the aggregator's verdict can be
 * read: `npm run test:e2e [-- VERSION ...]`. Needs what samples/capture/zookeeper/README.md names.
 * Ends with 1 when a fault is not found, not taken back, or somebody else is blamed for long.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent } from '../../agent/agent.js';
import type { Finding } from '../../agent/finding.js';
import { Reporter, REPORTER_DEFAULTS } from '../../agent/reporter.js';
import { loadPlugin } from '../../plugins/registry.js';
import { Status, statusName, worstStatus } from '../../protocol/model.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { packageFile } from '../../runtime/package-root.js';
import { runAggregator } from '../support/aggregators.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { bundledMatcher } from '../support/incident.js';

const SERVERS = [1, 2, 3];

/** How often the verdict is asked for, milliseconds: the resolution of what is measured. */
const ASK_MS = 5;

/** A finding without a line that takes it back expires after a minute. */
const RECOVERY_LIMIT_MS = 100_000;
const DETECTION_LIMIT_MS = 40_000;

/** How long an innocent may be blamed, milliseconds. */
const BLAME_LIMIT_MS = 2500;

interface Ensemble {
  readonly folder: string;
  run(...words: string[]): Promise<string>;
}

interface Fault {
  readonly name: string;
  readonly victim: 'follower' | 'leader';
  inject(ensemble: Ensemble, server: string): Promise<unknown>;
  /** Called once the verdict has been read. */
  mend(ensemble: Ensemble, server: string): Promise<unknown>;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'killed follower',
    victim: 'follower',
    inject: (ensemble, server) => ensemble.run('kill', ensemble.folder, server),
    mend: (ensemble, server) => ensemble.run('start', ensemble.folder, server),
  },
  {
    name: 'stopped leader',
    victim: 'leader',
    inject: (ensemble, server) => ensemble.run('stop', ensemble.folder, server),
    mend: (ensemble, server) => ensemble.run('cont', ensemble.folder, server),
  },
  {
    name: 'slow log disk',
    victim: 'follower',
    inject: (ensemble, server) => ensemble.run('slow', ensemble.folder, server, '2000'),
    mend: (ensemble, server) => ensemble.run('fast', ensemble.folder, server),
  },
];

const script = packageFile('samples', 'capture', 'zookeeper', 'ensemble.sh');
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['3.8.4'];
let failures = 0;
for (const version of versions) await tryVersion(version);
process.exitCode = failures === 0 ? 0 : 1;

async function tryVersion(version: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hview-e2e-'));
  const env = { ...process.env, HVIEW_ZK_PREFIX: 'hve2e', HVIEW_ZK_SUBNET: '10.81.0' };
  const ensemble: Ensemble = {
    folder,
    run: async (...words) => (await promisify(execFile)(script, words, { env })).stdout.trim(),
  };
  const stops: (() => Promise<void>)[] = [];
  try {
    await ensemble.run('up', version, folder);
    const load = ensemble.run('load', folder, '400').catch(() => '');
    const aggregator = await runAggregator();
    stops.push(() => aggregator.stop());
    const findings: Finding[] = [];
    for (const id of SERVERS) stops.push(await startAgent(folder, id, aggregator, findings));
    for (const fault of FAULTS) await tryFault(version, fault, ensemble, aggregator, findings);
    await Promise.race([load, Promise.resolve()]);
  } finally {
    for (const stop of stops.reverse()) await stop();
    await ensemble.run('down', folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tryFault(
  version: string,
  fault: Fault,
  ensemble: Ensemble,
  aggregator: RunningAggregator,
  findings: Finding[],
): Promise<void> {
  await ensemble.run('wait-synced', ensemble.folder);
  await untilHealthy(aggregator);
  const leader = await ensemble.run('leader', ensemble.folder);
  const server = fault.victim === 'leader' ? leader : String(SERVERS.find((id) => String(id) !== leader));
  const subject = `peer@${server}`;
  const blamedSince = new Map<string, number>();
  let longestBlame = 0;
  const watch = async (): Promise<Status> => {
    const inferences = await aggregator.client.dumpInference();
    for (const [other, { observation }] of inferences) {
      if (other === subject) continue;
      if (worstStatus(observation) < Status.UNHEALTHY) blamedSince.delete(other);
      else if (!blamedSince.has(other)) blamedSince.set(other, systemClock.now());
      longestBlame = Math.max(longestBlame, systemClock.now() - (blamedSince.get(other) ?? Infinity));
    }
    const inference = inferences.get(subject);
    return inference === undefined ? Status.NA : worstStatus(inference.observation);
  };

  findings.length = 0;
  const injectedMs = systemClock.now();
  await fault.inject(ensemble, server);
  const detectedMs = await until(async () => (await watch()) >= Status.UNHEALTHY, DETECTION_LIMIT_MS);
  const telling = findings.find(
    (finding) => finding.subject === subject && finding.status >= Status.UNHEALTHY,
  );
  await fault.mend(ensemble, server);
  const mendedMs = systemClock.now();
  const recoveredMs = await until(async () => (await watch()) < Status.UNHEALTHY, RECOVERY_LIMIT_MS);

  const accusations = new Set(
    findings
      .filter((finding) => finding.subject === subject && finding.status >= Status.UNHEALTHY)
      .map(({ rule, observer }) => `${rule.id} by ${observer}`),
  );

  const isFound = detectedMs !== null && telling !== undefined && recoveredMs !== null;
  if (!isFound || longestBlame > BLAME_LIMIT_MS) failures += 1;
  const seconds = (fromMs: number, toMs: number | null): string =>
    toMs === null ? 'never' : `${((toMs - fromMs) / 1000).toFixed(3)} s`;
  process.stdout.write(
    [
      `${version} ${fault.name} (${subject})`,
      `  found ${seconds(injectedMs, detectedMs)} after it was done, ${
        telling === undefined ? 'nobody told' : `${seconds(telling.timeMs, detectedMs)} after the line`
      }`,
      telling === undefined
        ? ''
        : `  ${telling.observer} wrote (${telling.rule.id}, ${statusName(telling.status)}): ${telling.message}`,
      `  all that was said against it: ${[...accusations].join(', ')}`,
      `  healthy again ${seconds(mendedMs, recoveredMs)} after it was mended; longest blame of another ${longestBlame} ms`,
      '',
    ].join('\n'),
  );
}

async function startAgent(
  folder: string,
  id: number,
  { client }: RunningAggregator,
  findings: Finding[],
): Promise<() => Promise<void>> {
  const plugin = await (
    await loadPlugin('zookeeper')
  ).create({
    options: { ensemble: join(folder, String(id), 'zoo.cfg'), myid: String(id) },
    timeZone: 'UTC',
    notice: () => undefined,
  });
  const reporter = new Reporter({
    sink: client,
    module: plugin.module,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    ...REPORTER_DEFAULTS,
    giveUpAfterMs: Infinity,
  });
  const agent = new Agent({
    logPath: join(folder, String(id), 'zookeeper.out'),
    mode: 'follow',
    plugin,
    matcher: bundledMatcher(),
    suppress: { staleSeconds: -1, mergeSeconds: 1 },
    reporter,
    onFinding: (finding) => findings.push(finding),
    clock: systemClock,
    logger: silentLogger,
  });
  await agent.start();
  return async () => {
    await agent.stop();
    reporter.close();
    plugin.close();
  };
}

async function untilHealthy({ client }: RunningAggregator): Promise<void> {
  const isHealthy = async (): Promise<boolean> =>
    [...(await client.dumpInference()).values()].every(
      ({ observation }) => worstStatus(observation) < Status.UNHEALTHY,
    );
  await until(isHealthy, RECOVERY_LIMIT_MS);
}

/** When it became true, milliseconds since 1970 UTC; null: not within the limit. */
async function until(isTrue: () => Promise<boolean>, limitMs: number): Promise<number | null> {
  const startMs = systemClock.monotonic();
  while (systemClock.monotonic() - startMs < limitMs) {
    if (await isTrue()) return systemClock.now();
    await sleep(systemClock, ASK_MS);
  }
  return null;
}
