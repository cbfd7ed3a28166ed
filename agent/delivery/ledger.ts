import type { StoredEntry } from '../spool/spool-entry.js';
import type { DeliveryOutcome } from './delivery-target.js';

export interface LedgerOptions {
  /** All up to this sequence are done. */
  readonly settle: (through: number) => void;
  readonly onSettled: (entry: StoredEntry, outcome: DeliveryOutcome) => void;
}

/** Entries taken from the spool. They may be done in any order; the spool is settled in its own. */
export class Ledger {
  readonly #options: LedgerOptions;
  /** By sequence, in order; a sequence with null is done and waits for those before it. */
  readonly #entries = new Map<number, StoredEntry | null>();
  readonly #outcomes: Record<DeliveryOutcome, number> = {
    ...{ accepted: 0, duplicate: 0, ignored: 0, refused: 0, 'set-aside': 0, 'given-up': 0 },
  };
  #open = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Entries that are not done. */
  get open(): number {
    return this.#open;
  }

  /** The one that has been open for longest. */
  get oldest(): StoredEntry | null {
    for (const entry of this.#entries.values()) if (entry !== null) return entry;
    return null;
  }

  get outcomes(): Readonly<Record<DeliveryOutcome, number>> {
    return { ...this.#outcomes };
  }

  take(entries: readonly StoredEntry[]): void {
    for (const entry of entries) this.#entries.set(entry.sequence, entry);
    this.#open += entries.length;
  }

  done(entry: StoredEntry, outcome: DeliveryOutcome): void {
    if ((this.#entries.get(entry.sequence) ?? null) === null) return;
    this.#entries.set(entry.sequence, null);
    this.#open -= 1;
    this.#outcomes[outcome] += 1;
    this.#options.onSettled(entry, outcome);
    let through: number | null = null;
    for (const [sequence, left] of this.#entries) {
      if (left !== null) break;
      through = sequence;
      this.#entries.delete(sequence);
    }
    if (through !== null) this.#options.settle(through);
  }

  /** Nothing becomes of what is open. */
  giveUp(): void {
    for (const entry of [...this.#entries.values()]) if (entry !== null) this.done(entry, 'given-up');
  }
}
