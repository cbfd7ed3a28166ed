import type { Clock } from '../runtime/clock.js';
import type { HviewError } from '../runtime/errors.js';

/** Every kind of problem, with what it means to whoever reads it. */
export const PROBLEM_KINDS = {
  options: 'an option of connect cannot be used',
  input: 'a call was given something that cannot be reported; that call had no effect',
  'unknown-subject': 'a socket address belongs to no subject that was named; nothing was reported',
  'unknown-request': 'a request is cleared or failed that is not open',
  'too-many-requests': 'so many requests are open that no more are watched',
  'aggregator-away': 'the aggregator does not take observations; it is tried again until it does',
  refused: 'the aggregator will not take an observation; it is dropped',
  'queue-full': 'the aggregator was away for so long that observations were dropped',
  closed: 'something was reported after close; it is dropped',
} as const;
export type ProblemKind = keyof typeof PROBLEM_KINDS;

/** What went wrong, told instead of thrown: whoever reports about others must not fail by it. */
export interface Problem {
  readonly kind: ProblemKind;
  /** Names the offending value. */
  readonly message: string;
  /** The next step, as a sentence, where there is one. */
  readonly hint?: string;
  /** Problems of this kind since the last one that was told, which were not. */
  readonly untold: number;
}

/** No kind is told more often, milliseconds. */
const TELL_EVERY_MS = 60_000;

/** Tells problems, each kind at most once a minute. What the listener throws is its own loss. */
export class Problems {
  readonly #clock: Clock;
  readonly #listener: (problem: Problem) => void;
  readonly #told = new Map<ProblemKind, { atMs: number; untold: number }>();

  constructor(listener: (problem: Problem) => void, clock: Clock) {
    this.#listener = listener;
    this.#clock = clock;
  }

  tell(
    kind: ProblemKind,
    { message, hint }: Pick<HviewError, 'message'> & { readonly hint?: string | undefined },
  ): void {
    const nowMs = this.#clock.monotonic();
    const told = this.#told.get(kind);
    if (told !== undefined && nowMs - told.atMs < TELL_EVERY_MS) {
      told.untold += 1;
      return;
    }
    // Before the listener is called: it may itself cause what it is told of.
    this.#told.set(kind, { atMs: nowMs, untold: 0 });
    try {
      this.#listener({ kind, message, ...(hint === undefined ? {} : { hint }), untold: told?.untold ?? 0 });
    } catch {
      // There is nobody left to tell.
    }
  }
}

/** What happens to problems when nobody listens: Node prints a warning. */
export function warn({ kind, message, hint = '', untold }: Problem): void {
  const others = untold === 0 ? '' : ` (and ${untold} more since the last of its kind)`;
  process.emitWarning([`${message}${others}`, hint].join(' ').trim(), { type: 'HviewWarning', code: kind });
}
