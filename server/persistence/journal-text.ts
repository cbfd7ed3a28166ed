/** Rows as the JSON texts in which they travel to the journal's thread; what its values are: journal-messages.ts. */
import type { BatchEntry, Provenance } from '../../protocol/batch-service.js';
import type { Inference, Metric, Observation } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import type { JournalStep, StoredPart } from './journal-messages.js';
import type { Restorer } from './persistence.js';

/** Texts longer than this are not worth being copied into one. */
const SHORT_TEXT = 4096;

export function reportRows(entries: readonly BatchEntry[]): string {
  return JSON.stringify(
    entries.map(({ id, report, provenance }) => {
      const { observer, subject, observation } = report;
      const { seconds, nanos } = observation.time;
      const evidence = provenance === null ? null : evidenceOf(provenance);
      return [observer, subject, seconds, nanos, metricsOf(observation), id === '' ? null : id, evidence];
    }),
  );
}

function evidenceOf({ host, path, offset, line, rule, why }: Provenance): readonly unknown[] {
  return [host, path, offset, line, rule, why];
}

function metricsOf({ metrics }: Observation): readonly unknown[] {
  return metrics.map(({ name, status, score }) => [name, status, score]);
}

export function inferenceRows(inferences: Iterable<Inference>): string {
  return JSON.stringify(
    Array.from(inferences, ({ subject, observers, observation }) => {
      const { seconds, nanos } = observation.time;
      return [subject, observers, seconds, nanos, metricsOf(observation)];
    }),
  );
}

/** Short ones of one statement that follow each other become one: each costs a call of the database. */
export function joinSteps(steps: readonly JournalStep[]): JournalStep[] {
  const joined: JournalStep[] = [];
  let group: JournalStep[] = [];
  const endGroup = (): void => {
    const [first] = group;
    if (first === undefined) return;
    const texts = group.map(({ rows }) => rows.slice(1, -1));
    joined.push(group.length === 1 ? first : { statement: first.statement, rows: `[${texts.join()}]` });
    group = [];
  };
  for (const step of steps) {
    const isLong = step.rows.length > SHORT_TEXT;
    if (isLong || group[0]?.statement !== step.statement) endGroup();
    if (isLong) joined.push(step);
    else group.push(step);
  }
  endGroup();
  return joined;
}

type MetricRow = readonly [name: string, status: Status, score: number];
type ReportRow = readonly [
  observer: string,
  subject: string,
  seconds: number,
  nanos: number,
  metrics: readonly MetricRow[],
];

const KNOWN_STATUSES: ReadonlySet<number> = new Set(Object.values(Status));

/** Hands over what a part of the journal says. */
export function restorePart({ kind, rows }: StoredPart, restorer: Restorer): void {
  // What our own statements have put together.
  switch (kind) {
    case 'registrations':
      for (const [handle, module, observer] of JSON.parse(rows) as [number, string, string][])
        restorer.registration(handle, { module, observer });
      break;
    case 'watched':
      for (const [subject, seconds, nanos] of JSON.parse(rows) as [string, number, number][])
        restorer.watch(subject, { seconds, nanos });
      break;
    case 'reports':
      for (const [observer, subject, seconds, nanos, metrics] of JSON.parse(rows) as ReportRow[])
        restorer.report({
          observer,
          subject,
          observation: { time: { seconds, nanos }, metrics: metricsFrom(metrics) },
        });
      break;
    case 'ids':
      for (const id of JSON.parse(rows) as string[]) restorer.id(id);
  }
}

function metricsFrom(rows: readonly MetricRow[]): Metric[] {
  return rows
    .filter(([, status]) => KNOWN_STATUSES.has(status))
    .map(([name, status, score]) => ({ name, status, score }));
}
