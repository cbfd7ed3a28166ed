import { appendFileSync } from 'node:fs';
import type { Clock } from '../runtime/clock.js';
import { sleep, systemClock } from '../runtime/clock.js';

/** A captured log that is written again as if its component were running. */
export interface ReplayedLog {
  readonly text: string;
  /** The file that grows. */
  readonly target: string;
}

/** Logs of one capture: their times belong together. */
export type ReplayedCapture = readonly ReplayedLog[];

interface Piece {
  /** Of its time stamp. */
  readonly timeMs: number;
  readonly target: string;
  /** What stands before the time stamp, and after it. */
  readonly head: string;
  text: string;
  /** Between seconds and milliseconds. */
  readonly separator: string;
}

/** How many times faster than the capture. */
const SPEED = 8;

/** No pause is longer than this, milliseconds: a quiet minute teaches nobody. */
const LONGEST_PAUSE_MS = 400;

/**
 * Time stands at the last line written, so that what expires in the log's time expires in the replay; between
 * replays it is the present.
 */
export class ReplayClock implements Clock {
  /** Null: nothing is being replayed. */
  nowMs: number | null = null;
  readonly monotonic = (): number => systemClock.monotonic();
  readonly after = (...timer: Parameters<Clock['after']>): ReturnType<Clock['after']> =>
    systemClock.after(...timer);

  now(): number {
    return this.nowMs ?? systemClock.now();
  }
}

/**
 * Writes the logs again, line by line in the order of their time stamps (UTC), which are moved so that the
 * last line of each capture was written just when the replay ends. Ends early on abort.
 */
export async function replay(
  captures: readonly ReplayedCapture[],
  clock: ReplayClock,
  signal: AbortSignal,
): Promise<void> {
  const pieces = captures.flatMap((logs) => {
    const own = logs.flatMap(({ text, target }) => cut(text, target)).sort(byTime);
    const endMs = own.at(-1)?.timeMs ?? 0;
    return own.map((piece) => ({ ...piece, timeMs: piece.timeMs - endMs }));
  });
  pieces.sort(byTime);
  const pauses = pieces.map(({ timeMs }, index) =>
    Math.min((timeMs - (pieces[index - 1]?.timeMs ?? timeMs)) / SPEED, LONGEST_PAUSE_MS),
  );
  const endMs = systemClock.now() + pauses.reduce((sum, pauseMs) => sum + pauseMs, 0);
  for (const [index, { timeMs, target, head, separator, text }] of pieces.entries()) {
    const pauseMs = pauses[index] ?? 0;
    if (pauseMs > 1) await sleep(systemClock, pauseMs, signal);
    if (signal.aborted) return;
    clock.nowMs = endMs + timeMs;
    const stamp = new Date(clock.nowMs).toISOString().replace('T', ' ').replace('.', separator).slice(0, 23);
    appendFileSync(target, `${head}${stamp}${text}`);
  }
  clock.nowMs = null;
}

function byTime(a: Piece, b: Piece): number {
  return a.timeMs - b.timeMs;
}

/** A log as records, each with the continuation lines that follow it. */
function cut(text: string, target: string): Piece[] {
  const pieces: Piece[] = [];
  for (const line of text.split(/(?<=\n)/)) {
    const stamp = /^([A-Z]+ +\[[^\]]*\] )?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)([,.])(\d{3})(?= )/.exec(line);
    const last = pieces.at(-1);
    if (stamp !== null) {
      const [whole, head = '', date, time, separator = ',', millis] = stamp;
      const timeMs = Date.parse(`${date}T${time}.${millis}Z`);
      pieces.push({ timeMs, target, head, separator, text: line.slice(whole.length) });
    } else if (last !== undefined) last.text += line;
  }
  return pieces;
}
