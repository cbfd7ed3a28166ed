import type Database from 'libsql';
import type { Clock, Timer } from '../../runtime/clock.js';
import { systemClock } from '../../runtime/clock.js';
import type { FromJournal, JournalSettings, NoteToAggregator } from './journal-messages.js';
import { JournalRetention } from './journal-retention.js';

/** After each step, what comes in has this many times as long to itself. */
const REST_FACTOR = 4;

/** Panoramas are not asked for more often than this, milliseconds. */
const HELD_MS = 10_000;

const TOO_LARGE: NoteToAggregator = {
  level: 'warn',
  message: 'the journal is larger than its limit, though all that is in it is needed',
  fields: {},
};
const WITHIN_LIMIT: NoteToAggregator = {
  level: 'info',
  message: 'the journal is within its limit again',
  fields: {},
};

/** Takes steps of retention between the transactions until it is cancelled. */
export function keepDropping(
  database: Database.Database,
  { limits, retentionEveryMs }: JournalSettings,
  say: (message: FromJournal) => void,
  clock: Clock = systemClock,
): Timer {
  const retention = new JournalRetention(database, limits);
  let heldAtMs = -Infinity;
  let isTooLarge = false;
  /** How long until the next step, milliseconds. */
  const step = (): number => {
    const startMs = clock.monotonic();
    const { result, reports, inferences } = retention.step(clock.now(), () => clock.monotonic());
    const endMs = clock.monotonic();
    if (reports + inferences > 0) say({ kind: 'dropped', dropped: { reports, inferences } });
    if (result === 'held' && endMs - heldAtMs >= HELD_MS) {
      heldAtMs = endMs;
      say({ kind: 'held' });
    }
    if (result !== 'more' && isTooLarge !== (result === 'needed')) {
      isTooLarge = !isTooLarge;
      say({ kind: 'note', note: isTooLarge ? TOO_LARGE : WITHIN_LIMIT });
    }
    return result === 'more' ? (endMs - startMs) * REST_FACTOR : retentionEveryMs;
  };
  const next = (delayMs: number): Timer =>
    clock.after(
      delayMs,
      () => {
        let pauseMs = retentionEveryMs;
        try {
          pauseMs = step();
        } catch {
          // The disk is full or another program holds the lock: what is to be dropped is there later, too.
        }
        timer = next(pauseMs);
      },
      { unref: true },
    );
  let timer = next(retentionEveryMs);
  return { cancel: () => timer.cancel() };
}
