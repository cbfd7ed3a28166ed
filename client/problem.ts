/** Every kind of problem, with what it means to whoever reads it. */
export const PROBLEM_KINDS = {
  options: 'an option of connect cannot be used',
  input: 'a call was given something that cannot be reported; that call had no effect',
  'unknown-subject': 'a socket address belongs to no subject that was named; nothing was reported',
  'unknown-request': 'a request is cleared or failed that is not open',
  'too-many-requests': 'so many requests are open that no more are watched',
  'aggregator-away': 'the aggregator does not take observations; it is tried again until it does',
  refused: 'the aggregator will not take an observation; it is dropped',
  'queue-full':
    'more was reported than the aggregator has taken, which may be away; observations were dropped',
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
