import type { StatusName } from '../../protocol/model.js';

/** What can be shown; INVALID is never said of anybody. */
export type ShownStatus = Exclude<StatusName, 'INVALID'>;

/** Worst first. */
export const STATUSES: readonly ShownStatus[] = [
  'DEAD',
  'DYING',
  'UNHEALTHY',
  'MAYBE_UNHEALTHY',
  'PENDING',
  'HEALTHY',
  'NA',
];

const LABELS: Readonly<Record<ShownStatus, string>> = {
  DEAD: 'dead',
  DYING: 'dying',
  UNHEALTHY: 'unhealthy',
  MAYBE_UNHEALTHY: 'maybe unhealthy',
  PENDING: 'pending',
  HEALTHY: 'healthy',
  NA: 'no finding',
};

const LETTERS: Readonly<Record<string, ShownStatus>> = {
  n: 'NA',
  h: 'HEALTHY',
  p: 'PENDING',
  m: 'MAYBE_UNHEALTHY',
  u: 'UNHEALTHY',
  d: 'DYING',
  x: 'DEAD',
};

export function shown(status: StatusName): ShownStatus {
  return status === 'INVALID' ? 'NA' : status;
}

export function labelOf(status: StatusName): string {
  return LABELS[shown(status)];
}

/** A status by its letter in the matrix; null where the observer said nothing. */
export function statusOfLetter(letter: string | undefined): ShownStatus | null {
  return letter === undefined ? null : (LETTERS[letter] ?? null);
}

/** 0: nothing stands, 6: dead. */
export function severityOf(status: StatusName): number {
  return STATUSES.length - 1 - STATUSES.indexOf(shown(status));
}

/** Somebody should look: at least a suspicion. */
export function isSick(status: StatusName): boolean {
  return severityOf(status) >= severityOf('MAYBE_UNHEALTHY');
}

/** For class names. */
export function classOf(status: StatusName): string {
  return `s-${shown(status).toLowerCase().replace('_', '-')}`;
}
