import type { Finding } from '../../agent/finding.js';
import type { InferenceAlgorithm } from '../../server/inference/algorithm.js';
import { ALGORITHMS } from '../../server/inference/algorithms.js';
import { allFindingsOf, incidentsOf, sicknessesIn } from '../support/incident.js';
import type { Sickness, SystemName, Truth } from '../support/incident.js';
import type { BenchRow } from './table.js';

const SYSTEMS: readonly SystemName[] = ['zookeeper', 'hdfs', 'cassandra'];

/** What the verdicts over one incident were worth. */
interface Judged {
  /** Seconds from the injection to the verdict on who was hurt; null: there was none. */
  readonly foundAfter: number | null;
  /** Others that were called unhealthy or worse, and for how many seconds in all. */
  readonly wrongSubjects: number;
  readonly wrongSeconds: number;
}

/** Every way to infer over every captured incident: who is found, how soon, and who is blamed for nothing. */
export async function benchInference(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const system of SYSTEMS) {
    const incidents = [];
    for (const incident of incidentsOf(system)) {
      incidents.push({ truth: incident.truth, findings: await allFindingsOf(incident) });
    }
    for (const [name, algorithm] of Object.entries(ALGORITHMS)) {
      rows.push(rowOf(system, name, algorithm, incidents));
    }
  }
  return rows;
}

function rowOf(
  system: SystemName,
  name: string,
  algorithm: InferenceAlgorithm,
  incidents: readonly { readonly truth: Truth; readonly findings: readonly Finding[] }[],
): BenchRow {
  const judged = incidents.map(({ truth, findings }) => ({
    truth,
    ...judge(truth, sicknessesIn(findings, algorithm), findings),
  }));
  const sick = judged.filter(({ truth }) => truth.subject !== null);
  const delays = sick.flatMap(({ foundAfter }) => (foundAfter === null ? [] : [foundAfter]));
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  const missed = sick.filter(({ foundAfter }) => foundAfter === null);
  const sum = (pick: (one: Judged) => number): number => judged.reduce((all, one) => all + pick(one), 0);
  return {
    name: `inference ${name} over ${incidents.length} incidents of ${system}`,
    result: `${delays.length} of ${sick.length} found`,
    ratio: `${sum(({ wrongSubjects }) => wrongSubjects)} wrong subjects, ${sum(({ wrongSeconds }) => wrongSeconds).toFixed(1)} s of wrong blame in all`,
    detail:
      `${mean.toFixed(1)} s from injection to verdict on average, ${Math.max(...delays).toFixed(1)} s at most` +
      (missed.length === 0
        ? ''
        : `; not found: ${missed.map(({ truth }) => `${truth.version} ${truth.scenario}`).join(', ')}`),
  };
}

function judge(truth: Truth, sicknesses: readonly Sickness[], findings: readonly Finding[]): Judged {
  const endMs = Math.max(...findings.map(({ timeMs }) => timeMs));
  const [injection] = truth.injections;
  const begunMs = injection === undefined ? NaN : Date.parse(injection.time);
  const recoveredMs = truth.recoveredAt === null ? Infinity : Date.parse(truth.recoveredAt);
  // A restart by hand is the only time that one after the other may look sick.
  const culprits: readonly (string | null)[] =
    truth.scenario === 'rolling-restart' ? truth.injections.map(({ target }) => target) : [truth.subject];
  const found = sicknesses.find(
    ({ subject, fromMs }) => subject === truth.subject && fromMs >= begunMs && fromMs < recoveredMs,
  );
  const wrong = sicknesses.filter(({ subject, fromMs }) => !culprits.includes(subject) || fromMs < begunMs);
  return {
    foundAfter: found === undefined ? null : (found.fromMs - begunMs) / 1000,
    wrongSubjects: new Set(wrong.map(({ subject }) => subject)).size,
    wrongSeconds: wrong.reduce((sum, { fromMs, toMs }) => sum + (Math.min(toMs, endMs) - fromMs) / 1000, 0),
  };
}
