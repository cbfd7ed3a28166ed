export interface RetentionRule {
  /** What is older goes; milliseconds. */
  readonly thresholdMs: number;
  /** `relative`: older than the newest of the same view, which always stays; `absolute`: than now. */
  readonly against: 'relative' | 'absolute';
}

/** Indexes of the observations of one view that stay. `timesMs`: their times, oldest first. Pure. */
export function retained(timesMs: readonly number[], rule: RetentionRule, nowMs: number): number[] {
  const newest = timesMs.length - 1;
  const referenceMs = rule.against === 'relative' ? (timesMs[newest] ?? 0) : nowMs;
  return timesMs.flatMap((timeMs, index) => {
    const isKept = rule.against === 'relative' && index === newest;
    return isKept || referenceMs - timeMs < rule.thresholdMs ? [index] : [];
  });
}
