import type { Status } from '../../protocol/model.js';
import { Status as Statuses, statusName } from '../../protocol/model.js';
import type { VerdictSummary } from '../../protocol/verdict.js';
import type { Paint } from './paint.js';
import { PLAIN } from './paint.js';
import { fit, joinWords, printable } from './printable.js';
import { formatDuration, formatTime } from './time-text.js';

export interface TableOptions {
  readonly nowMs: number;
  readonly paint: Paint;
  /** Characters in a line; Infinity: as many as it takes. */
  readonly columns: number;
}

const STATUS_WIDTH = 'MAYBE_UNHEALTHY'.length;
const SINCE_WIDTH = '59 min 59 s'.length;
const SCORE_WIDTH = 5;
const GAP = '  ';

/** What every line needs besides the subject and what is said. */
const FIXED_WIDTH = STATUS_WIDTH + SCORE_WIDTH + SINCE_WIDTH + 3 * GAP.length;

/** How many have each status, the worst first: `1 DEAD, 2 UNHEALTHY, 9 HEALTHY`. */
export function countsText(verdicts: readonly VerdictSummary[], paint: Paint): string {
  const counts = new Map<Status, number>();
  for (const { status } of verdicts) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => b - a)
    .map(([status, count]) => `${count} ${paint.status(status, statusName(status))}`)
    .join(', ');
}

/** A heading and a line for each verdict, in their order, none wider than the columns. */
export function tableLines(verdicts: readonly VerdictSummary[], options: TableOptions): string[] {
  const { nowMs, paint, columns } = options;
  const longest = Math.max('SUBJECT'.length, ...verdicts.map(({ subject }) => widthOf(printable(subject))));
  // What is said must have room, too; in a narrow window the status alone stays.
  const subjectWidth = Math.max(0, Math.min(longest, Math.floor((columns - FIXED_WIDTH) * 0.6)));
  const line = (status: string, [subject, score, since, said]: Cells): string => {
    const room = columns - subjectWidth - FIXED_WIDTH - GAP.length;
    const cells = [
      ...(subjectWidth === 0 ? [] : [fit(subject, subjectWidth, true)]),
      status,
      ...(columns < FIXED_WIDTH ? [] : [score.padStart(SCORE_WIDTH), since.padEnd(SINCE_WIDTH)]),
      ...(room < 4 || said === '' ? [] : [fit(said, room)]),
    ];
    return cells.join(GAP).trimEnd();
  };
  return [
    paint.strong(line('STATUS'.padEnd(STATUS_WIDTH), ['SUBJECT', 'SCORE', 'FOR', 'IN, AND WHO SAYS SO'])),
    ...verdicts.map(({ subject, status, score, sinceMs, metrics, observers }) =>
      line(paint.status(status, statusName(status).padEnd(STATUS_WIDTH)), [
        printable(subject),
        score.toFixed(1),
        formatDuration(nowMs - sinceMs),
        saying(status, metrics, observers),
      ]),
    ),
  ];
}

type Cells = readonly [subject: string, score: string, since: string, said: string];

function widthOf(text: string): number {
  return Array.from(text).length;
}

/** Nobody wants to read who says that all is well. */
function saying(status: Status, metrics: readonly string[], observers: readonly string[]): string {
  if (status <= Statuses.HEALTHY) return '';
  const named = joinWords(metrics.map(printable), 3);
  return observers.length === 0 ? named : `${named} (${joinWords(observers.map(printable), 4)})`;
}

export interface ScreenState {
  /** host:port of the aggregator. */
  readonly target: string;
  readonly verdicts: readonly VerdictSummary[];
  /** Index of the first verdict that is shown. */
  readonly first: number;
  /** Why what is shown may be old; empty: it is not. */
  readonly trouble: string;
}

/** A whole screen: exactly `rows` lines, none wider than the columns. */
export function screenLines(state: ScreenState, options: TableOptions & { readonly rows: number }): string[] {
  const { paint, columns, rows, nowMs } = options;
  const { verdicts } = state;
  const room = roomFor(rows);
  const first = Math.max(0, Math.min(state.first, verdicts.length - room));
  const shown = verdicts.slice(first, first + room);
  const title = `hview top  ${printable(state.target)}  ${verdicts.length} subjects`;
  const time = `${formatTime(nowMs)} UTC`;
  const bar = `${fit(title, Math.max(0, columns - time.length - 2), true)}  ${time}`;
  const footer = [
    'q quits',
    ...(verdicts.length > room
      ? ['↑ ↓ scroll', `${first} above, ${verdicts.length - first - shown.length} below`]
      : []),
  ].join('   ');
  const lines = [
    paint.bar(fit(bar, columns)),
    secondLine(state, options),
    '',
    ...tableLines(shown, options),
  ].slice(0, Math.max(0, rows - 1));
  while (lines.length < rows - 1) lines.push('');
  return [...lines, paint.faint(fit(footer, columns))];
}

function secondLine({ verdicts, trouble }: ScreenState, { paint, columns }: TableOptions): string {
  if (trouble !== '') return paint.status(Statuses.UNHEALTHY, fit(printable(trouble), columns));
  if (verdicts.length === 0) return fit('Nothing was reported yet.', columns);
  const plain = countsText(verdicts, PLAIN);
  // What has to be cut goes without colours, whose codes would be cut, too.
  return plain.length > columns ? fit(plain, columns) : countsText(verdicts, paint);
}

/** Verdicts that a screen of so many lines holds. */
export function roomFor(rows: number): number {
  return Math.max(1, rows - 5);
}
