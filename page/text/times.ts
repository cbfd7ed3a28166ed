const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const hourAndMinute = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

/** How long, in its two largest units: `4 min 12 s`, `3 d 2 h`. */
export function duration(millis: number): string {
  if (millis < SECOND) return 'just now';
  if (millis < MINUTE) return `${Math.floor(millis / SECOND)} s`;
  if (millis < HOUR) return two(millis, MINUTE, 'min', SECOND, 's');
  if (millis < DAY) return two(millis, HOUR, 'h', MINUTE, 'min');
  return two(millis, DAY, 'd', HOUR, 'h');
}

function two(millis: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((millis % large) / small);
  const head = `${Math.floor(millis / large)} ${largeName}`;
  return rest === 0 || millis >= 10 * DAY ? head : `${head} ${rest} ${smallName}`;
}

/** In one unit, for narrow columns: `4 min`. */
export function shortDuration(millis: number): string {
  if (millis < SECOND) return 'now';
  if (millis < MINUTE) return `${Math.floor(millis / SECOND)} s`;
  if (millis < HOUR) return `${Math.floor(millis / MINUTE)} min`;
  if (millis < 2 * DAY) return `${Math.floor(millis / HOUR)} h`;
  return `${Math.floor(millis / DAY)} d`;
}

/** The local time of day, with the day when it is not today's. */
export function moment(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs);
  const now = new Date(nowMs);
  const text = clock.format(time);
  if (time.toDateString() === now.toDateString()) return text;
  return `${(time.getFullYear() === now.getFullYear() ? day : dayOfYear).format(time)}, ${text}`;
}

/** For the axis of a window of time that long. */
export function tickTime(timeMs: number, windowMs: number): string {
  const time = new Date(timeMs);
  return windowMs > 2 * DAY ? day.format(time) : hourAndMinute.format(time);
}

/** For machines and tooltips: ISO 8601, UTC. */
export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
