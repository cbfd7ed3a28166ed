const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a duration may look like, for messages. */
export const DURATION_FORM = 'a number with a unit (ms, s, m, h, d), such as 30s, 5m or 1h30m';

/** Milliseconds of `30s`, `5m`, `1h30m`, `500ms`, `1.5h`; null when the text is no such duration or is zero. */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return total > 0 && Number.isFinite(total) ? total : null;
}
