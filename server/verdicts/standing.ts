import type { Inference, Metric } from '../../protocol/model.js';
import { Status, worstStatus } from '../../protocol/model.js';

/** Since when a status holds; milliseconds since 1970 UTC. */
export interface Since {
  readonly status: Status;
  readonly sinceMs: number;
}

/** What is remembered of a subject's verdict, and outlives a restart. */
export interface Standing extends Since {
  /** Key: the metric's name. */
  readonly metrics: ReadonlyMap<string, Since>;
}

/** Nothing stands. */
export const NO_STANDING: Standing = { status: Status.NA, sinceMs: 0, metrics: new Map() };

/** The verdict over all metrics. */
export interface Worst {
  readonly status: Status;
  /** The lowest among the metrics of that status. */
  readonly score: number;
  /** The metrics that have it. */
  readonly metrics: readonly string[];
}

export function worstOf({ observation }: Inference): Worst {
  const status = worstStatus(observation);
  const metrics = observation.metrics.filter((metric) => metric.status === status);
  const score = metrics.reduce((lowest, metric) => Math.min(lowest, metric.score), 100);
  return { status, score, metrics: metrics.map(({ name }) => name) };
}

/**
 * The standing after an inference, or the same object when no status is another one. `timeOf` tells when a
 * status of some metrics came about; it is asked only for what changed.
 */
export function nextStanding(
  before: Standing,
  inference: Inference,
  timeOf: (metrics: readonly string[], status: Status) => number,
): Standing {
  const { metrics } = inference.observation;
  const worst = worstOf(inference);
  const isSame =
    worst.status === before.status &&
    metrics.length === before.metrics.size &&
    metrics.every(({ name, status }) => before.metrics.get(name)?.status === status);
  if (isSame) return before;
  const since = ({ name, status }: Metric): Since => {
    const known = before.metrics.get(name);
    if (known?.status === status) return known;
    return { status, sinceMs: Math.max(known?.sinceMs ?? -Infinity, timeOf([name], status)) };
  };
  return {
    status: worst.status,
    sinceMs:
      worst.status === before.status
        ? before.sinceMs
        : Math.max(before.sinceMs, timeOf(worst.metrics, worst.status)),
    metrics: new Map(metrics.map((metric) => [metric.name, since(metric)])),
  };
}
