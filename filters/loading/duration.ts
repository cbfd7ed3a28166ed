const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How logs write units. */
const UNIT_WORDS_MS: Readonly<Record<string, number>> = {
  ...UNIT_MS,
  millis: 1,
  millisecond: 1,
  milliseconds: 1,
  sec: 1000,
  secs: 1000,
  second: 1000,
  seconds: 1000,
  min: 60_000,
  mins: 60_000,
  minute: 60_000,
  minutes: 60_000,
};

/** What a duration may look like, for messages. */
export const DURATION_FORM = 'a number with a unit (ms, s, m, h, d), such as 30s, 5m or 1h30m';

/** Milliseconds of `30s`, `5m`, `1h30m`, `500ms`, `1.5h`; null when the text is no such duration or is zero. */
export function parseDuration(text: string): number | null {
  const duration = parseLength(text);
  return duration === 0 ? null : duration;
}

/** As `parseDuration`, but it may be zero. */
export function parseLength(text: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return Number.isFinite(total) ? total : null;
}

/** A captured length of time: a plain number is milliseconds, units may be words; 0 when it is neither. */
export function lengthOfTime(text: string): number {
  const [, amount, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  if (amount === undefined) return parseDuration(text) ?? 0;
  const factor = unit === '' ? 1 : UNIT_WORDS_MS[unit.toLowerCase()];
  return factor === undefined ? 0 : Number(amount) * factor;
}

/** `1h30m` of milliseconds, as a filter file would say it. */
export function durationText(durationMs: number): string {
  let rest = Math.round(durationMs);
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms'] as const) {
    const unitMs = UNIT_MS[unit] ?? 1;
    const amount = Math.floor(rest / unitMs);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * unitMs;
  }
  return text === '' ? '0s' : text;
}
