interface Ids {
  readonly sequences: number[];
  readonly ids: string[];
}

/** All that is remembered together; what is forgotten beyond it may be appended and sent once more. */
const MAX_IDS = 200_000;

/** Ids of entries that no checkpoint covers yet, by source, in the order of their sequences. */
export class RememberedIds {
  readonly #sources = new Map<string, Ids>();
  #size = 0;

  add(source: string, id: string, sequence: number): void {
    let known = this.#sources.get(source);
    if (known === undefined) {
      known = { sequences: [], ids: [] };
      this.#sources.set(source, known);
    }
    known.sequences.push(sequence);
    known.ids.push(id);
    this.#size += 1;
    if (this.#size > MAX_IDS) this.#drop(known, Math.ceil(known.ids.length / 2));
  }

  /** Forgets those of a source up to `through`. */
  forget(source: string, through: number): void {
    const known = this.#sources.get(source);
    if (known !== undefined) this.#drop(known, countUpTo(known, through));
  }

  /** Those of a source above `sequence`. */
  after(source: string, sequence: number): Set<string> {
    const known = this.#sources.get(source);
    return new Set(known?.ids.slice(countUpTo(known, sequence)));
  }

  #drop(known: Ids, count: number): void {
    known.sequences.splice(0, count);
    known.ids.splice(0, count);
    this.#size -= count;
  }
}

function countUpTo({ sequences }: Ids, sequence: number): number {
  let low = 0;
  let high = sequences.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sequences[middle] ?? Infinity) <= sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
