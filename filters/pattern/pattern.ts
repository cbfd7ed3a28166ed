import { describeError, HviewError } from '../../runtime/errors.js';
import { characterSource, setSource } from './character-set.js';
import { parsePattern } from './pattern-parser.js';
import {
  canBeEmpty,
  type Assertion,
  type PatternFault,
  type PatternNode,
  type PatternTree,
  type RepeatNode,
} from './pattern-syntax.js';

/** A regular expression of a rule, ready to be run. */
export interface Pattern {
  /** As it stands in the rule. */
  readonly text: string;
  readonly tree: PatternTree;
  /** What is left of the tree when only whether it matches is asked; `tester` runs this. */
  readonly core: PatternNode;
  /** Whether a text contains a match; captures nothing, so it is the faster one. Stateless. */
  readonly tester: RegExp;
  /** Captures every group by number, named or not; `tree.groupNames` tells which is which. Stateless. */
  readonly capturer: RegExp;
}

export type CompiledPattern =
  | { readonly kind: 'compiled'; readonly pattern: Pattern }
  | { readonly kind: 'invalid'; readonly fault: PatternFault };

/**
 * Turns a pattern written for RE2 (Go) or JavaScript into JavaScript regular expressions that find the
 * same. What differs between the two is settled here: what `.` and `\s` take, `\z`, `\Q...\E`, POSIX
 * classes, flags for a part of the pattern, ignoring case, whole characters instead of UTF-16 halves.
 * Whether a text matches is then always the same. What a group captures can differ in a repetition: here
 * its last round alone counts, and a round that matches the empty text is not made.
 */
export function compilePattern(text: string): CompiledPattern {
  const parsed = parsePattern(text);
  if (parsed.kind === 'invalid') return parsed;
  const { tree } = parsed;
  try {
    const hasReferences = usesReferences(tree.root);
    const core = hasReferences ? tree.root : withoutOptionalEnds(tree.root);
    const pattern = {
      text,
      tree,
      core,
      tester: toRegExp(core, hasReferences),
      capturer: toRegExp(tree.root, true),
    };
    return { kind: 'compiled', pattern };
  } catch (error) {
    return { kind: 'invalid', fault: { message: describeError(error), position: 0 } };
  }
}

/** The same for a text that was checked before; throws INTERNAL when it is wrong nevertheless. */
export function patternOf(text: string): Pattern {
  const compiled = compilePattern(text);
  if (compiled.kind === 'compiled') return compiled.pattern;
  throw new HviewError(
    'INTERNAL',
    `pattern ${JSON.stringify(text)} was not checked: ${compiled.fault.message}`,
  );
}

/**
 * Whether `.*X.*` occurs anywhere is whether X does. Left in, the first `.*` would be tried from every
 * character of the text to its end: quadratic in the length of a hostile line.
 */
function withoutOptionalEnds(root: PatternNode): PatternNode {
  if (root.kind !== 'sequence') return root;
  const isNeeded = (item: PatternNode): boolean => item.kind !== 'repeat' || item.min > 0;
  const first = root.items.findIndex(isNeeded);
  const last = root.items.findLastIndex(isNeeded);
  return { kind: 'sequence', items: root.items.slice(first < 0 ? root.items.length : first, last + 1) };
}

function toRegExp(root: PatternNode, withCaptures: boolean): RegExp {
  const regexp = new RegExp(source(root, withCaptures), 'u');
  // V8 compiles on first use, once for each kind of string, and may only then find it too large.
  regexp.test('');
  regexp.test('\u{100}');
  return regexp;
}

const ASSERTIONS: Readonly<Record<Assertion, string>> = {
  'text-start': '^',
  'text-end': '$',
  // Not the flag m: to it, carriage return and U+2028 end a line too.
  'line-start': '(?<![^\\n])',
  'line-end': '(?![^\\n])',
  'word-boundary': '\\b',
  'no-word-boundary': '\\B',
};

function source(node: PatternNode, withCaptures: boolean): string {
  switch (node.kind) {
    case 'empty':
      return '(?:)';
    case 'character':
      return characterSource(node.codePoint);
    case 'set':
      return setSource(node.set);
    case 'assertion':
      return ASSERTIONS[node.assertion];
    case 'sequence':
      return node.items
        .map((item) =>
          item.kind === 'choice' ? `(?:${source(item, withCaptures)})` : source(item, withCaptures),
        )
        .join('');
    case 'choice':
      return node.branches.map((branch) => source(branch, withCaptures)).join('|');
    case 'group':
      return `(${withCaptures ? '' : '?:'}${source(node.body, withCaptures)})`;
    case 'repeat':
      return repeatSource(node, source(node.body, withCaptures));
    case 'look':
      return `${node.opening}${source(node.body, withCaptures)})`;
    case 'reference':
      // Closed off, so that a digit after it does not become part of its number.
      return `(?:\\${node.index})`;
  }
}

function repeatSource({ min, max, greedy, body }: RepeatNode, bodySource: string): string {
  // JavaScript takes no round that matches the empty text; RE2 does, and captures in it.
  if (min === 0 && max === 1 && canBeEmpty(body)) {
    return greedy ? `(?:${bodySource}|)` : `(?:|${bodySource})`;
  }
  return `(?:${bodySource})${repeatOperator(min, max)}${greedy ? '' : '?'}`;
}

function repeatOperator(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function usesReferences(node: PatternNode): boolean {
  switch (node.kind) {
    case 'reference':
      return true;
    case 'sequence':
      return node.items.some(usesReferences);
    case 'choice':
      return node.branches.some(usesReferences);
    case 'group':
    case 'repeat':
    case 'look':
      return usesReferences(node.body);
    case 'empty':
    case 'character':
    case 'set':
    case 'assertion':
      return false;
  }
}
