import { statusName } from '../../protocol/model.js';
import type { VerdictChange } from '../../protocol/verdict.js';
import type { Paint } from './paint.js';
import { joinWords, printable } from './printable.js';
import { formatTime } from './time-text.js';

/** Observers that a line names at most. */
const NAMED_OBSERVERS = 3;

/** One line without its end: when, who, from what to what, in which metrics, who says so, and why. */
export function changeText(
  { timeMs, subject, before, after, metrics, observers, evidence }: VerdictChange,
  options: { readonly paint: Paint; /** Without the subject. */ readonly isShort?: boolean },
): string {
  const { paint, isShort = false } = options;
  const statuses = `${statusName(before)} → ${paint.status(after, statusName(after))}`;
  const reason = evidence === null ? '' : evidence.why === '' ? evidence.line : evidence.why;
  return [
    `${formatTime(timeMs)} UTC`,
    ...(isShort ? [] : [paint.strong(printable(subject))]),
    statuses,
    ...(metrics.length === 0 ? [] : [metrics.map(printable).join(', ')]),
    ...(observers.length === 0 ? [] : [`(${joinWords(observers.map(printable), NAMED_OBSERVERS)})`]),
    ...(reason === '' ? [] : [printable(reason)]),
  ].join('  ');
}
