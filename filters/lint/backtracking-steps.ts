import type { CharacterSet } from '../pattern/character-set.js';
import type { Assertion, LookOpening, PatternNode, RepeatNode } from '../pattern/pattern-syntax.js';
import { takesLetter } from './pattern-automaton.js';

/**
 * Runs a pattern as JavaScript's engine does, trying one way after the other, and counts its steps:
 * how slow a pattern is can then be told from any machine in the same number. Look-behind is taken for
 * granted.
 */
export class BacktrackingProgram {
  readonly #program: readonly Instruction[];
  readonly #registers: number;

  constructor(root: PatternNode) {
    const assembler = new Assembler();
    assembler.emit(root);
    assembler.add({ kind: 'found' });
    this.#program = assembler.program;
    this.#registers = assembler.registers;
  }

  /** Searches the text; gives up beyond `maxSteps`, and then says that number plus one. */
  search(text: string, maxSteps: number): { readonly isFound: boolean; readonly steps: number } {
    const letters = Array.from(text);
    let steps = 0;
    for (let start = 0; start <= letters.length; start++) {
      const run = new Run(
        this.#program,
        letters,
        new Array<number>(this.#registers).fill(-1),
        maxSteps - steps,
      );
      const isFound = run.from(0, start);
      steps += run.steps;
      if (steps > maxSteps) return { isFound: false, steps: maxSteps + 1 };
      if (isFound) return { isFound, steps };
    }
    return { isFound: false, steps };
  }
}

type Instruction =
  | { readonly kind: 'character'; readonly letter: string }
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'fork'; first: number; second: number }
  | { readonly kind: 'jump'; to: number }
  /** Notes the position. */
  | { readonly kind: 'mark'; readonly register: number }
  /** Fails when nothing was taken since the mark. */
  | { readonly kind: 'moved'; readonly register: number }
  | { readonly kind: 'look'; readonly opening: LookOpening; end: number }
  | { readonly kind: 'reference'; readonly index: number }
  | { readonly kind: 'found' };

class Assembler {
  readonly program: Instruction[] = [];
  registers = 0;
  readonly #groups = new Map<number, number>();

  add<T extends Instruction>(instruction: T): T {
    this.program.push(instruction);
    return instruction;
  }

  emit(node: PatternNode): void {
    switch (node.kind) {
      case 'empty':
        return;
      case 'character':
        this.add({ kind: 'character', letter: String.fromCodePoint(node.codePoint) });
        return;
      case 'set':
        this.add({ kind: 'set', set: node.set });
        return;
      case 'assertion':
        this.add({ kind: 'assert', assertion: node.assertion });
        return;
      case 'sequence':
        for (const item of node.items) this.emit(item);
        return;
      case 'choice':
        this.#choice(node.branches);
        return;
      case 'group': {
        const register = this.#groupRegister(node.index);
        this.add({ kind: 'mark', register });
        this.emit(node.body);
        this.add({ kind: 'mark', register: register + 1 });
        return;
      }
      case 'repeat':
        this.#repeat(node);
        return;
      case 'look': {
        const look: Extract<Instruction, { kind: 'look' }> = { kind: 'look', opening: node.opening, end: 0 };
        this.add(look);
        this.emit(node.body);
        this.add({ kind: 'found' });
        look.end = this.program.length;
        return;
      }
      case 'reference':
        this.add({ kind: 'reference', index: this.#groupRegister(node.index) });
    }
  }

  #groupRegister(index: number): number {
    let register = this.#groups.get(index);
    if (register === undefined) {
      register = this.registers;
      this.registers += 2;
      this.#groups.set(index, register);
    }
    return register;
  }

  #choice(branches: readonly PatternNode[]): void {
    const ends: { to: number }[] = [];
    for (const [index, branch] of branches.entries()) {
      if (index === branches.length - 1) {
        this.emit(branch);
        break;
      }
      const fork = this.#fork();
      fork.first = this.program.length;
      this.emit(branch);
      ends.push(this.#jump());
      fork.second = this.program.length;
    }
    for (const end of ends) end.to = this.program.length;
  }

  #repeat({ body, min, max, greedy }: RepeatNode): void {
    for (let round = 0; round < min; round++) this.emit(body);
    if (max === Infinity) {
      const start = this.program.length;
      const fork = this.#fork();
      this.#round(fork, body, greedy);
      this.#jump().to = start;
      this.#leave(fork, greedy);
      return;
    }
    const forks: { first: number; second: number }[] = [];
    for (let round = min; round < max; round++) {
      const fork = this.#fork();
      this.#round(fork, body, greedy);
      forks.push(fork);
    }
    for (const fork of forks) this.#leave(fork, greedy);
  }

