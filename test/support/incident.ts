import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Finding } from '../../agent/finding.js';
import { findingToReport } from '../../agent/finding.js';
import { Pipeline } from '../../agent/pipeline.js';
import { LineSplitter } from '../../agent/tail/line-splitter.js';
import { compileRuleSet } from '../../filters/compile.js';
import type { Matcher } from '../../filters/matcher.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import { createCassandraFactory } from '../../plugins/cassandra/cassandra-plugin.js';
import { createHdfsFactory } from '../../plugins/hdfs/hdfs-plugin.js';
import type { LogPlugin } from '../../plugins/log-plugin.js';
import { createZooKeeperFactory } from '../../plugins/zookeeper/zookeeper-plugin.js';
import type { Status } from '../../protocol/model.js';
import { Status as Statuses, worstStatus } from '../../protocol/model.js';
import { packageFile } from '../../runtime/package-root.js';
import type { InferenceAlgorithm } from '../../server/inference/algorithm.js';
import { ALGORITHMS, DEFAULT_ALGORITHM } from '../../server/inference/algorithms.js';
import { ReportStore } from '../../server/store/report-store.js';

export type SystemName = 'zookeeper' | 'hdfs' | 'cassandra';

/** What was done to whom while the logs of an incident were captured. */
export interface Truth {
  readonly system: SystemName;
  readonly version: string;
  readonly scenario: string;
  readonly servers: readonly TruthServer[];
  /** Who was sick; null: nobody. */
  readonly subject: string | null;
  readonly injections: readonly { readonly time: string; readonly action: string; readonly target: string }[];
  readonly recoveredAt: string | null;
}

/** A daemon as the capture scripts of its system note it. */
interface TruthServer {
  readonly id: number | string;
  readonly address: string;
  readonly node?: string;
  readonly log?: string;
  readonly config?: string;
}

/** One of the logs of an incident, and how the agent beside it is told whose it is. */
export interface IncidentLog {
  /** Short, and fit for a file name. */
  readonly name: string;
  readonly path: string;
  readonly pluginOptions: Readonly<Record<string, string>>;
}

/** A captured incident: the folder with truth.json, the configuration and a log of each daemon. */
export interface Incident {
  readonly name: string;
  readonly folder: string;
  readonly truth: Truth;
  readonly logs: readonly IncidentLog[];
}

/** A time during which a subject's verdict was UNHEALTHY or worse. */
export interface Sickness {
  readonly subject: string;
  readonly fromMs: number;
  /** Infinity: to the end. */
  readonly toMs: number;
  readonly worst: Status;
  /** The finding that tipped the verdict. */
  readonly evidence: Finding;
}

/** Every incident below samples/<system>. */
export function incidentsOf(system: SystemName): Incident[] {
  const root = packageFile('samples', system);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?:^|[\\/])truth\.json$/.test(path))
    .sort()
    .map((path) => {
      const folder = join(root, path, '..');
      const truth = JSON.parse(readFileSync(join(root, path), 'utf8')) as Truth;
      const logs = truth.servers.map((server) => logOf(system, server, folder));
      return { name: `${truth.version} ${truth.scenario}`, folder, truth, logs };
    });
}

function logOf(system: SystemName, server: TruthServer, folder: string): IncidentLog {
  const { id, node = String(id), log = `zookeeper-${id}.out`, config = '' } = server;
  const pluginOptions = {
    zookeeper: { ensemble: join(folder, 'zoo.cfg'), myid: String(id) },
    hdfs: { conf: join(folder, 'conf') },
    cassandra: { config: join(folder, config) },
  }[system];
  return { name: node, path: join(folder, log), pluginOptions };
}

/** A log as it was captured, unpacked. */
export function readLog({ path }: IncidentLog): Buffer {
  if (path.endsWith('.gz')) return gunzipSync(readFileSync(path));
  return existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
}

const matchers = new Map<SystemName, Matcher>();

/** The bundled rules of a system, compiled once. */
export function bundledMatcher(system: SystemName = 'zookeeper'): Matcher {
  let matcher = matchers.get(system);
  if (matcher === undefined) {
    const rules = packageFile('filters', 'rules', `${system}.json`);
    matcher = compileRuleSet(loadRuleSet(readFileSync(rules, 'utf8'), rules));
    matchers.set(system, matcher);
  }
  return matcher;
}

/** The machines of a capture are gone, and no name server is to be asked for them. */
const noLookup = (host: string): Promise<never> => Promise.reject(new Error(`${host} is not there any more`));

const factories = {
  zookeeper: createZooKeeperFactory(noLookup),
  hdfs: createHdfsFactory(noLookup),
  cassandra: createCassandraFactory(noLookup),
};

/** The plugin as the agent beside a log opens it. */
export function pluginOf(system: SystemName, { pluginOptions: options }: IncidentLog): Promise<LogPlugin> {
  return factories[system].create({ options, timeZone: 'UTC', notice: () => undefined });
}

/** What the agent beside a log finds in it, stale off and merge on, by log time alone. */
export async function findingsOf({ truth }: Incident, log: IncidentLog): Promise<Finding[]> {
  const plugin = await pluginOf(truth.system, log);
  try {
    const pipeline = new Pipeline({
      plugin,
      matcher: bundledMatcher(truth.system),
      suppress: { staleSeconds: -1, mergeSeconds: 1 },
      now: () => 0,
    });
    const lines = pipeline.openFile('captured', 0);
    for (const region of new LineSplitter().push(readLog(log), 0)) lines.push(region);
    lines.flush();
    const found = [...pipeline.take()];
    // A day later: whatever can expire has expired.
    pipeline.expire((found.at(-1)?.timeMs ?? 0) + 86_400_000);
    return [...found, ...pipeline.take()];
  } finally {
    plugin.close();
  }
}

/** What all agents find, each log's findings in its order. */
export async function allFindingsOf(incident: Incident): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const log of incident.logs) found.push(...(await findingsOf(incident, log)));
  return found;
}

/** The verdicts over all findings in order of time, as an aggregator would reach them. */
export function sicknessesIn(
  findings: readonly Finding[],
  algorithm: InferenceAlgorithm = ALGORITHMS[DEFAULT_ALGORITHM],
): Sickness[] {
  const store = new ReportStore();
  const open = new Map<string, Sickness>();
  const closed: Sickness[] = [];
  for (const finding of [...findings].sort((a, b) => a.timeMs - b.timeMs)) {
    store.add(findingToReport(finding));
    const { timeMs } = finding;
    // What is said of one may change what its word on others counts.
    const subjects = algorithm.weighsObservers ? [...store.subjects()] : [finding.subject];
    for (const subject of subjects) {
      const panorama = store.panorama(subject);
      const inference =
        panorama === undefined ? null : algorithm.infer(panorama, (other) => store.panorama(other));
      const worst = inference === null ? Statuses.NA : worstStatus(inference.observation);
      const before = open.get(subject);
      if (worst >= Statuses.UNHEALTHY) {
        const isWorse = before === undefined || worst > before.worst;
        open.set(subject, {
          subject,
          fromMs: before?.fromMs ?? timeMs,
          toMs: Infinity,
          worst: isWorse ? worst : before.worst,
          evidence: before?.evidence ?? finding,
        });
      } else if (before !== undefined) {
        open.delete(subject);
        closed.push({ ...before, toMs: timeMs });
      }
    }
  }
  return [...closed, ...open.values()].sort((a, b) => a.fromMs - b.fromMs);
}
