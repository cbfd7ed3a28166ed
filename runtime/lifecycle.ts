import type { Clock } from './clock.js';
import { HviewError, describeError } from './errors.js';

interface Cleanup {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

/**
 * What was started, so that it can be undone in reverse. Each part adds a named cleanup right after
 * it has started; `stop` runs them newest first, bounded in time, once, and reports every failure.
 */
export class Lifecycle {
  readonly #cleanups: Cleanup[] = [];
  #stopping: Promise<void> | undefined;

  constructor(private readonly clock: Clock) {}

  onStop(name: string, run: () => void | Promise<void>): void {
    this.#cleanups.push({ name, run });
  }

  /** `limitMs` bounds each part. Throws STOP_FAILED naming every part that failed or took too long. */
  stop(limitMs = 5000): Promise<void> {
    this.#stopping ??= this.#run(limitMs);
    return this.#stopping;
  }

  async #run(limitMs: number): Promise<void> {
    const failures: string[] = [];
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) {
      try {
        await this.#bounded(cleanup, limitMs);
      } catch (error) {
        failures.push(`${cleanup.name}: ${describeError(error)}`);
      }
    }
    if (failures.length > 0) throw new HviewError('STOP_FAILED', `could not stop ${failures.join('; ')}`);
  }

  #bounded(cleanup: Cleanup, limitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(limitMs, () => reject(new Error(`not done after ${limitMs} ms`)));
      Promise.resolve()
        .then(() => cleanup.run())
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }
}
