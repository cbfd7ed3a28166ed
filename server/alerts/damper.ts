export interface Damping {
  /** How long it must stand before it counts, milliseconds. */
  readonly forMs: number;
  /** How long it must be away before it no longer counts, milliseconds. */
  readonly keepForMs: number;
}

/**
 * Whether something that comes and goes counts. It begins to count when it is there and was first seen at
 * least `forMs` ago, and it is over when it was away for `keepForMs` without a break. So what blips once
 * never counts, and what flaps counts once, from `forMs` on until it has been quiet.
 */
export class Damper {
  #sinceMs: number | null = null;
  #awaySinceMs: number | null = null;
  #counts = false;

  constructor(private readonly damping: Damping) {}

  get counts(): boolean {
    return this.#counts;
  }

  /** Neither there nor remembered. */
  get isIdle(): boolean {
    return this.#sinceMs === null;
  }

  /** Since when it is away; stays known until it comes again. */
  get awaySinceMs(): number | null {
    return this.#awaySinceMs;
  }

  /** It counted before a restart. */
  restore(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#counts = true;
  }

  /** Call when it changes, and regularly. Returns whether it counts. */
  see(isThere: boolean, nowMs: number): boolean {
    const { forMs, keepForMs } = this.damping;
    if (isThere) {
      this.#sinceMs ??= nowMs;
      this.#awaySinceMs = null;
      if (nowMs - this.#sinceMs >= forMs) this.#counts = true;
    } else if (this.#sinceMs !== null) {
      this.#awaySinceMs ??= nowMs;
      if (nowMs - this.#awaySinceMs >= keepForMs) {
        this.#sinceMs = null;
        this.#counts = false;
      }
    }
    return this.#counts;
  }
}
