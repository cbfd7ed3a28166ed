import type { StoredEntry } from './spool-entry.js';

/** How many entries and bytes are wanted at most; one entry comes whatever its size. */
export interface NextLimit {
  readonly entries: number;
  readonly bytes: number;
}

/** Entries that are ready to be handed out, in order. */
export class EntryWindow {
  readonly #maxBytes: number;
  #entries: StoredEntry[] = [];
  #bytes = 0;

  /** Full at `maxBytes`; nothing keeps one from filling it further. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  push(entry: StoredEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
  }

  /** Takes the first ones out. */
  take(limit: NextLimit): readonly StoredEntry[] {
    let count = 0;
    let bytes = 0;
    for (const entry of this.#entries) {
      if (count >= limit.entries || (count > 0 && bytes + entry.bytes > limit.bytes)) break;
      count += 1;
      bytes += entry.bytes;
    }
    this.#bytes -= bytes;
    return this.#entries.splice(0, count);
  }

  clear(): void {
    this.#entries = [];
    this.#bytes = 0;
  }
}
