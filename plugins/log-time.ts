/**
 * Reads `yyyy-MM-dd HH:mm:ss,SSS`, the local time without an offset that Java's loggers print, as
 * milliseconds since 1970 UTC in the zone of the host that wrote it.
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Threads may log a little out of order; only a step back larger than this is a repeated hour. */
const OUT_OF_ORDER_MS = 60_000;
/** Length of `yyyy-MM-dd HH:mm:ss,SSS`. */
export const LOG_TIME_LENGTH = 23;

const ZERO = 48;
const UTC_NAMES = new Set(['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT', 'Etc/UCT', 'Etc/Zulu', 'Zulu']);

/** How far local time is ahead of UTC at an instant, in milliseconds. */
type OffsetAt = (instantMs: number) => number;

/**
 * The times of one log, read in order. An hour that occurs twice (clocks set back) is taken as its
 * first occurrence, unless that would lie more than a minute before the time read last: then the log
 * has already entered the second. An hour that does not exist (clocks set forward) is read with the
 * offset that held before it, as Java does.
 */
export class LogTimeReader {
  readonly #offsetAt: OffsetAt | null;
  /** The hour whose offset is cached, as milliseconds of its wall clock read as if it were UTC. */
  #hour = Number.NaN;
  #hourOffset = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** `timeZone`: an IANA name; null: the host's own. The name must have passed `isTimeZone`. */
  constructor(timeZone: string | null) {
    this.#offsetAt = offsetsOf(timeZone);
  }

  /** The time read last; -Infinity before the first. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Continues after a restart: `lastMs` is what the property of that name gave. */
  resumeAfter(lastMs: number): void {
    this.#lastMs = lastMs;
  }

  /** The time that starts at `start` in `text`; NaN when what stands there is no time. */
  read(text: string, start = 0): number {
    const wall = readWallClock(text, start);
    // Also true for NaN, which no comparison below would catch.
    if (!(wall >= 0)) return Number.NaN;
    const time = this.#offsetAt === null ? wall : this.#toUtc(wall, this.#offsetAt);
    this.#lastMs = time;
    return time;
  }

  #toUtc(wall: number, offsetAt: OffsetAt): number {
    const hour = wall - (wall % HOUR_MS);
    if (hour === this.#hour) return wall - this.#hourOffset;
    const first = instantsOf(hour, offsetAt);
    const last = instantsOf(hour + HOUR_MS - 1, offsetAt);
    if (first.length === 1 && last.length === 1 && hour - first[0] === hour + HOUR_MS - 1 - last[0]) {
      this.#hour = hour;
      this.#hourOffset = hour - first[0];
      return wall - this.#hourOffset;
    }
    // An hour in which the clocks change: nothing to cache, each time is looked up by itself.
    const [earlier, later] = instantsOf(wall, offsetAt);
    return later !== undefined && this.#isInRepeat(wall, earlier, later, offsetAt) ? later : earlier;
  }

  /** Whether the log has entered the second occurrence of an hour that the clocks show twice. */
  #isInRepeat(wall: number, earlier: number, later: number, offsetAt: OffsetAt): boolean {
    const before = this.#lastMs;
    if (earlier < before - OUT_OF_ORDER_MS) return true;
    // Once it has, it stays there: the second offset already held at the time read last.
    return before > earlier - 2 * HOUR_MS && offsetAt(before) === wall - later;
  }
}

/** Whether the platform knows the IANA time zone. */
export function isTimeZone(name: string): boolean {
  if (name === '') return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The instants at which a wall clock shows `wall`, earliest first; one where it never shows it. */
function instantsOf(wall: number, offsetAt: OffsetAt): [number] | [number, number] {
  const before = offsetAt(wall - DAY_MS);
  const after = offsetAt(wall + DAY_MS);
  if (before === after) return [wall - before];
  const valid = [wall - before, wall - after].filter((instant) => instant + offsetAt(instant) === wall);
  const [one, other] = valid;
  if (one === undefined) return [wall - before];
  return other === undefined ? [one] : [Math.min(one, other), Math.max(one, other)];
}

/** Null for UTC, which needs no look-up. */
function offsetsOf(timeZone: string | null): OffsetAt | null {
  const name = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (UTC_NAMES.has(name)) return null;
  if (timeZone === null) return (instant) => -new Date(instant).getTimezoneOffset() * 60_000;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (instant) => {
    const parts: Record<string, number> = {};
    for (const part of format.formatToParts(instant)) parts[part.type] = Number(part.value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
    const wholeSeconds = Math.floor(instant / 1000) * 1000;
    return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSeconds;
  };
}

/** The wall clock's time as milliseconds, read as if it were UTC; NaN when it is no time. */
function readWallClock(text: string, start: number): number {
  if (text.length < start + LOG_TIME_LENGTH) return Number.NaN;
  // Digits give 0 to 9. Anything else breaks one of the range checks or, where two slips could
  // cancel out, the check of each digit in `two`.
  const year = two(text, start) * 100 + two(text, start + 2);
  const month = two(text, start + 5);
  const day = two(text, start + 8);
  const hour = two(text, start + 11);
  const minute = two(text, start + 14);
  const second = two(text, start + 17);
  const millis = two(text, start + 20) * 10 + digit(text, start + 22);
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return Number.NaN;
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN;
  return daysFromEpoch(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + millis;
}

function two(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01; counts years from March so that the leap day comes last. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
