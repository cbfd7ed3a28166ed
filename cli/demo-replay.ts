import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Clock } from '../runtime/clock.js';
import { sleep, systemClock } from '../runtime/clock.js';

/** A captured log that is written again as if its component were running. */
export interface ReplayedLog {
  /** The capture. */
  readonly source: string;
  /** The file that grows. */
  readonly target: string;
}

interface Piece {
  readonly timeMs: number;
  readonly target: string;
  text: string;
}

/** How many times faster than the capture. */
const SPEED = 8;

/** No pause is longer than this, milliseconds: a quiet minute teaches nobody. */
const LONGEST_PAUSE_MS = 400;

/** Time stands at the last line written, so that what expires in the log's time expires in the replay. */
export class ReplayClock implements Clock {
  nowMs = 0;
  readonly monotonic = (): number => systemClock.monotonic();
  readonly after = (...timer: Parameters<Clock['after']>): ReturnType<Clock['after']> =>
    systemClock.after(...timer);

  now(): number {
    return this.nowMs;
  }
}

/** Writes the logs again, line by line in the order of their time stamps (UTC). Ends early on abort. */
export async function replay(
  logs: readonly ReplayedLog[],
  clock: ReplayClock,
  signal: AbortSignal,
): Promise<void> {
  const pieces = logs.flatMap(({ source, target }) => cut(readFileSync(source, 'utf8'), target));
  pieces.sort((a, b) => a.timeMs - b.timeMs);
  for (const { target } of logs) writeFileSync(target, '');
  clock.nowMs = pieces[0]?.timeMs ?? 0;
  for (const { timeMs, target, text } of pieces) {
    const pauseMs = Math.min((timeMs - clock.nowMs) / SPEED, LONGEST_PAUSE_MS);
    if (pauseMs > 1) await sleep(systemClock, pauseMs, signal);
    if (signal.aborted) return;
    clock.nowMs = timeMs;
    appendFileSync(target, text);
  }
}

/** A log as records, each with the continuation lines that follow it. */
function cut(text: string, target: string): Piece[] {
  const pieces: Piece[] = [];
  for (const line of text.split(/(?<=\n)/)) {
    const stamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)[,.](\d{3}) /.exec(line);
    const last = pieces.at(-1);
    if (stamp !== null) {
      pieces.push({ timeMs: Date.parse(`${stamp[1]}T${stamp[2]}.${stamp[3]}Z`), target, text: line });
    } else if (last !== undefined) {
      last.text += line;
    }
  }
  return pieces;
}
