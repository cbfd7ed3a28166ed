import type { CharacterSet } from './character-set.js';

/**
 * A regular expression taken apart. Flags, names and the differences of the dialects are gone: a node
 * means the same whatever it was written in, so that one printer and one analysis serve both.
 */
export type PatternNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'character'; readonly codePoint: number }
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly branches: readonly PatternNode[] }
  /** A capturing group; `index` counts from 1. */
  | { readonly kind: 'group'; readonly index: number; readonly body: PatternNode }
  | RepeatNode
  /** Lookahead or lookbehind; only in JavaScript patterns. */
  | { readonly kind: 'look'; readonly opening: LookOpening; readonly body: PatternNode }
  /** What a group has matched, once more; only in JavaScript patterns. */
  | { readonly kind: 'reference'; readonly index: number };

export interface RepeatNode {
  readonly kind: 'repeat';
  readonly min: number;
  /** Infinity: without bound. */
  readonly max: number;
  readonly greedy: boolean;
  readonly body: PatternNode;
  /** Where the repetition's operator stands in the pattern; from 0. */
  readonly position: number;
}

export type Assertion =
  'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word-boundary' | 'no-word-boundary';

export type LookOpening = '(?=' | '(?!' | '(?<=' | '(?<!';

/**
 * `re2`: what Go's regexp package takes, with its meaning. `javascript`: uses something that only
 * JavaScript has (lookaround, back-references, \uXXXX); `.`, `\s` and all else then mean what they
 * mean in JavaScript.
 */
export type Dialect = 're2' | 'javascript';

export interface PatternTree {
  readonly dialect: Dialect;
  readonly root: PatternNode;
  readonly groupCount: number;
  /** Group name → index. */
  readonly groupNames: ReadonlyMap<string, number>;
}

/** What is wrong with a pattern and where. `position` counts UTF-16 units from 0. */
export interface PatternFault {
  readonly message: string;
  readonly position: number;
}

/** Whether the node can match the empty text; true as well where that depends on what another group took. */
export function canBeEmpty(node: PatternNode): boolean {
  switch (node.kind) {
    case 'character':
    case 'set':
      return false;
    case 'empty':
    case 'assertion':
    case 'look':
    case 'reference':
      return true;
    case 'sequence':
      return node.items.every(canBeEmpty);
    case 'choice':
      return node.branches.some(canBeEmpty);
    case 'group':
      return canBeEmpty(node.body);
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.body);
  }
}
