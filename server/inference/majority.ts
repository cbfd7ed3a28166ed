import type { Metric, Observation, Timestamp, View } from '../../protocol/model.js';
import { Status, compareTimestamps } from '../../protocol/model.js';
import type { InferenceAlgorithm } from './algorithm.js';

/** How many values of a metric in one view count: the newest, and one before it that says the same. */
const VALUES_PER_METRIC = 2;

interface Tally {
  scoreSum: number;
  count: number;
  readonly byStatus: Map<Status, number>;
}

/**
 * The vote of the paper: each view is summed up by itself, then per metric the most frequent status
 * over the views wins, a tie going to the worse one. The score is the mean over all views that have
 * the metric.
 */
export const majority: InferenceAlgorithm = {
  name: 'majority',
  infer(panorama) {
    const tallies = new Map<string, Tally>();
    const observers: string[] = [];
    let newest: Timestamp | null = null;
    for (const [observer, view] of panorama.views) {
      const summary = summarizeView(view);
      if (summary === null) continue;
      observers.push(observer);
      if (newest === null || compareTimestamps(summary.time, newest) > 0) newest = summary.time;
      for (const metric of summary.metrics) count(tallies, metric);
    }
    if (newest === null) return null;
    const metrics = [...tallies].map(([name, tally]) => ({
      name,
      status: winner(tally.byStatus),
      score: tally.scoreSum / tally.count,
    }));
    return { subject: panorama.subject, observers, observation: { time: newest, metrics } };
  },
};

/**
 * One observer's word: per metric, from the newest value back. A PENDING that a later HEALTHY resolved
 * is passed over; another status ends the look back; the same status joins the mean score.
 */
export function summarizeView(view: View): Observation | null {
  const newest = view.observations.at(-1);
  if (newest === undefined) return null;
  const summaries = new Map<string, { status: Status; scoreSum: number; count: number; isOpen: boolean }>();
  for (const { metrics } of [...view.observations].reverse()) {
    for (const { name, status, score } of metrics) {
      const summary = summaries.get(name);
      if (summary === undefined) {
        summaries.set(name, { status, scoreSum: score, count: 1, isOpen: true });
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
  const metrics = [...summaries].map(([name, { status, scoreSum, count: values }]) => ({
    name,
    status,
    score: scoreSum / values,
  }));
  return { time: newest.time, metrics };
}

function count(tallies: Map<string, Tally>, { name, status, score }: Metric): void {
  let tally = tallies.get(name);
  if (tally === undefined) {
    tally = { scoreSum: 0, count: 0, byStatus: new Map() };
    tallies.set(name, tally);
  }
  tally.scoreSum += score;
  tally.count += 1;
  tally.byStatus.set(status, (tally.byStatus.get(status) ?? 0) + 1);
}

function winner(byStatus: ReadonlyMap<Status, number>): Status {
  let best: Status = Status.INVALID;
  let most = 0;
  for (const [status, votes] of byStatus) {
    if (votes > most || (votes === most && status > best)) {
      best = status;
      most = votes;
    }
  }
  return best;
}
