import { contains } from './pattern/character-set.js';
import { compileClause, fieldValue, type CompiledClause } from './compiled-clause.js';
import type { RecordFields } from './matcher.js';
import { listElements } from './operators.js';
import type { Clause } from './rule-set.js';

/** Says which of many heads is the first to hold, reading every field once at most. */
export class HeadIndex {
  readonly #fields: readonly FieldHeads[];

  constructor(heads: readonly Clause[]) {
    const byField = new Map<string, FieldHeads>();
    for (const [position, head] of heads.entries()) {
      let group = byField.get(head.field);
      if (group === undefined) byField.set(head.field, (group = new FieldHeads(head.field, position)));
      group.add(head, position);
    }
    this.#fields = [...byField.values()];
  }

  /** The position of the first head that holds for the record; heads' length or more when none does. */
  find(fields: RecordFields): number {
    let first = Number.MAX_SAFE_INTEGER;
    for (const group of this.#fields) {
      // Groups come in the order of their first heads, so none of the rest can do better.
      if (group.start > first) break;
      first = group.first(fieldValue(fields, group.field), first);
    }
    return first;
  }
}

/** How many first characters have a row of their own; the others, and the empty text, share the last. */
const ROWS = 128;

interface Test {
  readonly position: number;
  readonly clause: CompiledClause;
}

/** The heads on one field: those that name whole values in a map, the others in rows to be tried. */
class FieldHeads {
  readonly #positions = new Map<string, number>();
  /** First character of a value → the heads that can hold for it, in order. */
  readonly #rows: readonly Test[][] = Array.from({ length: ROWS + 1 }, () => []);

  constructor(
    readonly field: string,
    /** The position of the first of them. */
    readonly start: number,
  ) {}

  add(head: Clause, position: number): void {
    const values =
      head.operator === '==' ? [head.pattern] : head.operator === '(-' ? listElements(head.pattern) : null;
    if (values === null) this.#addTest(head, position);
    else for (const value of values) if (!this.#positions.has(value)) this.#positions.set(value, position);
  }

  /** The smaller of `bound` and the position of the first head here that holds for `value`. */
  first(value: string, bound: number): number {
    const named = this.#positions.size === 0 ? undefined : this.#positions.get(value);
    const limit = named === undefined || named > bound ? bound : named;
    const first = value.charCodeAt(0);
    // The empty text has no first character, and NaN is not less than anything.
    for (const { position, clause } of this.#rows[first < ROWS ? first : ROWS] ?? []) {
      if (position >= limit) return limit;
      if (clause.holds(value)) return position;
    }
    return limit;
  }

  #addTest(head: Clause, position: number): void {
    const clause = compileClause(head);
    const first = clause.firstCharacters;
    for (const [row, tests] of this.#rows.entries()) {
      const isPossible =
        first === null || (row < ROWS ? contains(first, row) : (first[first.length - 1] ?? 0) >= ROWS);
      if (isPossible) tests.push({ position, clause });
    }
  }
}
