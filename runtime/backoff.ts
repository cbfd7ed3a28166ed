export interface BackoffOptions {
  /** The first pause, milliseconds. */
  readonly firstMs: number;
  /** No pause is longer, milliseconds. */
  readonly maxMs: number;
  /** Uniform in [0, 1); spreads the attempts of many processes. */
  readonly random: () => number;
}

/**
 * Pauses between attempts: doubled each time up to the maximum, each shortened by up to a half at
 * random so that agents that lost the same aggregator do not all come back at once.
 */
export class Backoff {
  #attempts = 0;

  constructor(private readonly options: BackoffOptions) {}

  /** The next pause in milliseconds. */
  next(): number {
    const { firstMs, maxMs, random } = this.options;
    const full = Math.min(maxMs, firstMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return full * (1 - random() / 2);
  }

  /** Begins anew after a success. */
  reset(): void {
    this.#attempts = 0;
  }
}
