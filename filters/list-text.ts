import type { PatternFault } from './pattern/pattern-syntax.js';

/** One element of a list in a clause's Pattern. */
export interface ListElement {
  readonly text: string;
  /** Where the element's text starts in the Pattern; from 0. */
  readonly position: number;
}

export type ParsedList =
  | { readonly kind: 'parsed'; readonly elements: readonly ListElement[] }
  | { readonly kind: 'invalid'; readonly fault: PatternFault };

/**
 * Reads `['a', 'b']`. An element ends at `',`, so a quote inside it needs no escape unless a comma
 * follows. Blanks may stand before an element but not after its closing quote.
 */
export function parseList(text: string): ParsedList {
  if (text.length < 2 || !text.startsWith('[') || !text.endsWith(']')) {
    return invalid("a list is written ['a', 'b']: it has to start with [ and end with ]", 0);
  }
  const elements: ListElement[] = [];
  const parts = text.slice(1, -1).split("',");
  let position = 1;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const blanks = part.length - part.replace(/^ +/, '').length;
    const quoted = part.slice(blanks);
    const at = position + blanks;
    if (quoted === '') {
      const message =
        parts.length === 1 ? 'the list is empty' : 'nothing stands after the last comma of the list';
      return invalid(message, at);
    }
    if (!quoted.startsWith("'")) return invalid(`element ${index + 1} of the list has to start with '`, at);
    if (isLast && (quoted.length < 2 || !quoted.endsWith("'"))) {
      return invalid(`element ${index + 1} of the list has to end with '`, at);
    }
    elements.push({ text: isLast ? quoted.slice(1, -1) : quoted.slice(1), position: at + 1 });
    position += part.length + "',".length;
  }
  return { kind: 'parsed', elements };
}

function invalid(message: string, position: number): ParsedList {
  return { kind: 'invalid', fault: { message, position } };
}
