import type { VerdictChange, Verdicts } from '../../protocol/verdict.js';

/** Changes that are kept. */
export const KEPT_CHANGES = 10_000;

/** The newest changes, in their order, and who wants to hear of the next. */
export class ChangeLog {
  #changes: VerdictChange[] = [];
  /** The newest sequence that is no longer kept. */
  #forgotten: number;
  readonly #watchers = new Set<(change: VerdictChange) => void>();

  /** `start`: the first sequence is above it. */
  constructor(
    start: number,
    private readonly kept = KEPT_CHANGES,
  ) {
    this.#forgotten = start;
  }

  /** The newest sequence; the one it began with when there was no change yet. */
  get last(): number {
    return this.#changes.at(-1)?.sequence ?? this.#forgotten;
  }

  /** A change from before a restart; before any other, oldest first. */
  restore(change: VerdictChange): void {
    if (this.#changes.length === 0) this.#forgotten = change.sequence - 1;
    this.#changes.push(change);
    this.#drop();
  }

  /** Tells those who watch. */
  add(change: VerdictChange): void {
    this.#changes.push(change);
    this.#drop();
    for (const tell of [...this.#watchers]) tell(change);
  }

  history({ subject, sinceMs, limit }: Parameters<Verdicts['history']>[0]): readonly VerdictChange[] {
    const found: VerdictChange[] = [];
    for (let index = this.#changes.length - 1; index >= 0 && found.length < limit; index -= 1) {
      const change = this.#changes[index];
      if (change === undefined || (subject !== undefined && change.subject !== subject)) continue;
      if (sinceMs === undefined || change.timeMs >= sinceMs) found.push(change);
    }
    return found.reverse();
  }

  watch(onChange: (change: VerdictChange) => void, after = this.last): { close(): void } | null {
    // Ahead of us: it comes from a time that we know nothing of.
    if (after < this.#forgotten || after > this.last) return null;
    // Each call may watch with the same function.
    const tell = (change: VerdictChange): void => onChange(change);
    const missed = after === this.last ? [] : this.#changes.filter(({ sequence }) => sequence > after);
    this.#watchers.add(tell);
    for (const change of missed) onChange(change);
    return { close: () => void this.#watchers.delete(tell) };
  }

  /** Many at once, as it moves all the others. */
  #drop(): void {
    if (this.#changes.length <= this.kept * 1.1) return;
    const dropped = this.#changes.splice(0, this.#changes.length - this.kept);
    this.#forgotten = dropped.at(-1)?.sequence ?? this.#forgotten;
  }
}
