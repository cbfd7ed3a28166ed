import { HviewError } from '../../runtime/errors.js';

/** What may wait for the journal at most. */
export interface AdmissionLimits {
  readonly reports: number;
  /** Of the requests on the wire; in memory they take several times as much. */
  readonly bytes: number;
}

/**
 * Seconds' worth of work for a journal that is as slow as a disk gets, and of memory that a small machine
 * has to spare.
 */
export const DEFAULT_ADMISSION_LIMITS: AdmissionLimits = { reports: 50_000, bytes: 16 * 1024 * 1024 };

/** Once it is too much, nothing is let in before so much of it is left. */
const REOPEN_SHARE = 0.5;

/**
 * Lets in what can be written soon. What comes beyond it is refused at once with OVERLOADED, which costs
 * next to nothing, instead of growing until all of it is too late.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #obstacle: () => string | null;
  #reports = 0;
  #bytes = 0;
  #isOpen = true;

  /** `obstacle`: why nothing at all is to be let in just now, or null. */
  constructor(
    limits: AdmissionLimits = DEFAULT_ADMISSION_LIMITS,
    obstacle: () => string | null = () => null,
  ) {
    this.#limits = limits;
    this.#obstacle = obstacle;
  }

  /** What was let in and is not done yet. */
  get waiting(): AdmissionLimits {
    return { reports: this.#reports, bytes: this.#bytes };
  }

  /** Throws OVERLOADED; otherwise call the function that it returns when the matter is done. */
  enter(reports: number, bytes: number): () => void {
    const obstacle = this.#obstacle();
    if (obstacle !== null) throw overloaded(obstacle);
    // A batch larger than all that may wait is let in by itself.
    const isTooMuch =
      this.#reports > 0 &&
      (this.#reports + reports > this.#limits.reports || this.#bytes + bytes > this.#limits.bytes);
    if (isTooMuch) this.#isOpen = false;
    if (!this.#isOpen) throw overloaded(`${this.#reports} reports wait to be written`);
    this.#reports += reports;
    this.#bytes += bytes;
    return () => {
      this.#reports -= reports;
      this.#bytes -= bytes;
      const { reports: most, bytes: mostBytes } = this.#limits;
      if (this.#reports <= most * REOPEN_SHARE && this.#bytes <= mostBytes * REOPEN_SHARE)
        this.#isOpen = true;
    };
  }
}

function overloaded(reason: string): HviewError {
  return new HviewError('OVERLOADED', reason, {
    hint: 'Nothing of the request was taken; send it again later.',
  });
}
