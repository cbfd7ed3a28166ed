import { setMembers, setSize } from './character-set.js';
import type { PatternNode } from './pattern-syntax.js';

/** Texts of which at least one stands in whatever is meant to match. */
export type LiteralSet = readonly string[];

/** Shorter texts occur everywhere and would not save a thing. UTF-16 units. */
const MIN_LENGTH = 3;
/** How many ways of writing one stretch of a pattern are followed. */
const MAX_VARIANTS = 16;
const MAX_SET_SIZE = 64;
/** A bracket expression with more members is taken as unknown text. */
const MAX_CLASS_SIZE = 4;
/** Text of a pattern beyond this is not multiplied out further. */
const MAX_TEXT_LENGTH = 256;
/** A repeated part with more items is only searched within one round. */
const MAX_DOUBLED = 16;
const ENOUGH_WEIGHT = 40;
const ONE_WORD_FACTOR = 0.5;

interface Finding {
  /** Every text that the node can match; null: too many. */
  readonly exact: LiteralSet | null;
  /** The best set found within the node; null: none. */
  readonly required: LiteralSet | null;
}

const UNKNOWN: Finding = { exact: null, required: null };
const NO_TEXT: Finding = { exact: [''], required: null };

/**
 * The most telling literal texts of which every text that matches the pattern contains one; null when
 * the pattern has none. None of them holds a line feed or what UTF-8 cannot carry unchanged.
 */
export function requiredLiterals(root: PatternNode): LiteralSet | null {
  return requiredIn([analyse(root)]);
}

/** The same for a field that has to equal one of `values`. */
export function literalsOfValues(values: readonly string[]): LiteralSet | null {
  return usable(values);
}

/** How well a set tells lines apart; higher is better. */
export function selectivity(literals: LiteralSet): number {
  const weakest = Math.min(...literals.map(weight));
  return weakest - 1.5 * Math.log2(literals.length);
}

function analyse(node: PatternNode): Finding {
  switch (node.kind) {
    case 'empty':
    case 'assertion':
    case 'look':
      return NO_TEXT;
    case 'reference':
      return UNKNOWN;
    case 'character':
      return { exact: [String.fromCodePoint(node.codePoint)], required: null };
    case 'set': {
      if (setSize(node.set) > MAX_CLASS_SIZE) return UNKNOWN;
      return { exact: [...setMembers(node.set)].map((code) => String.fromCodePoint(code)), required: null };
    }
    case 'group':
      return analyse(node.body);
    case 'choice':
      return analyseChoice(node.branches.map(analyse));
    case 'repeat':
    case 'sequence':
      return analyseSequence(stretches(node));
  }
}

function analyseChoice(branches: readonly Finding[]): Finding {
  const exact = union(branches.map((branch) => branch.exact));
  const required = union(branches.map((branch) => better(usable(branch.exact), branch.required)));
  return {
    exact: exact !== null && exact.length <= MAX_VARIANTS ? exact : null,
    required: required !== null && required.length <= MAX_SET_SIZE ? required : null,
  };
}

/** Null as soon as one of the sets is. */
function union(sets: readonly (LiteralSet | null)[]): LiteralSet | null {
  const all = new Set<string>();
  for (const set of sets) {
    if (set === null) return null;
    for (const text of set) all.add(text);
  }
  return [...all];
}

/** The items of a sequence with groups opened, and repetitions as what their first and last round give. */
function stretches(node: PatternNode): Finding[] {
  if (node.kind === 'sequence') return node.items.flatMap(stretches);
  if (node.kind === 'group') return stretches(node.body);
  if (node.kind !== 'repeat') return [analyse(node)];
  const body = stretches(node.body);
  if (node.min === 0) {
    const { exact } = analyseSequence(body);
    const isFollowed = node.max === 1 && exact !== null && exact.length < MAX_VARIANTS;
    return [isFollowed ? { exact: [...exact, ''], required: null } : UNKNOWN];
  }
  if (node.max === 1) return body;
  // Doubling has to end somewhere, else repetitions of repetitions would grow without bound.
  const ends = body.length <= MAX_DOUBLED ? body : [{ exact: null, required: requiredIn(body) }];
  return [...ends, UNKNOWN, ...ends];
}

/** The best set among all that the items need. */
function requiredIn(items: readonly Finding[]): LiteralSet | null {
  const { exact, required } = analyseSequence(items);
  return better(usable(exact), required);
}

function analyseSequence(items: readonly Finding[]): Finding {
  let best: LiteralSet | null = null;
  let isExact = true;
  // Every way in which the text since the last unknown stretch can read.
  let run: LiteralSet = [''];
  for (const item of items) {
    const longer = item.exact === null ? null : product(run, item.exact);
    if (longer !== null) run = longer;
    else {
      best = better(better(best, usable(run)), item.required);
      run = item.exact ?? [''];
      isExact = false;
    }
  }
  return { exact: isExact ? run : null, required: better(best, usable(run)) };
}

/** Each text of one set followed by each of the other; null when that becomes too much. */
function product(first: LiteralSet, second: LiteralSet): LiteralSet | null {
  if (first.length * second.length > MAX_VARIANTS) return null;
  const result = first.flatMap((head) => second.map((tail) => head + tail));
  return result.every((text) => text.length <= MAX_TEXT_LENGTH) ? [...new Set(result)] : null;
}

function better(a: LiteralSet | null, b: LiteralSet | null): LiteralSet | null {
  if (a === null || b === null) return a ?? b;
  return selectivity(b) > selectivity(a) ? b : a;
}

/** The part of each text that can be looked for in the bytes of one line; null when one has no such part. */
function usable(texts: LiteralSet | null): LiteralSet | null {
  if (texts === null || texts.length === 0) return null;
  const parts = texts.map(searchablePart);
  return parts.every((part) => part.length >= MIN_LENGTH) ? [...new Set(parts)] : null;
}

/**
 * The heaviest piece without a line feed (a line has none), a half of a surrogate pair (it has no UTF-8)
 * or a replacement character (it may stand for any byte that was no UTF-8).
 */
function searchablePart(text: string): string {
  let best = '';
  for (const piece of text.split(/[\n\uFFFD\p{Surrogate}]/u)) {
    if (weight(piece) > weight(best)) best = piece;
  }
  return best;
}

/**
 * Several words are text of a message; one word may as well be a thread or a class that writes thousands
 * of lines, so it counts half. Past a certain length nothing is gained.
 */
function weight(text: string): number {
  let total = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    total += character === ' ' ? 3 : /[A-Za-z]/.test(character) ? 1 : /\d/.test(character) ? 0.8 : 1.3;
  }
  return Math.min(total, ENOUGH_WEIGHT) * (text.includes(' ') ? 1 : ONE_WORD_FACTOR);
}
