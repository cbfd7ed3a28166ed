/** Reports for each panorama that is saved: what saving costs stays small beside what the reports cost. */
const REPORTS_PER_PANORAMA = 100;

/**
 * Reports that a start may have to take in again, about: a second's worth. With so many subjects that
 * saving one in 100 reports would leave more behind, they are saved more often.
 */
const REPORTS_BEHIND = 300_000;

/** Panoramas in one transaction at most, so that none takes long. */
const PANORAMAS_AT_ONCE = 100;

/** Panoramas that are to be saved together. */
export interface UnsavedBatch {
  readonly subjects: readonly string[];
  /** Once they are, every report up to this id is in a panorama that was saved. */
  readonly covered: number;
}

/**
 * Which panoramas changed since they were saved, in the order in which they did. They are saved little by
 * little, as reports come, the one that waits longest first; so a start finds all but the newest reports in
 * the panoramas. Knows nothing but names and ids. Ids are those of reports in the journal.
 */
export class UnsavedPanoramas {
  /** Subject → its saved panorama holds every report up to this id. */
  #unsaved = new Map<string, number>();
  #saving = new Map<string, number>();
  #credit = 0;
  /** The newest report's id before the last transaction, and after it. */
  #before = 0;
  #last = 0;

  get size(): number {
    return this.#unsaved.size;
  }

  /** Where the journal stands after it was opened. */
  begin({ covered, last }: { readonly covered: number; readonly last: number }): void {
    this.#before = covered;
    this.#last = last;
  }

  mark(subject: string): void {
    if (!this.#unsaved.has(subject)) this.#unsaved.set(subject, this.#before);
  }

  /** A transaction is on disk: what was under way is saved. `last`: the newest report's id now. */
  written(last: number): void {
    this.#saving.clear();
    this.#before = this.#last;
    this.#last = last;
  }

  /** The transaction failed: nothing of what was under way is saved. */
  failed(): void {
    if (this.#saving.size === 0) return;
    // One that changed again meanwhile keeps its earlier place.
    const both = new Map([...this.#unsaved, ...this.#saving]);
    this.#unsaved = new Map([...both].sort(([, a], [, b]) => a - b));
    this.#saving.clear();
  }

  /** What goes into a transaction beside so many reports; null: nothing. */
  take(reports: number): UnsavedBatch | null {
    const share = Math.max(1 / REPORTS_PER_PANORAMA, this.#unsaved.size / REPORTS_BEHIND);
    this.#credit = Math.min(this.#credit + reports * share, this.#unsaved.size);
    const count = Math.min(Math.floor(this.#credit), PANORAMAS_AT_ONCE);
    this.#credit -= count;
    return this.#takeOldest(count);
  }

  /** As many as go into one transaction; null: none is left. */
  takeMany(): UnsavedBatch | null {
    return this.#takeOldest(PANORAMAS_AT_ONCE);
  }

  #takeOldest(count: number): UnsavedBatch | null {
    for (const [subject, covered] of this.#unsaved) {
      if (this.#saving.size >= count) break;
      this.#saving.set(subject, covered);
      this.#unsaved.delete(subject);
    }
    if (this.#saving.size === 0) return null;
    const [oldest = this.#last] = this.#unsaved.values();
    return { subjects: [...this.#saving.keys()], covered: oldest };
  }
}
