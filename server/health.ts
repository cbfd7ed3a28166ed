import type { Clock } from '../runtime/clock.js';
import { Progress } from '../runtime/progress.js';

/** What health is judged by. */
export interface HealthSources {
  /** It takes reports: it has started, and does not stop. */
  readonly isServing: () => boolean;
  /** Of the journal, since the start; see PersistenceCounts. */
  readonly journal: () => { readonly written: number; readonly failures: number; readonly waiting: number };
  /** Why there is not memory enough for reports, or null. */
  readonly shortage: () => string | null;
  readonly clock: Clock;
}

/** A journal that has this long not written what waits is stuck, milliseconds. */
const STUCK_MS = 60_000;

/** For so long a refusal of the journal counts: without any reports nobody would notice that it is over. */
const REFUSAL_MS = 10_000;

/** Whether the aggregator is well, by what has happened since it was asked the last time. */
export class AggregatorHealth {
  readonly #sources: HealthSources;
  readonly #progress: Progress;
  #seen: ReturnType<HealthSources['journal']>;
  #refusedMs = -Infinity;

  constructor(sources: HealthSources) {
    this.#sources = sources;
    this.#seen = sources.journal();
    this.#progress = new Progress(sources.clock);
  }

  /** What only a new start can help against, or null: the journal does not move any more. */
  failure(): string | null {
    this.#look();
    return this.#failure();
  }

  /** Why no reports can be taken just now, or null: before and after serving, memory is short, or the
   *  journal refuses them. */
  obstacle(): string | null {
    this.#look();
    if (!this.#sources.isServing()) return 'the aggregator takes no reports now';
    const shortage = this.#sources.shortage();
    if (shortage !== null) return shortage;
    const isRefusing = this.#sources.clock.monotonic() - this.#refusedMs < REFUSAL_MS;
    return isRefusing ? 'the journal cannot be written' : this.#failure();
  }

  #failure(): string | null {
    if (this.#progress.stuckMs < STUCK_MS) return null;
    return `the journal has not moved for a minute; ${this.#seen.waiting} reports wait for it`;
  }

  #look(): void {
    const { journal, clock } = this.#sources;
    const nowMs = clock.monotonic();
    const before = this.#seen;
    const now = journal();
    if (now.failures > before.failures) this.#refusedMs = nowMs;
    else if (now.written > before.written) this.#refusedMs = -Infinity;
    this.#progress.look({ done: now.written + now.failures, hasWork: now.waiting > 0 });
    this.#seen = now;
  }
}
