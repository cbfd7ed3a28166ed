import type { PatternAutomaton, Step } from './pattern-automaton.js';

/** A text that a backtracking search can share out among the pattern's places in ever more ways. */
export interface Pump {
  /** `exponential`: every further round doubles the ways; `polynomial`: it adds to them. */
  readonly kind: 'exponential' | 'polynomial';
  /** What leads there. */
  readonly prefix: string;
  /** What is repeated; at least one character. */
  readonly round: string;
}

export interface Ambiguity {
  readonly pumps: readonly Pump[];
  /** False: the pattern is too intricate to be looked through as a whole. */
  readonly isComplete: boolean;
}

/** Pairs and triples of places that are looked at in all; some hundred times what a usual rule needs. */
const MAX_WORK = 3_000_000;

/**
 * Finds what a text must repeat to make a backtracking search slow: a loop that can be run through in
 * two ways on one text (exponential), and two loops, one behind the other, that take the same text as
 * the way between them does (quadratic; three such loops cubic, and so on). The criteria are those of
 * Weber and Seidl for the ambiguity of automata. The search for a place to begin counts as a loop.
 */
export function findAmbiguity(automaton: PatternAutomaton): Ambiguity {
  return new AmbiguitySearch(automaton).run();
}

/** A way through the automaton: where it has come to, and the letters on it. */
interface Trail {
  readonly letter: number;
  readonly before: Trail | null;
}

class AmbiguitySearch {
  readonly #automaton: PatternAutomaton;
  /** Place → the loop it belongs to; -1: none. */
  readonly #loopOf: Int32Array;
  readonly #loops: readonly (readonly number[])[];
  #work = 0;

  constructor(automaton: PatternAutomaton) {
    this.#automaton = automaton;
    const { loopOf, loops } = findLoops(automaton);
    this.#loopOf = loopOf;
    this.#loops = loops;
  }

