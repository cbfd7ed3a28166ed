/** Rows as the JSON texts in which they travel to the journal's thread; what its values are: journal-messages.ts. */
import type { BatchEntry, Provenance } from '../../protocol/batch-service.js';
import type { Inference, Metric, Observation, Panorama } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import type { JournalStep, StoredPart } from './journal-messages.js';
import type { Restorer } from './persistence.js';

type TextStep = Exclude<JournalStep, { readonly statement: 'prints' }>;

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

export function panoramaRows(
  panoramas: readonly (readonly [subject: string, Panorama | undefined])[],
): string {
  return JSON.stringify(
    panoramas.map(([subject, panorama]) => [
      subject,
      Array.from(panorama?.views ?? [], ([observer, { observations }]) => [
        observer,
        observations.map((observation) => {
          const { seconds, nanos } = observation.time;
          return [seconds, nanos, metricsOf(observation)];
        }),
      ]),
    ]),
  );
}

/** Short ones of one statement that follow each other become one: each costs a call of the database. */
export function joinSteps(steps: readonly JournalStep[]): JournalStep[] {
  const joined: JournalStep[] = [];
  let group: TextStep[] = [];
  const endGroup = (): void => {
    const [first] = group;
    if (first === undefined) return;
    const texts = group.map(({ rows }) => rows.slice(1, -1));
    joined.push(group.length === 1 ? first : { statement: first.statement, rows: `[${texts.join()}]` });
    group = [];
  };
  for (const step of steps) {
    if (step.statement === 'prints') {
      endGroup();
      joined.push(step);
      continue;
    }
    const isLong = step.rows.length > SHORT_TEXT;
    if (isLong || group[0]?.statement !== step.statement) endGroup();
    if (isLong) joined.push(step);
    else group.push(step);
  }
  endGroup();
  return joined;
}

type MetricRow = readonly [name: string, status: Status, score: number];
type ObservationRow = readonly [seconds: number, nanos: number, metrics: readonly MetricRow[]];
type ReportRow = readonly [observer: string, subject: string, ...observation: ObservationRow];
type PanoramaRow = readonly [
  subject: string,
  views: readonly (readonly [observer: string, observations: readonly ObservationRow[]])[],
];

const KNOWN_STATUSES: ReadonlySet<number> = new Set(Object.values(Status));

/** Hands over what a part of the journal says. */
export function restorePart(part: StoredPart, restorer: Restorer): void {
  // What our own statements have put together.
  switch (part.kind) {
    case 'registrations':
      for (const [handle, module, observer] of JSON.parse(part.rows) as [number, string, string][])
        restorer.registration(handle, { module, observer });
      break;
    case 'watched':
      for (const [subject, seconds, nanos] of JSON.parse(part.rows) as [string, number, number][])
        restorer.watch(subject, { seconds, nanos });
      break;
    case 'panoramas':
      for (const row of JSON.parse(part.rows) as PanoramaRow[]) restorer.panorama(panoramaFrom(row));
      break;
    case 'reports':
      for (const [observer, subject, ...row] of JSON.parse(part.rows) as ReportRow[])
        restorer.report({ observer, subject, observation: observationFrom(row) });
      break;
    case 'relay':
      for (const [peer, name, value] of JSON.parse(part.rows) as [string, string, string][])
        restorer.relayState(peer, name, value);
      break;
    case 'prints':
      restorer.prints(part.prints);
  }
}

function panoramaFrom([subject, rows]: PanoramaRow): Panorama {
  const views = rows.map(
    ([observer, observations]) =>
      [observer, { observer, subject, observations: observations.map(observationFrom) }] as const,
  );
  return { subject, views: new Map(views) };
}

function observationFrom([seconds, nanos, metrics]: ObservationRow): Observation {
  return { time: { seconds, nanos }, metrics: metricsFrom(metrics) };
}

function metricsFrom(rows: readonly MetricRow[]): Metric[] {
  return rows
    .filter(([, status]) => KNOWN_STATUSES.has(status))
    .map(([name, status, score]) => ({ name, status, score }));
}
