import type { VerdictService, WatchEvent } from '../../protocol/verdict-service.js';
import { Backoff } from '../../runtime/backoff.js';
import type { Clock } from '../../runtime/clock.js';
import { sleep } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';

export interface FollowOptions {
  readonly verdicts: VerdictService;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random: () => number;
  /** Empty: all. */
  readonly subjects: readonly string[];
  readonly onEvent: (event: WatchEvent) => void;
  /** The stream broke; it is tried again. Once for each interruption. */
  readonly onTrouble: (error: HviewError) => void;
  /** It goes on; `isGap`: what came in between is not known. */
  readonly onResumed: (isGap: boolean) => void;
}

/** Pauses between attempts, milliseconds. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;

/**
 * Every change until the signal, over broken connections and restarts of the aggregator. Rejects when the first
 * attempt fails, or with what trying again does not mend.
 */
export async function followVerdicts(options: FollowOptions): Promise<void> {
  const { verdicts, clock, signal, random, subjects } = options;
  const backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: LONGEST_PAUSE_MS, random });
  let after: number | undefined;
  let hasBegun = false;
  let state: 'well' | 'interrupted' | 'behind' = 'well';
  while (!signal.aborted) {
    try {
      for await (const event of verdicts.watch(
        { subjects, ...(after === undefined ? {} : { after }) },
        signal,
      )) {
        if (state !== 'well') options.onResumed(state === 'behind');
        hasBegun = true;
        state = 'well';
        after = event.sequence;
        backoff.reset();
        options.onEvent(event);
      }
    } catch (error) {
      const known = HviewError.from(error);
      if (!hasBegun) throw known;
      if (known.code === 'HISTORY_GONE') {
        after = undefined;
        state = 'behind';
        continue;
      }
      if (!['UNREACHABLE', 'TIMEOUT', 'OVERLOADED', 'REMOTE_FAILED'].includes(known.code)) throw known;
      if (state === 'well') {
        options.onTrouble(known);
        state = 'interrupted';
      }
    }
    await sleep(clock, backoff.next(), signal);
  }
}
