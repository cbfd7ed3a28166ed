import type { Metric, Timestamp, View } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';

/** How many values of a metric in one view count: the newest, and one before it that says the same. */
const VALUES_PER_METRIC = 2;

/** One observer's present word on one metric. */
export interface ViewMetric extends Metric {
  /** Of the newest value. */
  readonly time: Timestamp;
}

export interface ViewSummary {
  /** Of the newest observation. */
  readonly time: Timestamp;
  readonly metrics: readonly ViewMetric[];
}

/**
 * One observer's word: per metric, from the newest value back. A PENDING that a later HEALTHY resolved
 * is passed over; another status ends the look back; the same status joins the mean score. Null for a
 * view without observations.
 */
export function summarizeView(view: View): ViewSummary | null {
  const newest = view.observations.at(-1);
  if (newest === undefined) return null;
  const summaries = new Map<
    string,
    { status: Status; time: Timestamp; scoreSum: number; count: number; isOpen: boolean }
  >();
  for (const { time, metrics } of [...view.observations].reverse()) {
    for (const { name, status, score } of metrics) {
      const summary = summaries.get(name);
      if (summary === undefined) {
        summaries.set(name, { status, time, scoreSum: score, count: 1, isOpen: true });
      } else if (!summary.isOpen || summary.count >= VALUES_PER_METRIC) {
        continue;
      } else if (status === summary.status) {
        summary.scoreSum += score;
        summary.count += 1;
      } else if (!(status === Status.PENDING && summary.status === Status.HEALTHY)) {
        summary.isOpen = false;
      }
    }
  }
  const metrics = [...summaries].map(([name, { status, time, scoreSum, count }]) => ({
    name,
    status,
    score: scoreSum / count,
    time,
  }));
  return { time: newest.time, metrics };
}