  run(): Ambiguity {
    const pumps: Pump[] = [];
    for (const loop of this.#loops) {
      const pump = this.#exponential(loop);
      if (pump !== null) pumps.push(pump);
    }
    for (const first of this.#loops) {
      for (const second of this.#loops) {
        if (first !== second) pumps.push(...this.#polynomial(first, second));
      }
    }
    return { pumps, isComplete: this.#work <= MAX_WORK };
  }

  /** If one place of a loop can be come back to in two ways on one text, all its places can. */
  #exponential(loop: readonly number[]): Pump | null {
    const [place = 0] = loop;
    const index = this.#loopOf[place];
    const inLoop = (to: number): boolean => this.#loopOf[to] === index;
    const size = this.#automaton.places.length;
    const key = (a: number, b: number, isSplit: number): number => (a * size + b) * 2 + isSplit;
    const trails = new Map<number, Trail | null>([[key(place, place, 0), null]]);
    const queue: [number, number, number][] = [[place, place, 0]];
    for (const [a, b, isSplit] of queue) {
      const trail = trails.get(key(a, b, isSplit)) ?? null;
      for (const stepA of this.#steps(a)) {
        if (!inLoop(stepA.to)) continue;
        for (const stepB of this.#steps(b)) {
          if (!inLoop(stepB.to) || ++this.#work > MAX_WORK) continue;
          const splits = stepA.to !== stepB.to || (a === b && stepA.isManifold);
          const next = isSplit === 1 || splits ? 1 : 0;
          const target = key(stepA.to, stepB.to, next);
          const letter = this.#commonLetter(stepA.to, stepB.to, stepB.to);
          if (letter === -1 || trails.has(target)) continue;
          const longer = { letter, before: trail };
          if (stepA.to === place && stepB.to === place && next === 1) {
            return { kind: 'exponential', prefix: this.#prefixTo(place), round: this.#word(longer) };
          }
          trails.set(target, longer);
          queue.push([stepA.to, stepB.to, next]);
        }
      }
    }
    return null;
  }

  *#polynomial(first: readonly number[], second: readonly number[]): Generator<Pump> {
    if (!this.#reaches(first[0] ?? 0, second[0] ?? 0)) return;
    // One way through a pair of loops is enough; which of their places begin it does not matter.
    for (const from of first) {
      for (const to of second) {
        const round = this.#sharedRound(from, to);
        if (round === null) continue;
        yield { kind: 'polynomial', prefix: from === 0 ? '' : this.#prefixTo(from), round };
        return;
      }
    }
  }

  /** A text that leads from `from` to itself, from `from` to `to`, and from `to` to itself. */
  #sharedRound(from: number, to: number): string | null {
    const size = this.#automaton.places.length;
    const key = (a: number, b: number, c: number): number => (a * size + b) * size + c;
    const goal = key(from, to, to);
    const trails = new Map<number, Trail | null>([[key(from, from, to), null]]);
    const queue: [number, number, number][] = [[from, from, to]];
    for (const [a, b, c] of queue) {
      const trail = trails.get(key(a, b, c)) ?? null;
      for (const { to: nextA } of this.#steps(a)) {
        if (this.#loopOf[nextA] !== this.#loopOf[from]) continue;
        for (const { to: nextC } of this.#steps(c)) {
          if (this.#loopOf[nextC] !== this.#loopOf[to]) continue;
          for (const { to: nextB } of this.#steps(b)) {
            if (++this.#work > MAX_WORK) return null;
            const target = key(nextA, nextB, nextC);
            const letter = this.#commonLetter(nextA, nextB, nextC);
            if (letter === -1 || trails.has(target)) continue;
            const longer = { letter, before: trail };
            if (target === goal) return this.#word(longer);
            trails.set(target, longer);
            queue.push([nextA, nextB, nextC]);
          }
        }
      }
    }
    return null;
  }

  #steps(place: number): readonly Step[] {
    return this.#automaton.places[place]?.steps ?? [];
  }

  /** -1: no letter is taken by all three. */
  #commonLetter(a: number, b: number, c: number): number {
    const [takesA, takesB, takesC] = [a, b, c].map((place) => this.#automaton.places[place]?.takes);
    for (let letter = 0; letter < this.#automaton.letters.length; letter++) {
      if (takesA?.[letter] === 1 && takesB?.[letter] === 1 && takesC?.[letter] === 1) return letter;
    }
    return -1;
  }

  #reaches(from: number, to: number): boolean {
    const seen = new Set([from]);
    for (const place of seen) for (const { to: next } of this.#steps(place)) seen.add(next);
    return seen.has(to);
  }

  /** A shortest text after which a match begun at the text's start can stand at `place`. */
  #prefixTo(place: number): string {
    const trails = new Map<number, Trail>();
    for (const start of this.#automaton.starts) {
      trails.set(start, { letter: this.#commonLetter(start, start, start), before: null });
    }
    for (const [at, trail] of trails) {
      if (at === place) return this.#word(trail);
      for (const { to } of this.#steps(at)) {
        const letter = this.#commonLetter(to, to, to);
        if (!trails.has(to) && letter !== -1) trails.set(to, { letter, before: trail });
      }
    }
    return '';
  }

  #word(end: Trail): string {
    let word = '';
    for (let trail: Trail | null = end; trail !== null; trail = trail.before) {
      word = (this.#automaton.letters[trail.letter] ?? '') + word;
    }
    return word;
  }
}

/** The strongly connected parts of the automaton that have a way in a circle (Tarjan). */
function findLoops({ places }: PatternAutomaton): { loopOf: Int32Array; loops: number[][] } {
  const order = new Int32Array(places.length).fill(-1);
  const low = new Int32Array(places.length);
  const loopOf = new Int32Array(places.length).fill(-1);
  const loops: number[][] = [];
  const stack: number[] = [];
  const onStack = new Uint8Array(places.length);
  let count = 0;
  // Without recursion: a long pattern is a long chain of places.
  for (let root = 0; root < places.length; root++) {
    if (order[root] !== -1) continue;
    const path: { place: number; next: number }[] = [];
    const enter = (place: number): void => {
      order[place] = low[place] = count++;
      stack.push(place);
      onStack[place] = 1;
      path.push({ place, next: 0 });
    };
    enter(root);
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const { place } = frame;
      const step = places[place]?.steps[frame.next++];
      if (step !== undefined) {
        if (order[step.to] === -1) enter(step.to);
        else if (onStack[step.to] === 1) low[place] = Math.min(low[place] ?? 0, order[step.to] ?? 0);
        continue;
      }
      path.pop();
      const outer = path.at(-1);
      if (outer !== undefined) low[outer.place] = Math.min(low[outer.place] ?? 0, low[place] ?? 0);
      if (low[place] !== order[place]) continue;
      const part = stack.splice(stack.lastIndexOf(place));
      for (const member of part) onStack[member] = 0;
      const isLoop = part.length > 1 || places[place]?.steps.some(({ to }) => to === place) === true;
      if (!isLoop) continue;
      for (const member of part) loopOf[member] = loops.length;
      loops.push(part);
    }
  }
  return { loopOf, loops };
}
