import { Status } from '../protocol/model.js';
import type { Finding } from './finding.js';

/** Whether an observer's word counts just now. */
export type TrustDecision = 'pass' | 'distrusted';

/** The time, both ends included, in which an observer that stood still is not believed about others. */
export interface DistrustSpan {
  readonly observer: string;
  /** Milliseconds since 1970 UTC. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What ended the pause may have been logged a little before it, and clocks of threads differ. */
const MARGIN_MS = 1000;

/** More pauses than this are not remembered; the oldest is forgotten first. */
const MAX_SPANS = 64;

/** The span around a finding that tells of a pause of its observer; null when it tells of none. */
export function distrustSpanOf({ observer, timeMs, pause }: Finding): DistrustSpan | null {
  if (pause === null) return null;
  return {
    observer,
    fromMs: timeMs - pause.lastedMs - MARGIN_MS,
    untilMs: timeMs + pause.distrustMs,
  };
}

/** Whether `timeMs` lies in the span and the finding is a complaint of its observer about another. */
export function isDoubted(finding: Finding, timeMs: number, span: DistrustSpan): boolean {
  return (
    finding.status > Status.HEALTHY &&
    finding.observer === span.observer &&
    finding.subject !== finding.observer &&
    timeMs >= span.fromMs &&
    timeMs <= span.untilMs
  );
}

/**
 * Remembers when the observers of one log stood still, and so which of their complaints about others
 * weigh nothing: who slept through the heartbeats finds that all the others are late. Pure: log time
 * alone counts.
 */
export class Distrust {
  #spans: DistrustSpan[] = [];

  /** To be asked about every finding, before anything else takes note of it. */
  decide(finding: Finding): TrustDecision {
    const span = distrustSpanOf(finding);
    if (span !== null) {
      this.#add(span);
      return 'pass';
    }
    for (const known of this.#spans) if (isDoubted(finding, finding.timeMs, known)) return 'distrusted';
    return 'pass';
  }

  /** What must outlive a restart, as JSON data. */
  state(): unknown {
    return this.#spans;
  }

  /** Takes over what `state` gave; what it does not understand is ignored. */
  restore(state: unknown): void {
    if (!Array.isArray(state)) return;
    for (const entry of state as unknown[]) if (isSpan(entry)) this.#add(entry);
  }

  #add({ observer, fromMs, untilMs }: DistrustSpan): void {
    this.#spans = [...this.#spans.slice(1 - MAX_SPANS), { observer, fromMs, untilMs }];
  }
}

function isSpan(data: unknown): data is DistrustSpan {
  if (typeof data !== 'object' || data === null) return false;
  const { observer, fromMs, untilMs } = data as Record<string, unknown>;
  return typeof observer === 'string' && typeof fromMs === 'number' && typeof untilMs === 'number';
}
