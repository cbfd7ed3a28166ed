import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Finding } from '../../agent/finding.js';
import { findingToReport } from '../../agent/finding.js';
import { Pipeline } from '../../agent/pipeline.js';
import { LineSplitter } from '../../agent/tail/line-splitter.js';
import { compileRuleSet } from '../../filters/compile.js';
import type { Matcher } from '../../filters/matcher.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import { loadPlugin } from '../../plugins/registry.js';
import type { Status } from '../../protocol/model.js';
import { Status as Statuses, worstStatus } from '../../protocol/model.js';
import { packageFile } from '../../runtime/package-root.js';
import type { InferenceAlgorithm } from '../../server/inference/algorithm.js';
import { majority } from '../../server/inference/majority.js';
import { ReportStore } from '../../server/store/report-store.js';

/** What was done to whom while the logs of an incident were captured. */
export interface Truth {
  readonly system: string;
  readonly version: string;
  readonly scenario: string;
  readonly servers: readonly { readonly id: number; readonly address: string }[];
  /** Who was sick; null: nobody. */
  readonly subject: string | null;
  readonly injections: readonly { readonly time: string; readonly action: string; readonly target: string }[];
  readonly recoveredAt: string | null;
}

/** A captured incident: the folder with truth.json, zoo.cfg and one log a server. */
export interface Incident {
  readonly name: string;
  readonly folder: string;
  readonly truth: Truth;
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
export function incidentsOf(system: string): Incident[] {
  const root = packageFile('samples', system);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?:^|[\\/])truth\.json$/.test(path))
    .sort()
    .map((path) => {
      const folder = join(root, path, '..');
      const truth = JSON.parse(readFileSync(join(root, path), 'utf8')) as Truth;
      return { name: `${truth.version} ${truth.scenario}`, folder, truth };
    });
}

/** The log of one server as it was captured, unpacked. */
export function readLog(folder: string, id: number): Buffer {
  try {
    return readFileSync(join(folder, `zookeeper-${id}.out`));
  } catch {
    return gunzipSync(readFileSync(join(folder, `zookeeper-${id}.out.gz`)));
  }
}

let matcher: Matcher | undefined;

/** The bundled rules, compiled once. */
export function bundledMatcher(): Matcher {
  const rules = packageFile('filters', 'rules', 'zookeeper.json');
  matcher ??= compileRuleSet(loadRuleSet(readFileSync(rules, 'utf8'), rules));
  return matcher;
}

/** What the agent of one server finds in its log, stale off and merge on, by log time alone. */
export async function findingsOf({ folder }: Incident, id: number): Promise<Finding[]> {
  const factory = await loadPlugin('zookeeper');
  const plugin = await factory.create({
    options: { ensemble: join(folder, 'zoo.cfg'), myid: String(id) },
    timeZone: 'UTC',
    notice: () => undefined,
  });
  try {
    const pipeline = new Pipeline({
      plugin,
      matcher: bundledMatcher(),
      suppress: { staleSeconds: -1, mergeSeconds: 1 },
      now: () => 0,
    });
    const lines = pipeline.openFile('captured', 0);
    for (const region of new LineSplitter().push(readLog(folder, id), 0)) lines.push(region);
    lines.flush();
    const found = [...pipeline.take()];
    // A day later: whatever can expire has expired.
    pipeline.expire((found.at(-1)?.timeMs ?? 0) + 86_400_000);
    return [...found, ...pipeline.take()];
  } finally {
    plugin.close();
  }
}

/** The verdicts over all findings in order of time, as an aggregator would reach them. */
export function sicknessesIn(
  findings: readonly Finding[],
  algorithm: InferenceAlgorithm = majority,
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
