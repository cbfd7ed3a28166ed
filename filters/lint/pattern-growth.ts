import { anchoredPrefix } from '../compiled-clause.js';
import { requiredLiterals } from '../pattern/literals.js';
import type { PatternNode } from '../pattern/pattern-syntax.js';
import { BacktrackingProgram } from './backtracking-steps.js';
import { failingSuffixes } from './failing-suffixes.js';
import { findAmbiguity, type Pump } from './pattern-ambiguity.js';
import { buildAutomaton, type PatternAutomaton } from './pattern-automaton.js';

/** How the steps of a search grow with the length of the worst text that was found. */
export type Growth =
  /** In proportion, whatever the text. */
  | { readonly kind: 'linear' }
  | { readonly kind: 'slow'; readonly attack: Attack }
  /** Too intricate to be looked through; nothing slow was found in what was. */
  | { readonly kind: 'unknown' };

/** A family of texts, `prefix + round × n + suffix`, over which a search takes more and more steps a character. */
export interface Attack {
  readonly prefix: string;
  readonly round: string;
  readonly suffix: string;
  readonly kind: Pump['kind'];
  /** Steps of a backtracking search, counted, by growing length. */
  readonly measured: readonly MeasuredSteps[];
  /** To which power of the number of rounds the steps grow, between the last two measurements. */
  readonly power: number;
}

export interface MeasuredSteps {
  readonly rounds: number;
  readonly length: number;
  readonly steps: number;
}

/** Steps that one measurement may take; some 50 ms. */
const MAX_STEPS = 500_000;
/** Quick look whether a family of texts is slow at all. */
const PROBE_STEPS = 60_000;
const MAX_LENGTH = 1024;
/** From this power on it is called slow: linear growth measures 1.0 to 1.2, quadratic 1.8 to 2.0. */
const SLOW_POWER = 1.5;
const MAX_PUMPS = 60;
const MAX_SUFFIXES = 4;
/** After so many rounds the automaton is where it will be after any number of them. */
const SAMPLE_ROUNDS = 8;

/**
 * Whether some text makes a search for the pattern take more than linear time. The analysis names
 * what such a text repeats; each proposal is then run, its steps counted, so that nothing is called
 * slow that cannot be shown. The verdict depends on no clock.
 */
export function findGrowth(root: PatternNode, mayHoldLineFeeds: boolean): Growth {
  const automaton = buildAutomaton(root, mayHoldLineFeeds);
  if (automaton === null) return { kind: 'unknown' };
  const { pumps, isComplete } = findAmbiguity(automaton);
  if (pumps.length === 0) return { kind: isComplete ? 'linear' : 'unknown' };
  const program = new BacktrackingProgram(root);
  let worst: { family: Family; power: number } | null = null;
  for (const pump of worstFirst(pumps)) {
    for (const family of familiesOf(pump, automaton, neededText(root))) {
      const power = powerOf(measure(program, family, PROBE_STEPS));
      if (power >= SLOW_POWER && power > (worst?.power ?? 0) + 0.3) worst = { family, power };
      if (power >= SLOW_POWER) break;
    }
    if (worst?.family.pump.kind === 'exponential') break;
  }
  if (worst === null) return { kind: isComplete ? 'linear' : 'unknown' };
  const measured = measure(program, worst.family, MAX_STEPS);
  const { pump, suffix, prefix } = worst.family;
  const power = powerOf(measured);
  const { kind } = pump;
  return { kind: 'slow', attack: { prefix, round: pump.round, suffix, kind, measured, power } };
}

/** The text of the family with about `length` characters. */
export function attackText(
  { prefix, round, suffix }: Pick<Attack, 'prefix' | 'round' | 'suffix'>,
  length: number,
): string {
  const rounds = Math.max(1, Math.floor((length - prefix.length - suffix.length) / round.length));
  return prefix + round.repeat(rounds) + suffix;
}

interface Family {
  readonly pump: Pump;
  readonly prefix: string;
  readonly suffix: string;
}

function worstFirst(pumps: readonly Pump[]): readonly Pump[] {
  const exponential = pumps.filter(({ kind }) => kind === 'exponential');
  return [...exponential, ...pumps.filter(({ kind }) => kind === 'polynomial')].slice(0, MAX_PUMPS);
}

function* familiesOf(pump: Pump, automaton: PatternAutomaton, needed: string): Generator<Family> {
  const { round } = pump;
  const prefixes = [pump.prefix];
  if (needed !== '' && !(pump.prefix + round.repeat(needed.length + 1)).includes(needed)) {
    prefixes.unshift(`${needed} ${pump.prefix}`, pump.prefix + needed);
  }
  for (const prefix of prefixes) {
    const suffixes = failingSuffixes(automaton, prefix + round.repeat(SAMPLE_ROUNDS), MAX_SUFFIXES);
    // A text that matches can be slow all the same, when the match is the last thing that is tried.
    const others = suffixes.length === 0 ? ['', ...automaton.letters.slice(-MAX_SUFFIXES)] : [];
    for (const suffix of [...suffixes, ...others]) yield { pump, prefix, suffix };
  }
}

/** The text without which the compiled rule does not even begin to search. */
function neededText(root: PatternNode): string {
  if (anchoredPrefix(root) !== '') return '';
  const literals = requiredLiterals(root);
  return literals?.length === 1 ? (literals[0] ?? '') : '';
}

function measure(
  program: BacktrackingProgram,
  { pump, prefix, suffix }: Family,
  maxSteps: number,
): MeasuredSteps[] {
  const measured: MeasuredSteps[] = [];
  const texts = { prefix, suffix, round: pump.round };
  // At least so many rounds at each step that the prefix, which is as long each time, does not hide them.
  for (let rounds = 1, length = 0; length <= MAX_LENGTH; rounds *= 2) {
    const text = attackText(texts, prefix.length + suffix.length + pump.round.length * rounds);
    const { isFound, steps } = program.search(text, maxSteps);
    // Found at once: there is nothing to be tried again.
    if (isFound && steps < text.length * 4) return [];
    measured.push({ rounds, length: text.length, steps });
    if (steps > maxSteps) break;
    length = text.length;
  }
  return measured;
}

/** How steep the growth is at the end. */
function powerOf(measured: readonly MeasuredSteps[]): number {
  const steepness = measured.slice(1).map(({ rounds, steps }, index) => {
    const before = measured[index] ?? { rounds: 1, steps: 1 };
    return Math.log(steps / before.steps) / Math.log(rounds / before.rounds);
  });
  // The last measurement may have been given up; where all is over at once, it is all there is.
  return Math.max(steepness.at(-1) ?? 0, steepness.at(-2) ?? 0);
}
