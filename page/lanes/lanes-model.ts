import type { VerdictChangeJson } from '../../protocol/json-api.js';
import type { ShownStatus } from '../status/status.js';
import { severityOf, shown } from '../status/status.js';
import { compareNames } from '../view/selection.js';

/** A stretch of time in which a subject had one status. */
export interface Stretch {
  readonly status: ShownStatus;
  /** Shares of the whole window, 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly timeMs: number;
}

export interface Lane {
  readonly subject: string;
  /** Now. */
  readonly status: ShownStatus;
  /** Oldest first, without gaps from 0 to 1. */
  readonly stretches: readonly Stretch[];
}

export interface Lanes {
  readonly lanes: readonly Lane[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Round times within the window. */
  readonly ticks: readonly { readonly timeMs: number; readonly at: number }[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const WINDOWS = [
  ...[5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 30, 365].map((days) => days * DAY),
];

/** The window is the smallest that has this many of the changes, or all of them. */
const ENOUGH_CHANGES = 30;

const STEPS = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  DAY,
  7 * DAY,
  60 * DAY,
];

const MAX_TICKS = 7;

/**
 * The changes as lanes, one a subject, the sick ones first, then who changed last. `changes` newest first;
 * when the latest is more than a day ago, the window ends soon after it.
 */
export function lanesOf(changes: readonly VerdictChangeJson[], nowMs: number): Lanes {
  const newestMs = Math.max(...changes.map(({ timeMs }) => timeMs));
  const endsNow = nowMs - newestMs < DAY;
  const oldestMs = Math.min(...changes.slice(0, ENOUGH_CHANGES).map(({ timeMs }) => timeMs));
  const needMs = (endsNow ? Math.max(nowMs, newestMs) : newestMs) - oldestMs;
  const spanMs = WINDOWS.find((window) => window > needMs * 1.04) ?? needMs * 1.04;
  const toMs = endsNow ? Math.max(nowMs, newestMs) : newestMs + spanMs * 0.04;
  const fromMs = toMs - spanMs;
  const shareOf = (timeMs: number): number => (timeMs - fromMs) / spanMs;

  const bySubject = new Map<string, VerdictChangeJson[]>();
  for (const change of changes) {
    if (change.timeMs < fromMs) continue;
    const known = bySubject.get(change.subject);
    if (known === undefined) bySubject.set(change.subject, [change]);
    else known.unshift(change);
  }
  const lanes = [...bySubject].map(([subject, own]): Lane & { readonly lastMs: number } => {
    const oldest = own[0];
    const starts = [
      { status: shown(oldest?.before ?? 'NA'), timeMs: fromMs },
      ...own.map(({ after, timeMs }) => ({ status: shown(after), timeMs })),
    ];
    const stretches = starts.map(({ status, timeMs }, index) => ({
      status,
      timeMs,
      from: shareOf(timeMs),
      to: shareOf(starts[index + 1]?.timeMs ?? toMs),
    }));
    const last = starts.at(-1);
    return { subject, status: last?.status ?? 'NA', stretches, lastMs: last?.timeMs ?? 0 };
  });
  lanes.sort(
    (a, b) =>
      severityOf(b.status) - severityOf(a.status) ||
      b.lastMs - a.lastMs ||
      compareNames(a.subject, b.subject),
  );
  const step = STEPS.find((candidate) => spanMs / candidate <= MAX_TICKS) ?? spanMs;
  // Local midnights and hours are round to whoever reads them.
  const zoneMs = new Date(toMs).getTimezoneOffset() * MINUTE;
  const ticks = [];
  for (let time = Math.ceil((fromMs - zoneMs) / step) * step + zoneMs; time < toMs; time += step) {
    ticks.push({ timeMs: time, at: shareOf(time) });
  }
  return { lanes, fromMs, toMs, ticks };
}
