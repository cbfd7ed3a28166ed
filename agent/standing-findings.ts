import type { Withdrawal } from '../filters/matcher.js';
import { Status } from '../protocol/model.js';
import type { Finding } from './finding.js';
import { topicOf, withdrawalOf } from './finding.js';

interface Standing {
  readonly finding: Finding;
  /** Milliseconds since 1970 UTC; Infinity when only a newer word can end it. */
  readonly endsMs: number;
}

/**
 * The findings of one log that still hold: per observer, subject and context the last word, if it was
 * not a good one. Tells which of them end, because their time is over or because a later record takes
 * them back. Pure: whoever holds it brings the time.
 */
export class StandingFindings {
  readonly #standing = new Map<string, Standing>();

  /** Takes note of a finding; returns the withdrawals that it causes, which come before it. */
  note(finding: Finding): Finding[] {
    const key = topicOf(finding);
    const withdrawn = finding.withdraws === null ? [] : this.#withdraw(finding, key, finding.withdraws);
    if (finding.status <= Status.HEALTHY && finding.expiresMs === null) {
      this.#standing.delete(key);
    } else {
      const endsMs = finding.expiresMs === null ? Infinity : finding.timeMs + finding.expiresMs;
      this.#standing.set(key, { finding, endsMs });
    }
    return withdrawn;
  }

  /** The withdrawals due at `nowMs`, oldest first. */
  expire(nowMs: number): Finding[] {
    if (nowMs < this.nextEndMs()) return [];
    const due = [...this.#standing].filter(([, { endsMs }]) => endsMs <= nowMs);
    due.sort(([, a], [, b]) => a.endsMs - b.endsMs);
    return due.map(([key, { finding, endsMs }]) => {
      this.#standing.delete(key);
      return withdrawalOf(finding, endsMs, `expired: no newer word since ${quote(finding)}`);
    });
  }

  /** When the next finding ends, milliseconds since 1970 UTC; Infinity when none does. */
  nextEndMs(): number {
    let next = Infinity;
    for (const { endsMs } of this.#standing.values()) if (endsMs < next) next = endsMs;
    return next;
  }

  #withdraw(cause: Finding, causeKey: string, withdrawal: Withdrawal): Finding[] {
    const withdrawn: Finding[] = [];
    for (const [key, { finding }] of this.#standing) {
      if (
        finding.observer === cause.observer &&
        withdrawal.contexts.includes(finding.context) &&
        (withdrawal.subjects === 'all' || finding.subject === cause.subject) &&
        key !== causeKey
      ) {
        this.#standing.delete(key);
        // Threads log a little out of order; a withdrawal must not look older than what it withdraws.
        const timeMs = Math.max(cause.timeMs, finding.timeMs);
        withdrawn.push(withdrawalOf(finding, timeMs, `withdrawn: ${cause.message}`));
      }
    }
    return withdrawn;
  }
}

function quote(finding: Finding): string {
  return `"${finding.message.slice(0, 120)}"`;
}
