const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a duration may look like, for messages. */
export const DURATION_FORM = 'a duration such as 30d, 12h, 90s or 1h30m, or 0';

/** Milliseconds of `30d`, `1h30m` or `0`; null when the text is no such duration. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  if (!/^(?:\d+(?:\.\d+)?[smhd])+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/([\d.]+)([smhd])/g))
    total += Number(amount) * (UNIT_MS[unit] ?? 0);
  return Number.isFinite(total) ? total : null;
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** What a size may look like, for messages. */
export const SIZE_FORM = 'a size such as 500MB, 1.5GB or 2GiB, or 0';

/** Bytes of `1GB` (10^9), `1GiB` (2^30) or `0`, units in any case; null when the text is no such size. */
export function parseSize(text: string): number | null {
  if (text === '0') return 0;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]i?b)$/i.exec(text) ?? [];
  const bytes = Math.round(Number(amount) * (UNIT_BYTES[unit.toLowerCase()] ?? NaN));
  return Number.isSafeInteger(bytes) ? bytes : null;
}
