/** Verdicts and evidence as rows of the journal. */
import type { Status } from '../../protocol/model.js';
import type { Evidence, VerdictChange } from '../../protocol/verdict.js';
import type { SavedStanding } from './persistence.js';

/** The last is missing in journals from before it was kept. */
export type EvidenceRow = readonly [
  host: string,
  path: string,
  offset: number,
  line: string,
  rule: string,
  why: string,
  agent?: string,
];

export type StandingRow = readonly [
  subject: string,
  status: Status,
  sinceMs: number,
  metrics: readonly (readonly [name: string, status: Status, sinceMs: number])[],
];

export type ChangeRow = readonly [
  sequence: number,
  subject: string,
  timeMs: number,
  before: Status,
  after: Status,
  score: number,
  metrics: readonly string[],
  observers: readonly string[],
  evidence: EvidenceRow | null,
];

export function evidenceRow({ host, path, offset, line, rule, why, agent }: Evidence): EvidenceRow {
  return [host, path, offset, line, rule, why, agent];
}

export function evidenceFrom([host, path, offset, line, rule, why, agent = '']: EvidenceRow): Evidence {
  return { agent, host, path, offset, line, rule, why };
}

export function standingRow(subject: string, { status, sinceMs, metrics }: SavedStanding): StandingRow {
  const rows = Array.from(metrics, ([name, metric]) => [name, metric.status, metric.sinceMs] as const);
  return [subject, status, sinceMs, rows];
}

export function standingFrom([, status, sinceMs, rows]: StandingRow): SavedStanding {
  const metrics = rows.map(([name, ...metric]) => [name, { status: metric[0], sinceMs: metric[1] }] as const);
  return { status, sinceMs, metrics: new Map(metrics) };
}

export function changeRow(change: VerdictChange): ChangeRow {
  const { sequence, subject, timeMs, before, after, score, metrics, observers, evidence } = change;
  const row = evidence === null ? null : evidenceRow(evidence);
  return [sequence, subject, timeMs, before, after, score, metrics, observers, row];
}

export function changeFrom(row: ChangeRow): VerdictChange {
  const [sequence, subject, timeMs, before, after, score, metrics, observers, evidence] = row;
  return {
    ...{ sequence, subject, timeMs, before, after, score, metrics, observers },
    evidence: evidence === null ? null : evidenceFrom(evidence),
  };
}
