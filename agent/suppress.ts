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

/** More words than this are never remembered: forgetting one costs a repeat, not a finding. */
const MEMORY_SIZE = 4096;

/**
 * Keeps out what is too old and what only repeats the last word. A finding that came in between ends
 * the repetition, so that the last of "healthy, unhealthy, healthy" is never lost. Pure: the caller
 * brings the time.
 */
export class Suppressor {
  readonly #lastWords = new Map<string, LastWord>();
  #newestMs = -Infinity;

  constructor(private readonly options: SuppressOptions) {}

  decide(finding: Finding, nowMs: number): SuppressDecision {
    const { staleSeconds, mergeSeconds } = this.options;
    const { timeMs, status } = finding;
    if (staleSeconds >= 0 && nowMs - timeMs > staleSeconds * 1000) return 'stale';
    if (mergeSeconds <= 0) return 'pass';

    const key = topicOf(finding);
    this.#newestMs = Math.max(this.#newestMs, timeMs);
    const score = Math.trunc(finding.score);
    const last = this.#lastWords.get(key);
    const repeats = last !== undefined && last.status === status && last.score === score;
    if (repeats && timeMs - last.timeMs < mergeSeconds * 1000) return 'repeat';
    // Deleted first, so that the topics stand in the order in which they were last spoken of.
    this.#lastWords.delete(key);
    this.#lastWords.set(key, { status, score, timeMs });
    if (this.#lastWords.size > MEMORY_SIZE) this.#forget();
    return 'pass';
  }

  /** What must outlive a restart, as JSON data. */
  state(): unknown {
    return [...this.#lastWords].filter(([, word]) => this.#canSuppress(word));
  }

  /** Takes over what `state` gave; what it does not understand is ignored. */
  restore(state: unknown): void {
    if (!Array.isArray(state)) return;
    for (const entry of (state as unknown[]).slice(-MEMORY_SIZE)) {
      if (!Array.isArray(entry)) continue;
      const [key, word] = entry as unknown[];
      if (typeof key !== 'string' || !isLastWord(word)) continue;
      this.#lastWords.set(key, { status: word.status, score: word.score, timeMs: word.timeMs });
      this.#newestMs = Math.max(this.#newestMs, word.timeMs);
    }
  }

  #canSuppress({ timeMs }: LastWord): boolean {
    return this.#newestMs - timeMs < this.options.mergeSeconds * 1000;
  }

  /** Makes room: first what can suppress nothing any more, then what was said first. */
  #forget(): void {
    for (const [key, word] of this.#lastWords) if (!this.#canSuppress(word)) this.#lastWords.delete(key);
    for (const key of this.#lastWords.keys()) {
      if (this.#lastWords.size <= MEMORY_SIZE / 2) return;
      this.#lastWords.delete(key);
    }
  }
}

function isLastWord(data: unknown): data is LastWord {
  if (typeof data !== 'object' || data === null) return false;
  const { status, score, timeMs } = data as Record<string, unknown>;
  return [status, score, timeMs].every((value) => typeof value === 'number');
}
