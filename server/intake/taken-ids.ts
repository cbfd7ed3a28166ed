import type { TextPrint } from '../../runtime/text-print.js';
import { PRINT_WORDS, writePrint } from '../../runtime/text-print.js';

/** Ids that one batch brought and nobody before it, until it is known whether they are taken. */
export interface Claim {
  readonly kind: 'claimed';
  /** For each id that was asked for, whether it is the first of its kind. An empty id always is. */
  readonly isNew: readonly boolean[];
  /** They are on disk. */
  keep(): void;
  /** They are not, so that whoever sends them again is no duplicate. */
  release(): void;
}

/** Some of the ids are on their way to disk with another batch: claim again when that is decided. */
export interface Conflict {
  readonly kind: 'undecided';
  readonly decided: Promise<void>;
}

/** Ids from `first` to before `end`, counted in the order in which they came. */
interface Pending {
  readonly first: number;
  readonly end: number;
  readonly decided: Promise<void>;
}

/** Ids that are remembered when nothing else is said: 5 s of the fastest intake, hours of a usual one. */
export const DEFAULT_REMEMBERED_IDS = 500_000;

const EMPTY = 0;

/**
 * The newest ids that were taken. Each is kept as a print of 128 bits, so that an id costs 24 to 32 bytes
 * whatever its length and the garbage collector has nothing to look at; two ids of the same print are
 * not to be expected in the life of the universe.
 */
export class TakenIds {
  readonly #capacity: number;
  /** A ring: the print of the id number n stands at n modulo the capacity. */
  readonly #prints: Uint32Array;
  /** Open addressing: place in the ring + 1. At most half of it is in use. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #print: TextPrint = new Uint32Array(PRINT_WORDS);
  readonly #pending: Pending[] = [];
  #next = 0;
  #size = 0;

  constructor(capacity = DEFAULT_REMEMBERED_IDS) {
    this.#capacity = capacity;
    this.#prints = new Uint32Array(capacity * PRINT_WORDS);
    const slots = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#slots = new Int32Array(slots);
    this.#mask = slots - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** What it takes up, however many ids it holds. */
  get bytes(): number {
    return this.#prints.byteLength + this.#slots.byteLength;
  }

  /** The prints of ids from before a restart, one behind the other; give them oldest first. */
  restore(prints: Uint32Array): void {
    for (let start = 0; start + PRINT_WORDS <= prints.length; start += PRINT_WORDS) {
      for (let word = 0; word < PRINT_WORDS; word += 1) this.#print[word] = prints[start + word] ?? 0;
      if (this.#findPrint() === null) this.#addPrint();
    }
  }

  /** Claims those of the ids that are new, unless it is not known yet of some of them whether they are. */
  claim(ids: readonly string[]): Claim | Conflict {
    const first = this.#next;
    const isNew: boolean[] = [];
    for (const id of ids) {
      const place = id === '' ? null : this.#find(id);
      if (place === null) {
        if (id !== '') this.#addPrint();
        isNew.push(true);
        continue;
      }
      const conflict = this.#pendingAt(place);
      if (conflict !== undefined) {
        this.#takeBack(first);
        return { kind: 'undecided', decided: conflict.decided };
      }
      isNew.push(false);
    }
    const end = this.#next;
    if (end === first) return { kind: 'claimed', isNew, keep: () => undefined, release: () => undefined };
    let decide: () => void = () => undefined;
    const decided = new Promise<void>((resolve) => (decide = resolve));
    const pending = { first, end, decided };
    this.#pending.push(pending);
    const settle = (): void => {
      this.#pending.splice(this.#pending.indexOf(pending), 1);
      decide();
    };
    return {
      kind: 'claimed',
      isNew,
      keep: settle,
      release: () => {
        for (let number = first; number < end; number += 1) this.#remove(number);
        settle();
      },
    };
  }

  /** The claim by which the id that stands there is on its way to disk, if it is. */
  #pendingAt(place: number): Pending | undefined {
    if (this.#pending.length === 0) return undefined;
    const newest = this.#next - 1;
    // The newest number that has this place.
    const number = newest - ((newest - place) % this.#capacity);
    return this.#pending.find(({ first, end }) => number >= first && number < end);
  }

  /** As if the ids from this number on had never been added. */
  #takeBack(first: number): void {
    for (let number = this.#next - 1; number >= first; number -= 1) this.#remove(number);
    this.#next = first;
  }

  /** Adds the id that was looked for last, and not found. */
  #addPrint(): void {
    this.#remove(this.#next - this.#capacity);
    const place = this.#next % this.#capacity;
    this.#prints.set(this.#print, place * PRINT_WORDS);
    let slot = this.#home(place);
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = place + 1;
    this.#next += 1;
    this.#size += 1;
  }

  /** Its place in the ring, or null. Leaves its print in `#print`. */
  #find(id: string): number | null {
    writePrint(id, this.#print);
    return this.#findPrint();
  }

  /** The place of the print in `#print`, or null. */
  #findPrint(): number | null {
    const print = this.#print;
    for (let slot = (print[0] ?? 0) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = this.#slots[slot] ?? EMPTY;
      if (entry === EMPTY) return null;
      const start = (entry - 1) * PRINT_WORDS;
      if (
        this.#prints[start] === print[0] &&
        this.#prints[start + 1] === print[1] &&
        this.#prints[start + 2] === print[2] &&
        this.#prints[start + 3] === print[3]
      )
        return entry - 1;
    }
  }

  #home(place: number): number {
    return (this.#prints[place * PRINT_WORDS] ?? 0) & this.#mask;
  }

  /** Forgets the id of that number, if it is still there. */
  #remove(number: number): void {
    if (number < 0 || number < this.#next - this.#capacity) return;
    const place = number % this.#capacity;
    let slot = this.#home(place);
    while (this.#slots[slot] !== place + 1) {
      if (this.#slots[slot] === EMPTY) return;
      slot = (slot + 1) & this.#mask;
    }
    this.#slots[slot] = EMPTY;
    this.#size -= 1;
    // Whoever was driven past the freed slot moves up, or a search would end before it.
    for (let next = (slot + 1) & this.#mask; ; next = (next + 1) & this.#mask) {
      const entry = this.#slots[next] ?? EMPTY;
      if (entry === EMPTY) return;
      const home = this.#home(entry - 1);
      if (((next - home) & this.#mask) < ((next - slot) & this.#mask)) continue;
      this.#slots[slot] = entry;
      this.#slots[next] = EMPTY;
      slot = next;
    }
  }
}
