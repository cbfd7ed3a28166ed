/**
 * Rows of which only the newest of each name is worth writing. They wait for the next transaction; those of
 * one that fails wait again, unless a newer one has come.
 */
export class LatestRows<Row> {
  #waiting = new Map<string, Row>();
  #writing: ReadonlyMap<string, Row> = new Map();

  get size(): number {
    return this.#waiting.size;
  }

  set(name: string, row: Row): void {
    this.#waiting.set(name, row);
  }

  /** All that wait, for a transaction that begins now; call for every transaction. */
  take(): readonly Row[] {
    this.#writing = this.#waiting;
    this.#waiting = new Map();
    return [...this.#writing.values()];
  }

  /** The transaction failed. */
  failed(): void {
    this.#waiting = new Map([...this.#writing, ...this.#waiting]);
  }
}
