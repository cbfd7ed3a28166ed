import { durationText } from '../filters/loading/duration.js';
import type { Deadline } from '../filters/matcher.js';
import type { Finding } from './finding.js';
import { isFinding } from './finding.js';

/** What holds of one topic: the last word, for how long, and the operation that it is part of. */
export interface Standing {
  /** The last word, or what a missed deadline has made of it. */
  readonly finding: Finding;
  /** Since when it has been as bad as this, milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  /** Milliseconds since 1970 UTC; Infinity when only a newer word can end it. */
  readonly endsMs: number;
  readonly operation: Operation;
}

/** What the topic's last word tells of an operation that has to come to an end. */
export type Operation =
  /** There is none with a deadline. */
  | { readonly kind: 'none' }
  /** It began with `first`, and has time until `dueMs`. Until then nothing of it expires. */
  | { readonly kind: 'under-way'; readonly first: Finding; readonly dueMs: number }
  /** Its time is over; what the same entry says now is as bad as the deadline made it. */
  | { readonly kind: 'overdue' };

const NO_OPERATION: Operation = { kind: 'none' };
export const OVERDUE: Operation = { kind: 'overdue' };

/** What is kept of a log line is evidence to be read; a longer one says nothing more. */
const MAX_TEXT_LENGTH = 1000;

/** What stands once `finding` was said; `before`: what stood there until then. */
export function standingOf(finding: Finding, before: Standing | undefined): Standing {
  const wasAsBad = before !== undefined && before.finding.status >= finding.status;
  const sinceMs = wasAsBad ? Math.min(before.sinceMs, finding.timeMs) : finding.timeMs;
  const kept = keptOf(finding);
  const operation = operationOf(kept, before);
  const endsMs = operation.kind === 'under-way' ? Infinity : endOf(finding, finding.timeMs);
  return { finding: kept, sinceMs, endsMs, operation };
}

/** A repeat tells that the operation goes on, so it wins no time; another entry's word is progress. */
function operationOf(finding: Finding, before: Standing | undefined): Operation {
  if (finding.deadline === null) return NO_OPERATION;
  if (before !== undefined && before.operation.kind !== 'none' && isSameRule(before.finding, finding)) {
    return before.operation;
  }
  return { kind: 'under-way', first: finding, dueMs: finding.timeMs + finding.deadline.afterMs };
}

/** What a deadline missed at `dueMs` makes of an operation; null when the last word is as bad already. */
export function missedDeadlineOf(last: Finding, first: Finding, dueMs: number): Finding | null {
  if (first.deadline === null || last.status >= first.deadline.status) return null;
  return overdueOf(first, first.deadline, dueMs);
}

/** What an overdue operation makes of a word on it. */
export function overdueOf(finding: Finding, deadline: Deadline, timeMs: number): Finding {
  const { afterMs, status, score } = deadline;
  const message = `not resolved within ${durationText(afterMs)}: ${finding.message}`;
  return { ...finding, timeMs, status, score, message };
}

/** When a word that counts from `fromMs` ends by itself; Infinity: never. */
export function endOf({ expiresMs }: Finding, fromMs: number): number {
  return expiresMs === null ? Infinity : fromMs + expiresMs;
}

/** When something happens by itself next. */
export function nextOf({ endsMs, operation }: Standing): number {
  return operation.kind === 'under-way' ? operation.dueMs : endsMs;
}

export function isSameRule(a: Finding, b: Finding): boolean {
  return a.rule.id === b.rule.id;
}

/** What has to be remembered of a finding that stands, bounded in size. */
function keptOf(finding: Finding): Finding {
  const { message, origin } = finding;
  return {
    ...finding,
    message: message.slice(0, MAX_TEXT_LENGTH),
    origin: { ...origin, line: origin.line.slice(0, MAX_TEXT_LENGTH) },
    withdraws: null,
    escalate: null,
    pause: null,
  };
}

/** Null when data from outside is nothing that stands. */
export function standingFrom(data: unknown): Standing | null {
  if (!isObject(data) || !isFinding(data['finding'])) return null;
  const { sinceMs, endsMs, operation } = data;
  const finding = findingFrom(data['finding']);
  return {
    finding,
    sinceMs: typeof sinceMs === 'number' ? sinceMs : finding.timeMs,
    endsMs: typeof endsMs === 'number' ? endsMs : Infinity,
    operation: operationFrom(operation),
  };
}

function operationFrom(data: unknown): Operation {
  if (!isObject(data)) return NO_OPERATION;
  const { kind, first, dueMs } = data;
  if (kind === 'overdue') return OVERDUE;
  if (kind !== 'under-way' || !isFinding(first) || typeof dueMs !== 'number') return NO_OPERATION;
  return { kind, first: findingFrom(first), dueMs };
}

/** With the optional members as they have to be, whatever version wrote them. */
function findingFrom(finding: Finding): Finding {
  const { expiresMs, deadline }: Record<string, unknown> = { ...finding };
  return {
    ...keptOf(finding),
    expiresMs: typeof expiresMs === 'number' ? expiresMs : null,
    deadline: isDeadline(deadline) ? deadline : null,
  };
}

function isDeadline(data: unknown): data is Deadline {
  if (!isObject(data)) return false;
  const { afterMs, status, score } = data;
  return [afterMs, status, score].every((value) => typeof value === 'number');
}

function isObject(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null;
}
