import type { Metric, Timestamp } from '../../protocol/model.js';
import { Status, compareTimestamps } from '../../protocol/model.js';
import type { InferenceAlgorithm } from './algorithm.js';
import { summarizeView } from './view-summary.js';

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
  weighsObservers: false,
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
  votes: (panorama) =>
    [...panorama.views].flatMap(([observer, view]) =>
      (summarizeView(view)?.metrics ?? []).map((metric) => ({ ...metric, observer, weight: 1 })),
    ),
};

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
