import type { Status } from '../../protocol/model.js';
import type { MetricVerdict, Verdict, Vote } from '../../protocol/verdict.js';

/** What is wrong with a subject, or with one metric of it. */
export interface Condition {
  /** Empty: it is said of the subject as a whole. */
  readonly metric: string;
  readonly status: Status;
  readonly score: number;
  readonly sinceMs: number;
  /** The metrics that have the status. */
  readonly metrics: readonly string[];
  /** What is said on the first of them, worst first. */
  readonly votes: readonly Vote[];
}

/** One alert a subject, or one for each of its metrics. */
export const ALERT_UNITS = ['subject', 'metric'] as const;
export type AlertUnit = (typeof ALERT_UNITS)[number];

/** What of a verdict is as bad as `minStatus` or worse; nothing for a subject that is unknown. */
export function conditionsOf(
  verdict: Verdict | undefined,
  unit: AlertUnit,
  minStatus: Status,
): readonly Condition[] {
  if (verdict === undefined || verdict.status < minStatus) return [];
  if (unit === 'metric') {
    return verdict.verdicts
      .filter(({ status }) => status >= minStatus)
      .map((metric) => ({ ...metric, metric: metric.name, metrics: [metric.name] }));
  }
  const { status, score, sinceMs, metrics } = verdict;
  const worst = verdict.verdicts.filter((metric) => metric.status === status);
  const told = worst.find(hasEvidence) ?? worst[0];
  return [{ metric: '', status, score, sinceMs, metrics, votes: told?.votes ?? [] }];
}

function hasEvidence({ votes }: MetricVerdict): boolean {
  return votes.some(({ evidence }) => evidence !== null);
}

/** The vote that shows best what is wrong: of the worst that can be seen, the weightiest, then the newest. */
export function tellingVote(votes: readonly Vote[]): Vote | undefined {
  return votes
    .filter(({ evidence }) => evidence !== null)
    .reduce<Vote | undefined>(
      (best, vote) => (best === undefined || compare(vote, best) > 0 ? vote : best),
      undefined,
    );
}

function compare(a: Vote, b: Vote): number {
  return a.status - b.status || a.weight - b.weight || a.timeMs - b.timeMs;
}
