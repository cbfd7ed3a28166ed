import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { ProcessMemory } from '../runtime/process-memory.js';

export interface MemoryLimitOptions {
  /** Resident memory at most, bytes; 0: any. */
  readonly maxBytes: number;
  readonly memory: ProcessMemory;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The memory of the aggregator, and whether it is too much. */
export interface MemoryCounts {
  readonly residentBytes: number;
  /** 0: there is no limit. */
  readonly limitBytes: number;
  /** No reports are taken now. */
  readonly isShort: boolean;
  /** How often the limit was passed. */
  readonly shortages: number;
}

/** Once it is too much, it has to fall below this share of the limit; from there on garbage is collected. */
const REOPEN_SHARE = 0.9;

/** At most so often garbage is collected on demand, milliseconds: everything else waits for it. */
const COLLECT_MS = 30_000;

/**
 * Tells when the process takes more memory than it may, before the system ends it: then no reports are to be
 * taken, until it takes clearly less. What it takes may be garbage that nothing forces the engine to collect, least
 * of all when no reports are taken: so that is done here, before the limit is reached and as long as it lasts.
 */
export class MemoryLimit {
  readonly #options: MemoryLimitOptions;
  #isShort = false;
  #shortages = 0;
  #collectedMs = -Infinity;

  constructor(options: MemoryLimitOptions) {
    this.#options = options;
  }

  /** To be called about once a second. */
  look(): void {
    const { maxBytes, memory, clock, logger } = this.#options;
    if (maxBytes === 0) return;
    const residentBytes = memory.residentBytes();
    const enough = maxBytes * REOPEN_SHARE;
    if (residentBytes >= enough && clock.monotonic() - this.#collectedMs >= COLLECT_MS) {
      memory.collectGarbage();
      this.#collectedMs = clock.monotonic();
    }
    // What was collected is only gone a little later: the next look sees it.
    const isShort = residentBytes >= (this.#isShort ? enough : maxBytes);
    if (isShort === this.#isShort) return;
    this.#isShort = isShort;
    if (isShort) {
      this.#shortages += 1;
      logger.warn('memory is short: no reports are taken', {
        ...{ residentBytes, limitBytes: maxBytes },
        hint: 'Senders keep what they have and send it again. If this lasts, raise MaxMemory or lower StoreMegabytes in Limits.',
      });
    } else {
      logger.info('there is memory again: reports are taken', { residentBytes, limitBytes: maxBytes });
    }
  }

  /** Why no reports can be taken just now, or null. */
  shortage(): string | null {
    return this.#isShort
      ? `memory is short: more than ${megabytes(this.#options.maxBytes)} are in use`
      : null;
  }

  counts(): MemoryCounts {
    const { maxBytes: limitBytes, memory } = this.#options;
    return {
      residentBytes: memory.residentBytes(),
      limitBytes,
      isShort: this.#isShort,
      shortages: this.#shortages,
    };
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
