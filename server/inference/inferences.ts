import type { Inference, Panorama } from '../../protocol/model.js';
import type { InferenceAlgorithm, PanoramaLookup, WeighedVote } from './algorithm.js';

export interface InferencesOptions {
  readonly algorithm: InferenceAlgorithm;
  readonly panorama: (subject: string) => Panorama | undefined;
  /** Called when a subject's inference says something new, not when only its time moved on. */
  readonly onChange: (inference: Inference) => void;
  /** There is nothing to infer from any more. */
  readonly onEnd: (subject: string) => void;
}

interface Moment {
  readonly lookUp: PanoramaLookup;
  readonly infer: (panorama: Panorama) => Inference | null;
}

/**
 * The latest inference of each subject. A change only marks the subject; it is inferred when someone
 * asks or on `settle`, so that many reports on one subject cost one inference.
 */
export class Inferences {
  readonly #options: InferencesOptions;
  readonly #latest = new Map<string, Inference>();
  readonly #marked = new Set<string>();
  /** Observer → whom it speaks of; kept only where that matters. */
  readonly #observedBy = new Map<string, Set<string>>();

  constructor(options: InferencesOptions) {
    this.#options = options;
  }

  /** The subject's panorama changed; `observer`: by whose word. */
  mark(subject: string, observer?: string): void {
    this.#marked.add(subject);
    if (observer === undefined || !this.#options.algorithm.weighsObservers) return;
    const observed = this.#observedBy.get(observer);
    if (observed === undefined) this.#observedBy.set(observer, new Set([subject]));
    else observed.add(subject);
  }

  /** Undefined when there is nothing to infer from. */
  get(subject: string): Inference | undefined {
    if (this.#marked.has(subject)) this.#infer(subject, this.#now());
    return this.#latest.get(subject);
  }

  all(): ReadonlyMap<string, Inference> {
    this.settle();
    return this.#latest;
  }

  /** Infers what is marked, `limit` subjects at most; whether all is done. */
  settle(limit = Infinity): boolean {
    const now = this.#now();
    let count = 0;
    for (const subject of this.#marked) {
      if (count === limit) return false;
      this.#infer(subject, now);
      count += 1;
    }
    return true;
  }

  /** What everybody says of the subject and what that counts, now. */
  votes(subject: string): readonly WeighedVote[] {
    const { algorithm, panorama } = this.#options;
    const held = panorama(subject);
    return held === undefined ? [] : algorithm.votes(held, panorama);
  }

  /** Panoramas and how they are summed up, for as long as no report comes in. */
  #now(): Moment {
    const { algorithm, panorama } = this.#options;
    const seen = new Map<string, Panorama | undefined>();
    const lookUp = (subject: string): Panorama | undefined => {
      if (!seen.has(subject)) seen.set(subject, panorama(subject));
      return seen.get(subject);
    };
    const infer = algorithm.at?.(lookUp) ?? ((held: Panorama) => algorithm.infer(held, lookUp));
    return { lookUp, infer };
  }

  #infer(subject: string, { lookUp, infer }: Moment): void {
    this.#marked.delete(subject);
    const { onChange, onEnd } = this.#options;
    const held = lookUp(subject);
    const inference = held === undefined ? null : infer(held);
    const before = this.#latest.get(subject);
    if (inference === null) {
      this.#latest.delete(subject);
      if (before === undefined) return;
      onEnd(subject);
      this.#weighAgain(subject);
      return;
    }
    this.#latest.set(subject, inference);
    if (before !== undefined && !saysOther(before, inference)) return;
    onChange(inference);
    this.#weighAgain(subject);
  }

  /**
   * What is thought of somebody counts for what its word is worth, and its word for what theirs is of
   * whom it speaks. Comes to rest: only a change of what an inference says goes on.
   */
  #weighAgain(observer: string): void {
    for (const second of this.#observedBy.get(observer) ?? []) {
      this.#marked.add(second);
      for (const third of this.#observedBy.get(second) ?? []) if (third !== observer) this.#marked.add(third);
    }
  }
}

function saysOther(before: Inference, after: Inference): boolean {
  const text = ({ observers, observation }: Inference): string =>
    JSON.stringify([observers, observation.metrics.map(({ name, status, score }) => [name, status, score])]);
  return text(before) !== text(after);
}
