import type { Status } from '../../protocol/model.js';
import type { SpoolDropReason } from './spool-entry.js';

/** What becomes of an entry when the spool is full. `repeat`: a later one says the same. */
export type Fate = 'keep' | 'repeat' | Exclude<SpoolDropReason, 'closed'>;

interface Topic {
  /** Place of its newest word, and what it says. */
  newest: number;
  statuses: string;
  /** Place of the newest of its worst words. */
  worst: number;
  worstStatus: Status;
}

/** By number, as a spool holds hundreds of thousands of entries. */
const FATES = ['keep', 'repeat', 'middle', 'worst', 'newest'] as const satisfies readonly Fate[];
const [KEEP, REPEAT, MIDDLE, WORST, NEWEST] = [0, 1, 2, 3, 4] as const;

const FIRST_ROOM = 4096;

/**
 * Decides what a full spool leaves out. Of words on a topic that say the same one after the other, the
 * newest stays. Then go, for as long as it takes, the oldest first: words that are neither the newest
 * nor the worst on their topic; the worst ones; and last the newest ones, so that what is forgotten
 * wholly are the topics that were silent for longest.
 */
export class DropPlan {
  #fates = new Uint8Array(FIRST_ROOM);
  #bytes = new Uint32Array(FIRST_ROOM);
  #length = 0;
  readonly #topics = new Map<string, Topic>();

  /** The next entry in order. `statuses`: all that it says; `worst`: the worst of it. */
  add(topic: string, statuses: string, worst: Status, bytes: number): void {
    const place = this.#append(bytes);
    const known = this.#topics.get(topic);
    if (known === undefined) {
      this.#topics.set(topic, { newest: place, statuses, worst: place, worstStatus: worst });
      return;
    }
    if (known.statuses === statuses) this.#fates[known.newest] = REPEAT;
    if (worst >= known.worstStatus) {
      known.worst = place;
      known.worstStatus = worst;
    }
    known.newest = place;
    known.statuses = statuses;
  }

  /** The fates of all entries in order, so that those kept take `targetBytes` at most. To be called once. */
  *decide(targetBytes: number): Generator<Fate, undefined> {
    for (const { newest, worst } of this.#topics.values()) {
      this.#fates[worst] = WORST;
      this.#fates[newest] = NEWEST;
    }
    const fates = this.#fates.subarray(0, this.#length);
    let bytes = 0;
    fates.forEach((fate, place) => (bytes += fate === REPEAT ? 0 : (this.#bytes[place] ?? 0)));
    // In each round go the oldest of their kind; the others of the kind, and all after them, stay.
    const ends: Record<number, number> = { [REPEAT]: fates.length, [MIDDLE]: 0, [WORST]: 0, [NEWEST]: 0 };
    for (const kind of [MIDDLE, WORST, NEWEST]) {
      let place = 0;
      for (; place < fates.length && bytes > targetBytes; place += 1)
        if (fates[place] === kind) bytes -= this.#bytes[place] ?? 0;
      ends[kind] = place;
    }
    for (const [place, fate] of fates.entries())
      yield FATES[place < (ends[fate] ?? 0) ? fate : KEEP] ?? 'keep';
    return undefined;
  }

  #append(bytes: number): number {
    const place = this.#length;
    if (place === this.#fates.length) {
      const [fates, sizes] = [this.#fates, this.#bytes];
      this.#fates = new Uint8Array(place * 2);
      this.#fates.set(fates);
      this.#bytes = new Uint32Array(place * 2);
      this.#bytes.set(sizes);
    }
    this.#fates[place] = MIDDLE;
    this.#bytes[place] = bytes;
    this.#length += 1;
    return place;
  }
}
