import type { Report } from '../protocol/model.js';
import type { Clock, Timer } from '../runtime/clock.js';
import { every } from '../runtime/clock.js';
import type { Lifecycle } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import type { RetentionConfig } from './config.js';
import type { HoldBuffer } from './store/hold-buffer.js';
import type { ReportStore } from './store/report-store.js';
import type { RetentionRule } from './store/retention.js';

export interface GarbageCollectionOptions {
  readonly store: ReportStore;
  readonly held: HoldBuffer;
  readonly retention: RetentionConfig;
  /** Of these subjects observations were dropped. */
  readonly onShrunk: (subjects: readonly string[]) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

const HOLD_SWEEP_MS = 60_000;

/** Drops what is too old: observations in the store, as far as the configuration wants it, and held reports. */
export class GarbageCollection {
  readonly #options: GarbageCollectionOptions;
  #retention: RetentionConfig;
  #timer: Timer | null = null;

  constructor(options: GarbageCollectionOptions) {
    this.#options = options;
    this.#retention = options.retention;
  }

  start(lifecycle: Lifecycle): void {
    const { held, clock } = this.#options;
    const sweep = every(clock, HOLD_SWEEP_MS, () => held.sweep(clock.now()));
    lifecycle.onStop('the sweep of held reports', () => sweep.cancel());
    this.#begin();
    lifecycle.onStop('the dropping of old observations', () => this.#timer?.cancel());
  }

  reconfigure(retention: RetentionConfig): void {
    if (JSON.stringify(retention) === JSON.stringify(this.#retention)) return;
    this.#retention = retention;
    this.#begin();
  }

  /** At once, unless old observations are to be kept. */
  collect(): void {
    if (!this.#retention.enable) return;
    const { store, onShrunk, clock, logger } = this.#options;
    const subjects = store.collectGarbage(this.#rule(), clock.now());
    if (subjects.length === 0) return;
    logger.debug('old observations were dropped', { subjects: subjects.length });
    onShrunk(subjects);
  }

  /** Whether the report would not be dropped again at once. */
  wouldKeep(report: Report): boolean {
    const { store, clock } = this.#options;
    return store.wouldKeep(report, this.#retention.enable ? this.#rule() : null, clock.now());
  }

  #begin(): void {
    const { enable, frequencySeconds } = this.#retention;
    this.#timer?.cancel();
    this.#timer = enable ? every(this.#options.clock, frequencySeconds * 1000, () => this.collect()) : null;
  }

  #rule(): RetentionRule {
    const { thresholdSeconds, relative } = this.#retention;
    return { thresholdMs: thresholdSeconds * 1000, against: relative ? 'relative' : 'absolute' };
  }
}
