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

/**
 * Decides what a full spool leaves out. Of words on a topic that say the same one after the other, the
 * newest stays. Then go, for as long as it takes, the oldest first: words that are neither the newest
 * nor the worst on their topic; the worst ones; and last the newest ones, so that what is forgotten
 * wholly are the topics that were silent for longest.
 */
export class DropPlan {
  readonly #fates: Fate[] = [];
  readonly #bytes: number[] = [];
  readonly #topics = new Map<string, Topic>();

  /** The next entry in order. `statuses`: all that it says; `worst`: the worst of it. */
  add(topic: string, statuses: string, worst: Status, bytes: number): void {
    const place = this.#fates.push('middle') - 1;
    this.#bytes.push(bytes);
    const known = this.#topics.get(topic);
    if (known === undefined) {
      this.#topics.set(topic, { newest: place, statuses, worst: place, worstStatus: worst });
      return;
    }
    if (known.statuses === statuses) this.#fates[known.newest] = 'repeat';
    if (worst >= known.worstStatus) {
      known.worst = place;
      known.worstStatus = worst;
    }
    known.newest = place;
    known.statuses = statuses;
  }

  /** The fates of all entries in order, so that those kept take `targetBytes` at most. */
  decide(targetBytes: number): readonly Fate[] {
    for (const { newest, worst } of this.#topics.values()) {
      this.#fates[worst] = 'worst';
      this.#fates[newest] = 'newest';
    }
    let bytes = 0;
    this.#fates.forEach((fate, place) => (bytes += fate === 'repeat' ? 0 : (this.#bytes[place] ?? 0)));
    const fates = this.#fates.map((fate): Fate => (fate === 'repeat' ? 'repeat' : 'keep'));
    for (const reason of ['middle', 'worst', 'newest'] as const) {
      for (let place = 0; place < fates.length && bytes > targetBytes; place += 1) {
        if (this.#fates[place] !== reason) continue;
        fates[place] = reason;
        bytes -= this.#bytes[place] ?? 0;
      }
    }
    return fates;
  }
}
