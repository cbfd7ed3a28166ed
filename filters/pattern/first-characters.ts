import { normalized, type Ranges } from './character-set.js';
import { canBeEmpty, type PatternNode } from './pattern-syntax.js';

/**
 * The characters with which every text has to begin that a pattern tied to the text's start can match;
 * null when it is not tied to the start or the first character may be any.
 */
export function firstCharacters(core: PatternNode): Ranges | null {
  const items = core.kind === 'sequence' ? core.items : [core];
  const [start, ...rest] = items;
  if (start?.kind !== 'assertion' || start.assertion !== 'text-start') return null;
  return firstOfSequence(rest);
}

/** Null: any character, or none at all because the whole can be empty. */
function firstOfSequence(items: readonly PatternNode[]): Ranges | null {
  const all: number[] = [];
  for (const item of items) {
    const first = firstOf(item);
    if (first === null) return null;
    all.push(...first);
    if (!canBeEmpty(item)) return normalized(all);
  }
  return null;
}

/** What the node can begin with if it takes a character; none for what takes no character. */
function firstOf(node: PatternNode): Ranges | null {
  switch (node.kind) {
    case 'empty':
    case 'assertion':
    case 'look':
      return [];
    case 'reference':
      return null;
    case 'character':
      return [node.codePoint, node.codePoint];
    case 'set':
      if (node.set.properties.length > 0) return null;
      return node.set.ranges;
    case 'group':
    case 'repeat':
      return firstOf(node.body);
    case 'choice':
      return unionOf(node.branches.map(firstOf));
    case 'sequence': {
      const needed = node.items.findIndex((item) => !canBeEmpty(item));
      const leading = needed < 0 ? node.items : node.items.slice(0, needed + 1);
      return unionOf(leading.map(firstOf));
    }
  }
}

function unionOf(sets: readonly (Ranges | null)[]): Ranges | null {
  const all: number[] = [];
  for (const set of sets) {
    if (set === null) return null;
    all.push(...set);
  }
  return normalized(all);
}
