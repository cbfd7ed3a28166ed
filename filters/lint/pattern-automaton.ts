import { contains, setSource, type CharacterSet } from '../pattern/character-set.js';
import { findBacktrackingRisk } from '../pattern/pattern-risk.js';
import type { PatternNode, RepeatNode } from '../pattern/pattern-syntax.js';

/** A place of the pattern that takes one character. */
export interface Place {
  /** Letter by letter whether the place takes it. */
  readonly takes: Uint8Array;
  readonly steps: readonly Step[];
}

export interface Step {
  /** Index of the place that takes the next character. */
  readonly to: number;
  /** Whether a matcher can get there in more than one way without taking a character. */
  readonly isManifold: boolean;
}

/**
 * A pattern as an automaton whose states are the places that take a character. Place 0 is the search
 * itself, which begins a new attempt at every character; nothing leads to it.
 */
export interface PatternAutomaton {
  /** One character for each way in which the places tell characters apart, readable ones first. */
  readonly letters: readonly string[];
  readonly places: readonly Place[];
  /** Places that can take a text's first character. */
  readonly starts: readonly number[];
  /** Places with which a match can end, if the text ends there too. */
  readonly ends: ReadonlySet<number>;
  /** Of them, those with which a match can end whatever follows. */
  readonly freeEnds: ReadonlySet<number>;
}

/** Larger patterns are not looked into; the longest of a rule set has a tenth of it. */
const MAX_PLACES = 1500;
/** Rounds of a counted repetition that are followed; it cannot make a pattern slow for long lines. */
const MAX_ROUNDS = 24;
/** From how many rounds on a counted repetition that itself holds a trap counts as endless. */
const MANY_ROUNDS = 10;

/** Null when the pattern is too large. `mayHoldLineFeeds`: the field can have several lines. */
export function buildAutomaton(root: PatternNode, mayHoldLineFeeds: boolean): PatternAutomaton | null {
  const builder = new Builder();
  const accept = builder.add({ kind: 'accept' });
  const start = builder.build(root, accept);
  return builder.isTooLarge ? null : automatonOf(builder.nodes, start, mayHoldLineFeeds);
}

/** Thompson's construction: what takes a character, and the ways between. */
type WayNode =
  | { readonly kind: 'take'; readonly set: CharacterSet; readonly next: number }
  | { readonly kind: 'fork'; readonly nexts: number[] }
  | { readonly kind: 'text-start' | 'text-end'; readonly next: number }
  | { readonly kind: 'accept' };

const ANY: CharacterSet = { ranges: [0, 0x10ffff], properties: [], negated: false };

class Builder {
  readonly nodes: WayNode[] = [];

  get isTooLarge(): boolean {
    return this.nodes.length > MAX_PLACES * 3;
  }

  add(node: WayNode): number {
    return this.nodes.push(node) - 1;
  }

  /** Where `node` begins when `next` follows it. */
  build(node: PatternNode, next: number): number {
    if (this.isTooLarge) return next;
    switch (node.kind) {
      // What a lookaround sees is not taken; leaving it out can only add ways.
      case 'look':
      case 'empty':
        return next;
      case 'character':
        return this.add({
          kind: 'take',
          set: { ranges: [node.codePoint, node.codePoint], properties: [], negated: false },
          next,
        });
      case 'set':
        return this.add({ kind: 'take', set: node.set, next });
      case 'assertion':
        return node.assertion === 'text-start' || node.assertion === 'text-end'
          ? this.add({ kind: node.assertion, next })
          : next;
      case 'sequence':
        return node.items.reduceRight((following, item) => this.build(item, following), next);
      case 'choice':
        return this.add({ kind: 'fork', nexts: node.branches.map((branch) => this.build(branch, next)) });
      case 'group':
        return this.build(node.body, next);
      case 'repeat':
        return this.#repeat(node, next);
      case 'reference':
        return this.#loop({ kind: 'set', set: ANY }, 0, next);
    }
  }

  #repeat(repeat: RepeatNode, next: number): number {
    const { body, min, max } = repeat;
    const rounds = Math.min(min, MAX_ROUNDS);
    let start = next;
    if (max === Infinity || (max >= MANY_ROUNDS && isTrap(repeat))) {
      start = this.#loop(body, rounds > 0 ? 1 : 0, next);
      for (let round = 1; round < rounds; round++) start = this.build(body, start);
      return start;
    }
    for (let round = Math.min(max, MAX_ROUNDS); round > rounds; round--) {
      start = this.add({ kind: 'fork', nexts: [this.build(body, start), next] });
    }
    for (let round = 0; round < rounds; round++) start = this.build(body, start);
    return start;
  }

  #loop(body: PatternNode, min: 0 | 1, next: number): number {
    const nexts: number[] = [];
    const fork = this.add({ kind: 'fork', nexts });
    const start = this.build(body, fork);
    nexts.push(start, next);
    return min === 1 ? start : fork;
  }
}

