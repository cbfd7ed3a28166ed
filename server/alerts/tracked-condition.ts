import type { Alert } from './alert.js';
import type { Condition } from './condition.js';
import type { Damping } from './damper.js';
import { Damper } from './damper.js';
import type { Severity } from './severity.js';
import { SEVERITIES, isSeverity, severityOf } from './severity.js';

interface Level {
  readonly damper: Damper;
  /** Since when the subject is so bad, by what was said of it. */
  startsAtMs: number;
}

/**
 * What is wrong with one subject (or one metric of it) over time. It is as severe as it has been for a while,
 * and becomes milder only when it has been milder for a while: each severity is damped on its own.
 */
export class TrackedCondition {
  readonly #levels: Readonly<Record<Severity, Level>>;
  /** Null: nothing is wrong just now. */
  current: Condition | null = null;
  /** What was told and is not over. */
  alert: Alert | null = null;
  /** Whether that was so since the last restart: what is over meanwhile is not to be told anew. */
  isConfirmed = true;

  constructor(
    readonly subject: string,
    readonly metric: string,
    damping: Damping,
  ) {
    const level = (): Level => ({ damper: new Damper(damping), startsAtMs: 0 });
    this.#levels = { warning: level(), critical: level() };
  }

  /** There is nothing to remember of it. */
  get isIdle(): boolean {
    return this.alert === null && this.#levels.warning.damper.isIdle;
  }

  /** Null: nothing is to be told. */
  get severity(): Severity | null {
    return SEVERITIES.findLast((severity) => this.#levels[severity].damper.counts) ?? null;
  }

  get alertSeverity(): Severity | null {
    const severity = this.alert?.labels['severity'];
    return isSeverity(severity) ? severity : null;
  }

  /** When what is or was so severe began and, if it is away, since when it is. */
  times(severity: Severity): { readonly startsAtMs: number; readonly awaySinceMs: number | null } {
    const { damper, startsAtMs } = this.#levels[severity];
    return { startsAtMs, awaySinceMs: damper.awaySinceMs };
  }

  /** It was told before a restart. */
  restore(severity: Severity, startsAtMs: number, nowMs: number): void {
    this.isConfirmed = false;
    for (const milder of SEVERITIES.slice(0, SEVERITIES.indexOf(severity) + 1)) {
      this.#levels[milder].damper.restore(nowMs);
      this.#levels[milder].startsAtMs = startsAtMs;
    }
  }

  /** Call when it changed, and regularly. */
  see(nowMs: number): void {
    const now = this.current === null ? -1 : SEVERITIES.indexOf(severityOf(this.current.status));
    for (const [index, severity] of SEVERITIES.entries()) {
      const level = this.#levels[severity];
      // The clock of whoever wrote the log may be ahead.
      if (level.damper.isIdle) level.startsAtMs = Math.min(this.current?.sinceMs ?? nowMs, nowMs);
      level.damper.see(index <= now, nowMs);
    }
  }
}
