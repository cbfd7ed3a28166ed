import type { Verdict, VerdictChange, Verdicts, VerdictSummary } from './verdict.js';

/** Worst first, then by subject. */
export interface VerdictList {
  readonly verdicts: readonly VerdictSummary[];
  /** Of the newest change: `watch` from here on misses nothing. */
  readonly sequence: number;
}

export type HistoryFilter = Parameters<Verdicts['history']>[0];

export interface WatchRequest {
  /** Empty: all. */
  readonly subjects?: readonly string[];
  /** The last sequence that is known; what came since is told first. Absent: only what comes. */
  readonly after?: number;
}

export interface WatchEvent {
  /** Every change up to this one was told; what to resume with. */
  readonly sequence: number;
  /** Null: nothing new; said at the beginning and every few seconds. */
  readonly change: VerdictChange | null;
}

/** hview.v1.Verdicts as a caller sees it. Each rejects with UNSUPPORTED where there is no such service. */
export interface VerdictService {
  /** Rejects with NOT_FOUND when nothing was ever said of the subject. */
  explain(subject: string): Promise<Verdict>;
  list(): Promise<VerdictList>;
  /** Oldest first; of the newest ones, `limit` at most. */
  history(filter: HistoryFilter): Promise<readonly VerdictChange[]>;
  /**
   * Does not end by itself; the signal ends it. Throws HISTORY_GONE when what came after `after` is no longer
   * kept, UNREACHABLE when the aggregator stops, OVERLOADED for who reads too slowly or where too many watch.
   */
  watch(request: WatchRequest, signal?: AbortSignal): AsyncIterable<WatchEvent>;
}

/** hview.v1.Verdicts as the aggregator offers it; each throws what its caller is told. */
export interface VerdictHandlers {
  explain(subject: string): Verdict;
  list(): VerdictList;
  history(filter: HistoryFilter): readonly VerdictChange[];
  /** Calls for what was missed before it returns, then for every later change. Throws HISTORY_GONE. */
  watch(request: WatchRequest, onChange: (change: VerdictChange) => void): { close(): void };
  /** Of the newest change that was told. */
  sequence(): number;
}