function isTrap(repeat: RepeatNode): boolean {
  return findBacktrackingRisk(repeat) === repeat;
}

function automatonOf(
  nodes: readonly WayNode[],
  start: number,
  mayHoldLineFeeds: boolean,
): PatternAutomaton | null {
  const takers = nodes.flatMap((node, index) => (node.kind === 'take' ? [{ index, node }] : []));
  if (takers.length > MAX_PLACES) return null;
  const placeOf = new Map(takers.map(({ index }, position) => [index, position + 1]));
  const letters = findLetters(
    takers.map(({ node }) => node.set),
    mayHoldLineFeeds,
  );
  const stepsFrom = (from: number, isTextStart: boolean) => {
    const { counts, ...end } = waysFrom(nodes, from, isTextStart);
    const steps = [...counts].map(([node, count]) => ({
      to: placeOf.get(node) ?? 0,
      isManifold: count > 1,
    }));
    return { steps, ...end };
  };
  const everything = new Uint8Array(letters.length).fill(1);
  const search = stepsFrom(start, false);
  const places: Place[] = [
    // An attempt that cannot take anything later than at the text's start is made only once.
    {
      takes: everything,
      steps: search.steps.length === 0 ? [] : [{ to: 0, isManifold: false }, ...search.steps],
    },
  ];
  const ends = new Set<number>();
  const freeEnds = new Set<number>();
  for (const [position, { node }] of takers.entries()) {
    const { steps, canEnd, canEndAnywhere } = stepsFrom(node.next, false);
    places.push({ takes: membership(node.set, letters), steps });
    if (canEnd) ends.add(position + 1);
    if (canEndAnywhere) freeEnds.add(position + 1);
  }
  const starts = stepsFrom(start, true).steps.map(({ to }) => to);
  return { letters, places, starts, ends, freeEnds };
}

/** The takers that can be reached without taking anything, with the number of ways (1, or 2 for more). */
function waysFrom(
  nodes: readonly WayNode[],
  from: number,
  isTextStart: boolean,
): { counts: Map<number, number>; canEnd: boolean; canEndAnywhere: boolean } {
  const counts = new Map<number, number>();
  const visits = new Map<number, number>();
  let canEnd = false;
  let canEndAnywhere = false;
  const visit = (index: number): void => {
    const node = nodes[index];
    if (node === undefined) return;
    if (node.kind === 'take') {
      counts.set(index, Math.min(2, (counts.get(index) ?? 0) + 1));
      return;
    }
    if (node.kind === 'accept') {
      canEnd = canEndAnywhere = true;
      return;
    }
    // Two ways are as good as a hundred. That a round which takes nothing is not made again can be left
    // out of account: a way too many only costs a proposal that turns out to be harmless.
    const seen = visits.get(index) ?? 0;
    if (seen >= 2) return;
    visits.set(index, seen + 1);
    if (node.kind === 'fork') for (const next of node.nexts) visit(next);
    else if (node.kind === 'text-end') canEnd = true;
    else if (isTextStart) visit(node.next);
  };
  visit(from);
  return { counts, canEnd, canEndAnywhere };
}

const READABLE = Array.from(
  'abcdefghijklmnopqrstuvwxyz0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ!#%&*+,-./:;<=>?@[]_{|}~"\'()$^`\\',
);
const OTHERS = ['\t', '\u00e9', '\u0416', '\u6f22', '\u{1f600}', '\u00a0', '\r', '\0'];

/** One letter for each way in which the sets tell characters apart. */
function findLetters(sets: readonly CharacterSet[], mayHoldLineFeeds: boolean): string[] {
  const edges = sets.flatMap(({ ranges }) =>
    ranges.flatMap((edge, index) => (index % 2 === 0 ? edge : edge + 1)),
  );
  const further = [...new Set(edges)]
    .filter((code) => code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff))
    .map((code) => String.fromCodePoint(code));
  const distinct = [...new Map(sets.map((set) => [setSource(set), set])).values()];
  const letters = new Map<string, string>();
  for (const letter of [...READABLE, ...OTHERS, ...further]) {
    if (letter === '\n' && !mayHoldLineFeeds) continue;
    const kind = distinct.map((set) => (takesLetter(set, letter) ? '1' : '0')).join('');
    if (!letters.has(kind)) letters.set(kind, letter);
  }
  return [...letters.values()];
}

function membership(set: CharacterSet, letters: readonly string[]): Uint8Array {
  return Uint8Array.from(letters, (letter) => (takesLetter(set, letter) ? 1 : 0));
}

const propertySets = new Map<string, RegExp>();

/** Whether the set has the character. */
export function takesLetter(set: CharacterSet, letter: string): boolean {
  if (set.properties.length === 0) return contains(set.ranges, letter.codePointAt(0) ?? 0) !== set.negated;
  const source = setSource(set);
  let regexp = propertySets.get(source);
  if (regexp === undefined) propertySets.set(source, (regexp = new RegExp(`^${source}$`, 'u')));
  return regexp.test(letter);
}
