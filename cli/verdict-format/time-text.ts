/** `2026-11-23 07:12:03`, UTC; the fraction of the second is left out. */
export function formatTime(millis: number): string {
  const date = new Date(millis);
  return Number.isNaN(date.getTime()) ? 'unknown' : date.toISOString().slice(0, 19).replace('T', ' ');
}

/** `4 min 10 s`, in the two largest units that say something; nothing is shorter than `0 s`. */
export function formatDuration(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d${rest(hours % 24, 'h')}`;
  if (hours > 0) return `${hours} h${rest(minutes % 60, 'min')}`;
  if (minutes > 0) return `${minutes} min${rest(seconds % 60, 's')}`;
  return `${seconds} s`;
}

function rest(count: number, unit: string): string {
  return count === 0 ? '' : ` ${count} ${unit}`;
}
