import type {
  MetricVerdictJson,
  VerdictChangeJson,
  VerdictJson,
  VerdictSummaryJson,
} from '../../protocol/json-api.js';
import { statusName } from '../../protocol/model.js';
import type { MetricVerdict, Verdict, VerdictChange, VerdictSummary } from '../../protocol/verdict.js';

/** Field by field: what else an object may carry stays inside. */
export function summaryJson(summary: VerdictSummary): VerdictSummaryJson {
  const { subject, status, score, sinceMs, timeMs, metrics, observers } = summary;
  return { subject, status: statusName(status), score, sinceMs, timeMs, metrics, observers };
}

export function verdictJson(verdict: Verdict): VerdictJson {
  return {
    ...summaryJson(verdict),
    algorithm: verdict.algorithm,
    verdicts: verdict.verdicts.map(metricJson),
  };
}

function metricJson({ name, status, score, sinceMs, votes }: MetricVerdict): MetricVerdictJson {
  return {
    name,
    status: statusName(status),
    score,
    sinceMs,
    votes: votes.map((vote) => ({
      observer: vote.observer,
      status: statusName(vote.status),
      score: vote.score,
      timeMs: vote.timeMs,
      weight: vote.weight,
      evidence: vote.evidence,
    })),
  };
}

export function changeJson(change: VerdictChange): VerdictChangeJson {
  const { sequence, subject, timeMs, before, after, score, metrics, observers, evidence } = change;
  return {
    sequence,
    subject,
    timeMs,
    before: statusName(before),
    after: statusName(after),
    score,
    metrics,
    observers,
    evidence,
  };
}