  #round(fork: { first: number; second: number }, body: PatternNode, greedy: boolean): void {
    if (greedy) fork.first = this.program.length;
    else fork.second = this.program.length;
    const register = this.registers++;
    this.add({ kind: 'mark', register });
    this.emit(body);
    this.add({ kind: 'moved', register });
  }

  #leave(fork: { first: number; second: number }, greedy: boolean): void {
    if (greedy) fork.second = this.program.length;
    else fork.first = this.program.length;
  }

  #fork(): { first: number; second: number } {
    const fork: Extract<Instruction, { kind: 'fork' }> = { kind: 'fork', first: 0, second: 0 };
    return this.add(fork);
  }

  #jump(): { to: number } {
    const jump: Extract<Instruction, { kind: 'jump' }> = { kind: 'jump', to: 0 };
    return this.add(jump);
  }
}

/** One attempt. */
class Run {
  steps = 0;
  /** Pairs: an instruction to go on with and its position, or a register (as -1 - register) and its old value. */
  readonly #stack: number[] = [];

  constructor(
    private readonly program: readonly Instruction[],
    private readonly letters: readonly string[],
    private readonly registers: number[],
    private readonly maxSteps: number,
  ) {}

  /** Whether a match begins at `position`; false as well when the steps are used up. */
  from(instruction: number, position: number): boolean {
    const bottom = this.#stack.length;
    let at = instruction;
    for (;;) {
      if (++this.steps > this.maxSteps) return false;
      const next = this.program[at];
      if (next === undefined) return false;
      if (next.kind === 'found') {
        this.#stack.length = bottom;
        return true;
      }
      const moved = this.#step(next, at, position);
      if (moved !== null) {
        [at, position] = moved;
        continue;
      }
      const resumed = this.#resume(bottom);
      if (resumed === null) return false;
      [at, position] = resumed;
    }
  }

  /** Where to go on; null: this way is at its end. */
  #step(next: Instruction, at: number, position: number): [number, number] | null {
    const letter = this.letters[position];
    switch (next.kind) {
      case 'character':
        return letter === next.letter ? [at + 1, position + 1] : null;
      case 'set':
        return letter !== undefined && takesLetter(next.set, letter) ? [at + 1, position + 1] : null;
      case 'assert':
        return this.#holds(next.assertion, position) ? [at + 1, position] : null;
      case 'fork':
        this.#stack.push(next.second, position);
        return [next.first, position];
      case 'jump':
        return [next.to, position];
      case 'mark':
        this.#stack.push(-1 - next.register, this.registers[next.register] ?? -1);
        this.registers[next.register] = position;
        return [at + 1, position];
      case 'moved':
        return this.registers[next.register] === position ? null : [at + 1, position];
      case 'look':
        return this.#look(next.opening, at, position) ? [next.end, position] : null;
      case 'reference':
        return this.#refer(next.index, at, position);
      case 'found':
        return null;
    }
  }

  #resume(bottom: number): [number, number] | null {
    while (this.#stack.length > bottom) {
      const value = this.#stack.pop() ?? 0;
      const target = this.#stack.pop() ?? 0;
      if (target >= 0) return [target, value];
      this.registers[-1 - target] = value;
    }
    return null;
  }

  #look(opening: LookOpening, at: number, position: number): boolean {
    if (opening === '(?<=' || opening === '(?<!') return true;
    return this.from(at + 1, position) === (opening === '(?=');
  }

  #refer(register: number, at: number, position: number): [number, number] | null {
    const from = this.registers[register] ?? -1;
    const to = this.registers[register + 1] ?? -1;
    if (from < 0 || to < from) return [at + 1, position];
    for (let offset = 0; offset < to - from; offset++) {
      this.steps += 1;
      if (this.letters[from + offset] !== this.letters[position + offset]) return null;
    }
    return [at + 1, position + to - from];
  }

  #holds(assertion: Assertion, position: number): boolean {
    const before = this.letters[position - 1];
    const after = this.letters[position];
    switch (assertion) {
      case 'text-start':
        return position === 0;
      case 'text-end':
        return after === undefined;
      case 'line-start':
        return before === undefined || before === '\n';
      case 'line-end':
        return after === undefined || after === '\n';
      case 'word-boundary':
        return isWord(before) !== isWord(after);
      case 'no-word-boundary':
        return isWord(before) === isWord(after);
    }
  }
}

function isWord(letter: string | undefined): boolean {
  return letter !== undefined && /^\w$/.test(letter);
}
