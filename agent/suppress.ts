import type { Status } from '../protocol/model.js';
import type { Finding } from './finding.js';
import { topicOf } from './finding.js';

/** Why a finding goes on, or does not. */
export type SuppressDecision = 'pass' | 'stale' | 'repeat';

export interface SuppressOptions {
  /** Findings older than this many seconds are skipped; negative: never. */
  readonly staleSeconds: number;
  /** An equal finding within this many seconds of log time is skipped; 0: never. */
  readonly mergeSeconds: number;
}

interface LastWord {
  readonly status: Status;
  /** Without its fraction: scores that differ by less than a point say the same. */
  readonly score: number;
  readonly timeMs: number;
}

/** Beyond this many remembered words those that can no longer suppress anything are forgotten. */
const MEMORY_SIZE = 4096;

/**
 * Keeps out what is too old and what only repeats the last word. A finding that came in between ends
 * the repetition, so that the last of "healthy, unhealthy, healthy" is never lost. Pure: the caller
 * brings the time.
 */
export class Suppressor {
  readonly #lastWords = new Map<string, LastWord>();

  constructor(private readonly options: SuppressOptions) {}

  decide(finding: Finding, nowMs: number): SuppressDecision {
    const { staleSeconds, mergeSeconds } = this.options;
    const { timeMs, status } = finding;
    if (staleSeconds >= 0 && nowMs - timeMs > staleSeconds * 1000) return 'stale';
    if (mergeSeconds <= 0) return 'pass';

    const key = topicOf(finding);
    const score = Math.trunc(finding.score);
    const last = this.#lastWords.get(key);
    const repeats = last !== undefined && last.status === status && last.score === score;
    if (repeats && timeMs - last.timeMs < mergeSeconds * 1000) return 'repeat';
    this.#lastWords.set(key, { status, score, timeMs });
    if (this.#lastWords.size > MEMORY_SIZE) this.#forget(timeMs - mergeSeconds * 1000);
    return 'pass';
  }

  #forget(beforeMs: number): void {
    for (const [key, { timeMs }] of this.#lastWords) if (timeMs < beforeMs) this.#lastWords.delete(key);
  }
}
