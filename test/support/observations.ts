import type { Metric, Observation, Panorama, Report } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';

/** A metric as `['Snapshot', Status.UNHEALTHY, 20]`. */
export type MetricParts = readonly [name: string, status: Status, score: number];

export function observation(seconds: number, ...metrics: readonly MetricParts[]): Observation {
  return { time: { seconds, nanos: 0 }, metrics: metrics.map(metric) };
}

function metric([name, status, score]: MetricParts): Metric {
  return { name, status, score };
}

/** A report in which only what a test is about has to be said. */
export function report(parts: Partial<Report> = {}): Report {
  return {
    observer: 'peer@1',
    subject: 'peer@2',
    observation: observation(1_700_000_000, ['Quorum', Status.UNHEALTHY, 20]),
    ...parts,
  };
}

/** What each observer said, oldest first. */
export function panorama(said: Readonly<Record<string, readonly Observation[]>>): Panorama {
  const views = Object.entries(said).map(
    ([observer, observations]) => [observer, { observer, subject: 'peer@2', observations }] as const,
  );
  return { subject: 'peer@2', views: new Map(views) };
}
