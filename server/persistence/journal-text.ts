/** Rows as the JSON texts in which they travel to the journal's thread; what its values are: journal-messages.ts. */
import type { Inference, Metric, Observation, Panorama } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import type { TakenEntry } from '../../protocol/batch-service.js';
import type { JournalStep, StoredPart } from './journal-messages.js';
import type { Restorer, SavedEvidence } from './persistence.js';
import type { EvidenceRow, StandingRow, ChangeRow } from './verdict-text.js';
import { changeFrom, evidenceFrom, evidenceRow, standingFrom } from './verdict-text.js';

type TextStep = Exclude<JournalStep, { readonly statement: 'prints' }>;

/** Texts longer than this are not worth being copied into one. */
const SHORT_TEXT = 4096;

export function reportRows(entries: readonly TakenEntry[]): string {
  return JSON.stringify(
    entries.map(({ id, report, provenance }) => {
      const { observer, subject, observation } = report;
      const { seconds, nanos } = observation.time;
      const evidence = provenance === null ? null : evidenceRow(provenance);
      return [observer, subject, seconds, nanos, metricsOf(observation), id === '' ? null : id, evidence];
    }),
  );
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

/** A panorama that is to be saved; undefined: nothing is known any more. */
export interface UnsavedPanorama {
  readonly subject: string;
  readonly panorama: Panorama | undefined;
  readonly evidence: Iterable<SavedEvidence>;
}

export function panoramaRows(panoramas: readonly UnsavedPanorama[]): string {
  return JSON.stringify(
    panoramas.map(({ subject, panorama, evidence }) => [
      subject,
      Array.from(panorama?.views ?? [], ([observer, { observations }]) => [
        observer,
        observations.map((observation) => {
          const { seconds, nanos } = observation.time;
          return [seconds, nanos, metricsOf(observation)];
        }),
      ]),
      Array.from(evidence, ({ observer, metric, time, status, evidence: known }) => [
        observer,
        metric,
        time.seconds,
        time.nanos,
        status,
        evidenceRow(known),
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
type ReportRow = readonly [
  observer: string,
  subject: string,
  ...observation: ObservationRow,
  evidence: EvidenceRow | null,
];
type SavedEvidenceRow = readonly [
  observer: string,
  metric: string,
  seconds: number,
  nanos: number,
  status: Status,
  evidence: EvidenceRow,
];
type PanoramaRow = readonly [
  subject: string,
  views: readonly (readonly [observer: string, observations: readonly ObservationRow[]])[],
  evidence: readonly SavedEvidenceRow[],
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
      for (const row of JSON.parse(part.rows) as PanoramaRow[])
        restorer.panorama(panoramaFrom(row), row[2].map(savedEvidenceFrom));
      break;
    case 'reports':
      for (const [observer, subject, seconds, nanos, metrics, evidence] of JSON.parse(
        part.rows,
      ) as ReportRow[])
        restorer.report(
          { observer, subject, observation: observationFrom([seconds, nanos, metrics]) },
          evidence === null ? null : evidenceFrom(evidence),
        );
      break;
    case 'relay':
      for (const [peer, name, value] of JSON.parse(part.rows) as [string, string, string][])
        restorer.relayState(peer, name, value);
      break;
    case 'alerts':
      for (const [key, alert] of JSON.parse(part.rows) as [string, string][]) restorer.alert(key, alert);
      break;
    case 'standings':
      for (const row of JSON.parse(part.rows) as StandingRow[]) restorer.standing(row[0], standingFrom(row));
      break;
    case 'changes':
      for (const row of JSON.parse(part.rows) as ChangeRow[]) restorer.verdictChange(changeFrom(row));
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

function savedEvidenceFrom([
  observer,
  metric,
  seconds,
  nanos,
  status,
  evidence,
]: SavedEvidenceRow): SavedEvidence {
  return { observer, metric, time: { seconds, nanos }, status, evidence: evidenceFrom(evidence) };
}

function observationFrom([seconds, nanos, metrics]: ObservationRow): Observation {
  return { time: { seconds, nanos }, metrics: metricsFrom(metrics) };
}

function metricsFrom(rows: readonly MetricRow[]): Metric[] {
  return rows
    .filter(([, status]) => KNOWN_STATUSES.has(status))
    .map(([name, status, score]) => ({ name, status, score }));
}
