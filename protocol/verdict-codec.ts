/** Verdicts on the wire. */
import { statusFromWire, timestampToWire } from './codec.js';
import type * as wire from './generated/hview/v1/verdicts.js';
import type { Timestamp as WireTimestamp } from './generated/google/protobuf/timestamp.js';
import { Status as WireStatus } from './generated/idl/health.js';
import type { Status } from './model.js';
import { statusName, timestampFromMillis, timestampToMillis } from './model.js';
import type { Evidence, MetricVerdict, Verdict, VerdictChange, VerdictSummary, Vote } from './verdict.js';

export function verdictToWire(verdict: Verdict): wire.Verdict {
  const { algorithm, verdicts } = verdict;
  return { summary: summaryToWire(verdict), algorithm, metrics: verdicts.map(metricToWire) };
}

export function verdictFromWire({ summary, algorithm, metrics }: wire.Verdict): Verdict {
  return { ...summaryFromWire(summary), algorithm, verdicts: metrics.map(metricFromWire) };
}

export function summaryToWire(summary: VerdictSummary): wire.VerdictSummary {
  const { subject, status, score, sinceMs, timeMs, metrics, observers } = summary;
  return {
    subject,
    status: statusToWire(status),
    score,
    since: timeToWire(sinceMs),
    time: timeToWire(timeMs),
    metrics: [...metrics],
    observers: [...observers],
  };
}

export function summaryFromWire(message: wire.VerdictSummary | undefined): VerdictSummary {
  return {
    subject: message?.subject ?? '',
    status: statusFromWire(message?.status ?? 0),
    score: message?.score ?? 0,
    sinceMs: timeFromWire(message?.since),
    timeMs: timeFromWire(message?.time),
    metrics: message?.metrics ?? [],
    observers: message?.observers ?? [],
  };
}

export function changeToWire(change: VerdictChange): wire.VerdictChange {
  const { sequence, subject, timeMs, before, after, score, metrics, observers, evidence } = change;
  return {
    sequence,
    subject,
    time: timeToWire(timeMs),
    before: statusToWire(before),
    after: statusToWire(after),
    score,
    metrics: [...metrics],
    observers: [...observers],
    evidence: evidence ?? undefined,
  };
}

export function changeFromWire(message: wire.VerdictChange): VerdictChange {
  const { sequence, subject, time, before, after, score, metrics, observers, evidence } = message;
  return {
    sequence,
    subject,
    timeMs: timeFromWire(time),
    before: statusFromWire(before),
    after: statusFromWire(after),
    score,
    metrics,
    observers,
    evidence: evidenceFromWire(evidence),
  };
}

/** Absent: zero. */
export function timeFromWire(time: WireTimestamp | undefined): number {
  return time === undefined ? 0 : timestampToMillis(time);
}

export function timeToWire(millis: number): WireTimestamp {
  return timestampToWire(timestampFromMillis(millis));
}

function metricToWire({ name, status, score, sinceMs, votes }: MetricVerdict): wire.MetricVerdict {
  return {
    name,
    status: statusToWire(status),
    score,
    since: timeToWire(sinceMs),
    votes: votes.map(voteToWire),
  };
}

function metricFromWire({ name, status, score, since, votes }: wire.MetricVerdict): MetricVerdict {
  return {
    name,
    status: statusFromWire(status),
    score,
    sinceMs: timeFromWire(since),
    votes: votes.map(voteFromWire),
  };
}

function voteToWire({ observer, status, score, timeMs, weight, evidence }: Vote): wire.Vote {
  const time = timeToWire(timeMs);
  return { observer, status: statusToWire(status), score, time, weight, evidence: evidence ?? undefined };
}

function voteFromWire({ observer, status, score, time, weight, evidence }: wire.Vote): Vote {
  return {
    observer,
    status: statusFromWire(status),
    score,
    timeMs: timeFromWire(time),
    weight,
    evidence: evidenceFromWire(evidence),
  };
}

/** Field by field: what a later release may add stays out of the model. */
function evidenceFromWire(message: wire.Evidence | undefined): Evidence | null {
  if (message === undefined) return null;
  const { agent, host, path, offset, line, rule, why } = message;
  return { agent, host, path, offset, line, rule, why };
}

function statusToWire(status: Status): WireStatus {
  return WireStatus[statusName(status)];
}
