import type { TakenEntry } from '../../protocol/batch-service.js';
import type { SubjectDigest } from '../../protocol/peering-service.js';
import { batchLength } from './relay-log.js';

/** What stands here of every subject, for peers that lack it. */
export interface StandingViews {
  watched(): Iterable<string>;
  subjects(): Iterable<string>;
  /** Of all that stands of the subject, see SubjectDigest. */
  digest(subject: string): number;
  /** Every view's observations, oldest first. */
  standing(subject: string): TakenEntry[];
}

/** Subjects of one question. */
const SUBJECTS = 1000;

/**
 * What is still to be compared with a peer, and what of it the peer wants to hear. Names of subjects and one
 * subject's observations: it grows no further, however much is missing.
 */
export class CatchUp {
  readonly #toCompare = new Set<string>();
  readonly #toSend = new Set<string>();
  /** Of the subject that is being sent. */
  #standing: TakenEntry[] = [];

  constructor(private readonly views: StandingViews) {}

  get isDone(): boolean {
    return this.#toCompare.size + this.#toSend.size + this.#standing.length === 0;
  }

  compareAll(): void {
    for (const subject of this.views.subjects()) this.#toCompare.add(subject);
  }

  compare(subject: string): void {
    this.#toCompare.add(subject);
  }

  /** The peer wants to hear of it. */
  want(subject: string): void {
    this.#toSend.add(subject);
  }

  /** The next observations that the peer wants; none: ask about more subjects. They stay until `sent`. */
  nextSlice(): readonly TakenEntry[] {
    for (const subject of this.#toSend) {
      if (this.#standing.length > 0) break;
      this.#toSend.delete(subject);
      this.#standing = this.views.standing(subject);
    }
    return this.#standing.slice(0, batchLength(this.#standing));
  }

  sent(count: number): void {
    this.#standing.splice(0, count);
  }

  /** Takes off the next subjects to ask about, of those that the peer has not declined. */
  nextQuestion(isWanted: (subject: string) => boolean): readonly SubjectDigest[] {
    const asked: SubjectDigest[] = [];
    for (const subject of this.#toCompare) {
      if (asked.length === SUBJECTS) break;
      this.#toCompare.delete(subject);
      const digest = isWanted(subject) ? this.views.digest(subject) : 0;
      if (digest !== 0) asked.push({ subject, digest });
    }
    return asked;
  }

  clear(): void {
    this.#toCompare.clear();
    this.#toSend.clear();
    this.#standing = [];
  }
}
