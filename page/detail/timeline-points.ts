import type { VerdictChangeJson, VerdictJson } from '../../protocol/json-api.js';
import type { ShownStatus } from '../status/status.js';
import { severityOf, shown } from '../status/status.js';

export interface TimelinePoint {
  readonly timeMs: number;
  readonly status: ShownStatus;
  readonly severity: number;
}

export interface TimelinePoints {
  /** Oldest first; the last one is where the line ends. */
  readonly points: readonly TimelinePoint[];
  /** The line ends before the present, as nothing has happened for very long. */
  readonly isCut: boolean;
}

/** At least this long, milliseconds: a single change is to be seen in its place. */
const SHORTEST_MS = 60_000;

/** A calm that is longer than this, milliseconds, and this many times as long as all before it is cut. */
const LONGEST_CALM = { millis: 6 * 3_600_000, times: 20 } as const;

/** The steps of a verdict up to now. */
export function timelineOf(
  changes: readonly VerdictChangeJson[],
  verdict: Pick<VerdictJson, 'status' | 'sinceMs' | 'timeMs'>,
  nowMs: number,
): TimelinePoints {
  const steps = changes.map(({ timeMs, after }) => pointAt(timeMs, after));
  const first = changes[0];
  const beginMs = first?.timeMs ?? verdict.sinceMs;
  const lastMs = Math.max(steps.at(-1)?.timeMs ?? verdict.sinceMs, verdict.timeMs);
  const spanMs = Math.max(lastMs - beginMs, SHORTEST_MS);
  const isCut = nowMs - lastMs > Math.max(LONGEST_CALM.millis, spanMs * LONGEST_CALM.times);
  const endMs = isCut ? lastMs + spanMs / 2 : Math.max(nowMs, lastMs + 1);
  const start =
    first === undefined
      ? pointAt(beginMs, verdict.status)
      : pointAt(beginMs - (endMs - beginMs) / 12, first.before);
  return { points: [start, ...steps, pointAt(endMs, verdict.status)], isCut };
}

function pointAt(timeMs: number, status: VerdictJson['status']): TimelinePoint {
  return { timeMs, status: shown(status), severity: severityOf(status) };
}
