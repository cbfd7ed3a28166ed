import type { PatternAutomaton } from './pattern-automaton.js';

/** Sets of places that are looked at; enough for suffixes of a few characters. */
const MAX_SETS = 400;
const MAX_LENGTH = 5;

/**
 * Short texts such that no match is in `text` followed by one of them, shortest first, at most `count`:
 * a backtracking search then has to try every way before it gives up. None when `text` itself matches.
 */
export function failingSuffixes(automaton: PatternAutomaton, text: string, count: number): readonly string[] {
  const walk = new SetWalk(automaton);
  let places = walk.start();
  for (const letter of text) {
    const next = walk.step(places, letter);
    if (next === null) return [];
    places = next;
  }
  const found: string[] = [];
  const seen = new Set<string>();
  const queue: { places: ReadonlySet<number>; suffix: string; length: number }[] = [
    { places, suffix: '', length: 0 },
  ];
  for (const { places: at, suffix, length } of queue) {
    if (!walk.canEnd(at)) found.push(suffix);
    if (found.length >= count) break;
    if (length >= MAX_LENGTH || seen.size >= MAX_SETS) continue;
    // The rarest letters come last and are the ones that nothing takes.
    for (const letter of [...automaton.letters].reverse()) {
      const next = walk.step(at, letter);
      if (next === null) continue;
      const key = `${length} ${[...next].sort((a, b) => a - b).join()}`;
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push({ places: next, suffix: suffix + letter, length: length + 1 });
    }
  }
  return found;
}

/** Follows all ways at once. Before the first letter the way stands nowhere: `start`. */
class SetWalk {
  readonly #letterIndexes: ReadonlyMap<string, number>;

  constructor(private readonly automaton: PatternAutomaton) {
    this.#letterIndexes = new Map(automaton.letters.map((letter, index) => [letter, index]));
  }

  start(): ReadonlySet<number> {
    return new Set([START]);
  }

  /** Null: a match is found, whatever follows. */
  step(places: ReadonlySet<number>, letter: string): ReadonlySet<number> | null {
    const index = this.#letterIndexes.get(letter) ?? 0;
    const next = new Set<number>();
    for (const place of places) {
      for (const to of this.#from(place)) {
        if (this.automaton.places[to]?.takes[index] !== 1) continue;
        if (this.automaton.freeEnds.has(to)) return null;
        next.add(to);
      }
    }
    return next;
  }

  canEnd(places: ReadonlySet<number>): boolean {
    return [...places].some((place) => this.automaton.ends.has(place));
  }

  #from(place: number): readonly number[] {
    const { starts, places } = this.automaton;
    if (place !== START) return places[place]?.steps.map(({ to }) => to) ?? [];
    // The search itself, where there is one, goes on behind the first letter.
    return places[0]?.steps.length === 0 ? starts : [...starts, 0];
  }
}

const START = -1;
