import { parse } from 'ini';

/** One setting of a Java properties file such as zoo.cfg. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Line number, from 1, of the line that the setting starts on. */
  readonly line: number;
}

/**
 * Reads a file that Java reads with `Properties`, in file order, repeated keys included. `ini` does
 * the reading, but of a text in which every key and value is quoted: by itself it would end a value
 * at `;` or `#`, take `[` for a section and `key[]` for a list, and it knows neither `!` comments nor
 * `key: value` nor lines continued with a backslash.
 */
export function readProperties(text: string): Property[] {
  const lines = logicalLines(text).map(({ text: logical, line }) => {
    const [key, value] = splitAtSeparator(logical);
    return { key: unescape(key), value: unescape(value).trim(), line };
  });
  const quoted = lines.map(({ key, value }) => `${quote(key)}=${quote(value)}`).join('\n');
  // Without bracketed arrays a repeated key gives the list of its values.
  const settings: Record<string, unknown> = parse(quoted, { bracketedArray: false });
  const values = new Map(Object.entries(settings).map(([key, value]) => [key, [value].flat()]));
  return lines.map(({ key, line }) => {
    const value: unknown = values.get(key)?.shift();
    // ini makes `true`, `false` and `null` values of their own, and refuses one key (`__proto__`).
    return { key, value: textOf(value), line };
  });
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A JSON string without `=`, at which ini would end a key wherever it stands. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll('=', '\\u003d');
}

/** Lines without comments and blank ones; a line that ends in an odd number of backslashes goes on. */
function logicalLines(text: string): { text: string; line: number }[] {
  const lines: { text: string; line: number }[] = [];
  let open: { text: string; line: number } | null = null;
  let number = 0;
  for (const physical of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    number += 1;
    const trimmed = physical.trimStart();
    if (open === null && (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('!'))) continue;
    const continues = /(?:^|[^\\])(?:\\\\)*\\$/.test(trimmed);
    const part = continues ? trimmed.slice(0, -1) : trimmed;
    if (open === null) open = { text: part, line: number };
    else open.text += part;
    if (!continues) {
      lines.push(open);
      open = null;
    }
  }
  if (open !== null) lines.push(open);
  return lines;
}

/** The key ends at the first `=`, `:` or blank that no backslash protects. */
function splitAtSeparator(line: string): [string, string] {
  const match = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/s.exec(line);
  return [match?.[1] ?? line, match?.[2] ?? ''];
}

function unescape(text: string): string {
  return text.replace(/\\(u[0-9A-Fa-f]{4}|.)/gs, (_, escaped: string) => {
    if (escaped.length > 1) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return { t: '\t', n: '\n', r: '\r', f: '\f' }[escaped] ?? escaped;
  });
}
