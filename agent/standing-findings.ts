import type { Withdrawal } from '../filters/matcher.js';
import { Status } from '../protocol/model.js';
import type { DistrustSpan } from './distrust.js';
import { distrustSpanOf, isDoubted } from './distrust.js';
import type { Finding } from './finding.js';
import { topicOf, withdrawalOf } from './finding.js';
import type { Standing } from './standing.js';
import {
  endOf,
  isSameRule,
  missedDeadlineOf,
  nextOf,
  OVERDUE,
  overdueOf,
  standingFrom,
  standingOf,
} from './standing.js';

/** More than this many are never kept; subjects come out of logs, and logs are written by strangers. */
const MAX_STANDING = 4096;

/**
 * The findings of one log that still hold: per observer, subject and context the last word, if it was
 * not a good one. Tells which of them end or get worse, because their time is over, and which a later
 * record takes back. Pure: whoever holds it brings the time.
 */
export class StandingFindings {
  /** By topic; the one that was spoken of last stands at the end. */
  readonly #standing = new Map<string, Standing>();
  /** What `nextEndMs` says; null: it has to be looked for. */
  #nextEndMs: number | null = Infinity;

  /**
   * The finding as it has to be told now: while an operation is overdue, that it is still under way is
   * no better news.
   */
  inForce(finding: Finding): Finding {
    const { deadline, status, timeMs } = finding;
    if (deadline === null || deadline.status <= status) return finding;
    const standing = this.#standing.get(topicOf(finding));
    const isOverdue = standing?.operation.kind === 'overdue' && isSameRule(standing.finding, finding);
    return isOverdue ? overdueOf(finding, deadline, timeMs) : finding;
  }

  /** Takes note of a finding; returns the withdrawals that it causes, which come before it. */
  note(finding: Finding): Finding[] {
    const key = topicOf(finding);
    const withdrawn: Finding[] = [];
    if (finding.withdraws !== null) this.#withdraw(finding, key, finding.withdraws, withdrawn);
    const span = distrustSpanOf(finding);
    if (span !== null) this.#distrust(finding, span, withdrawn);
    const before = this.#standing.get(key);
    if (before !== undefined) this.#drop(key, before);
    if (finding.status > Status.HEALTHY || finding.expiresMs !== null) {
      this.#keep(key, standingOf(finding, before));
    }
    if (this.#standing.size > MAX_STANDING) this.#dropOldest(finding, withdrawn);
    return withdrawn;
  }

  /** What is due at `nowMs`, withdrawals and missed deadlines, in order of time. */
  expire(nowMs: number): Finding[] {
    if (nowMs < this.nextEndMs()) return [];
    const due: Finding[] = [];
    for (const [key, standing] of this.#standing) {
      const { finding, operation } = standing;
      let { endsMs } = standing;
      let last = finding;
      if (operation.kind === 'under-way' && operation.dueMs <= nowMs) {
        const missed = missedDeadlineOf(finding, operation.first, operation.dueMs);
        if (missed !== null) due.push((last = missed));
        endsMs = endOf(finding, operation.dueMs);
        const sinceMs = missed === null ? standing.sinceMs : operation.dueMs;
        this.#standing.set(key, { finding: last, sinceMs, endsMs, operation: OVERDUE });
      }
      if (endsMs <= nowMs) {
        this.#standing.delete(key);
        due.push(withdrawalOf(last, endsMs, `expired: no newer word since ${quote(last)}`));
      }
    }
    this.#nextEndMs = null;
    return due.sort((a, b) => a.timeMs - b.timeMs);
  }

  /** When the next finding ends or gets worse, milliseconds since 1970 UTC; Infinity when none does. */
  nextEndMs(): number {
    if (this.#nextEndMs !== null) return this.#nextEndMs;
    let next = Infinity;
    for (const standing of this.#standing.values()) next = Math.min(next, nextOf(standing));
    this.#nextEndMs = next;
    return next;
  }

  /** What must outlive a restart, as JSON data. */
  state(): unknown {
    return [...this.#standing.values()].map(({ finding, sinceMs, endsMs, operation }) => ({
      finding,
      sinceMs,
      endsMs: endsMs === Infinity ? null : endsMs,
      operation,
    }));
  }

  /** Takes over what `state` gave; what it does not understand is ignored. */
  restore(state: unknown): void {
    if (!Array.isArray(state)) return;
    for (const entry of (state as unknown[]).slice(-MAX_STANDING)) {
      const standing = standingFrom(entry);
      if (standing !== null) this.#keep(topicOf(standing.finding), standing);
    }
  }

  #keep(key: string, standing: Standing): void {
    this.#standing.set(key, standing);
    if (this.#nextEndMs !== null) this.#nextEndMs = Math.min(this.#nextEndMs, nextOf(standing));
  }

  #drop(key: string, standing: Standing): void {
    this.#standing.delete(key);
    if (nextOf(standing) === this.#nextEndMs) this.#nextEndMs = null;
  }

  #withdraw(cause: Finding, causeKey: string, withdrawal: Withdrawal, withdrawn: Finding[]): void {
    for (const [key, standing] of this.#standing) {
      const { finding } = standing;
      if (
        finding.observer === cause.observer &&
        withdrawal.contexts.includes(finding.context) &&
        (withdrawal.subjects === 'all' || finding.subject === cause.subject) &&
        key !== causeKey
      ) {
        this.#takeBack(key, standing, cause, `withdrawn: ${cause.message}`, withdrawn);
      }
    }
  }

  /** Takes back what the observer has begun to say against others around its own pause. */
  #distrust(cause: Finding, span: DistrustSpan, withdrawn: Finding[]): void {
    for (const [key, standing] of this.#standing) {
      const { finding, sinceMs, operation } = standing;
      if (isDoubted(finding, sinceMs, span)) {
        const reason = `withdrawn: the observer itself stood still: ${cause.message}`;
        this.#takeBack(key, standing, cause, reason, withdrawn);
      } else if (operation.kind === 'under-way' && isDoubted(finding, operation.dueMs, span)) {
        // It may have ended while nobody looked, so it gets the time to be heard of.
        this.#standing.set(key, { ...standing, operation: { ...operation, dueMs: span.untilMs } });
        this.#nextEndMs = null;
      }
    }
  }

  #dropOldest(cause: Finding, withdrawn: Finding[]): void {
    for (const [key, standing] of this.#standing) {
      const reason = `withdrawn: more than ${MAX_STANDING} findings stand, and this one is the oldest`;
      this.#takeBack(key, standing, cause, reason, withdrawn);
      return;
    }
  }

  #takeBack(key: string, standing: Standing, cause: Finding, reason: string, withdrawn: Finding[]): void {
    this.#drop(key, standing);
    const { finding } = standing;
    // Threads log a little out of order; a withdrawal must not look older than what it withdraws.
    withdrawn.push(withdrawalOf(finding, Math.max(cause.timeMs, finding.timeMs), reason));
  }
}

function quote(finding: Finding): string {
  return `"${finding.message.slice(0, 120)}"`;
}
