/** Where an observation comes from, for whoever wants to see it with their own eyes. */
export interface Provenance {
  /** The machine that the agent runs on. */
  readonly host: string;
  /** The log as the agent was told to read it. */
  readonly path: string;
  /** Where in the file the record begins, bytes. */
  readonly offset: number;
  /** The record's first line, at most 1,000 bytes of it. */
  readonly line: string;
  /** The rule that fired, and why its line matters. */
  readonly rule: string;
  readonly why: string;
}

/** The same, and by whom it came. */
export interface Evidence extends Provenance {
  /** Who sent it: agent@host; empty when it came without a word on that. */
  readonly agent: string;
}
