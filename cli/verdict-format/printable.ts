/**
 * The text with all that would steer a terminal made visible: what stands in a log was written by whoever could
 * write there. A tab becomes a space.
 */
export function printable(text: string): string {
  return (
    text
      .replaceAll('\t', ' ')
      // Control characters, and those that turn the direction of what follows.
      .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, escape)
  );
}

function escape(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
}

/** At most so many characters, the last one `…` if something is left out; padded with spaces if `isPadded`. */
export function fit(text: string, width: number, isPadded = false): string {
  const characters = Array.from(text);
  if (characters.length > width) return width <= 0 ? '' : `${characters.slice(0, width - 1).join('')}…`;
  return isPadded ? text + ' '.repeat(width - characters.length) : text;
}

/** `a`, `a and b`, `a, b and c`, `a, b and 3 more`. */
export function joinWords(words: readonly string[], most = Infinity): string {
  if (words.length > most) {
    const shown = Math.max(1, most - 1);
    return `${words.slice(0, shown).join(', ')} and ${words.length - shown} more`;
  }
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}
