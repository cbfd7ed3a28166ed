import { appendFile, rename, stat } from 'node:fs/promises';
import type { Clock } from '../../runtime/clock.js';
import type { HviewError } from '../../runtime/errors.js';
import { describeError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { StoredEntry } from '../spool/spool-entry.js';

export interface SetAsideOptions {
  /** One JSON object a line; null: nowhere, the log tells. */
  readonly file: string | null;
  /** A file that has become so long is kept as FILE.1 in place of the one before it, bytes. */
  readonly maxBytes?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;

/** The log does not tell of more than one in this time, milliseconds. */
const TELL_EVERY_MS = 10_000;

/** Observations that the aggregator will not take, for a person to look at. */
export class SetAside {
  readonly #options: SetAsideOptions;
  #count = 0;
  #untold = 0;
  #toldMs = -Infinity;
  #isFailing = false;
  #last: Promise<void> = Promise.resolve();

  constructor(options: SetAsideOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#count;
  }

  /** Resolves when it is kept, or when that failed, which the log tells. */
  add(entry: StoredEntry, error: HviewError): Promise<void> {
    this.#count += 1;
    this.#tell(entry, error);
    this.#last = this.#last.then(() => this.#append(entry, error));
    return this.#last;
  }

  #tell({ id, module, report, provenance }: StoredEntry, { code, message }: HviewError): void {
    const { clock, logger, file } = this.#options;
    const nowMs = clock.monotonic();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) {
      this.#untold += 1;
      return;
    }
    logger.error('the aggregator does not take an observation; it is set aside', {
      ...{ code, reason: message, id, module },
      observer: report.observer,
      subject: report.subject,
      line: provenance?.line,
      file,
      othersSinceLastTold: this.#untold,
    });
    this.#untold = 0;
    this.#toldMs = nowMs;
  }

  async #append(entry: StoredEntry, { code, message }: HviewError): Promise<void> {
    const { file, clock, logger, maxBytes = DEFAULT_MAX_BYTES } = this.#options;
    if (file === null) return;
    const { id, source, module, report, provenance } = entry;
    const setAsideAt = new Date(clock.now()).toISOString();
    const line = JSON.stringify({
      setAsideAt,
      code,
      reason: message,
      id,
      source,
      module,
      report,
      provenance,
    });
    try {
      const size = await stat(file).then(
        (found) => found.size,
        () => 0,
      );
      if (size >= maxBytes) await rename(file, `${file}.1`);
      await appendFile(file, `${line}\n`, { mode: 0o600 });
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) {
        logger.warn('observations that are set aside cannot be kept', { file, reason: describeError(error) });
      }
      this.#isFailing = true;
    }
  }
}
