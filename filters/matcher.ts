import type { Status } from '../protocol/model.js';

/** A record as rules see it: field name → text. A missing field tests as the empty string. */
export type RecordFields = Readonly<Record<string, string>>;

/** Whom a match speaks of, before the plugin has looked the name up. */
export type MatchSubject =
  /** The subject that the record's tag names. */
  | { readonly kind: 'tag' }
  /** A name written in the rule or captured from the record: an address or an id. */
  | { readonly kind: 'token'; readonly token: string };

/** The part of an entry that a verdict quotes. */
export interface RuleIdentity {
  /** The entry's `Id`, else `entry-N` with N counted from 1 in file order. */
  readonly id: string;
  /** One sentence on why the line matters; empty when the entry gives none. */
  readonly why: string;
}

/** What a rule set makes of a record. */
export interface Match {
  readonly rule: RuleIdentity;
  readonly subject: MatchSubject;
  /** Empty: the context that the record's tag gives. */
  readonly context: string;
  readonly status: Status;
  /** 0 to 100. */
  readonly score: number;
  /** Without a newer word for this long the finding is withdrawn; null: it stands. Milliseconds. */
  readonly expiresMs: number | null;
  /** The observer's findings that this match ends; null: none but its own context's. */
  readonly withdraws: Withdrawal | null;
  /** What it becomes when nothing resolves it in time; null: it stays what it is. */
  readonly deadline: Deadline | null;
  /** What it becomes when it is said again and again, by rising count; null: always the same. */
  readonly escalate: readonly EscalationStep[] | null;
  /** It tells that the observer itself stood still; null: it does not. */
  readonly pause: Pause | null;
}

/** What a pending finding becomes that stays unresolved. */
export interface Deadline {
  /** Counted from the first word, milliseconds. */
  readonly afterMs: number;
  readonly status: Status;
  readonly score: number;
}

/** What a finding becomes with the `count`-th time within `withinMs` of log time. */
export interface EscalationStep {
  readonly count: number;
  readonly withinMs: number;
  readonly status: Status;
  readonly score: number;
}

/** The observer stood still: what it says of others around that time weighs nothing. */
export interface Pause {
  /** For how long before the record it stood still, milliseconds; 0 when the record does not say. */
  readonly lastedMs: number;
  /** For how long after the record it is not to be trusted yet, milliseconds. */
  readonly distrustMs: number;
}

/** Which standing findings of the same observer no longer hold once an entry has fired. */
export interface Withdrawal {
  readonly contexts: readonly string[];
  /** `same`: only those on the match's subject; `all`: those on every subject. */
  readonly subjects: 'same' | 'all';
}

/** A compiled rule set. Pure: the same record gives the same answer. */
export interface Matcher {
  /** Null: the record says nothing. `detail` counts only when it stands among the fields. */
  match(fields: RecordFields): Match | null;
  /**
   * Whether the answer may still change once the continuation lines (`detail`) are known. False for
   * nearly all records, which can then be reported without waiting for the next line.
   */
  needsDetail(fields: RecordFields): boolean;
  /**
   * Literal texts such that every record some entry can match contains at least one of them in its
   * first line, given that the values of `verbatimFields` stand there letter for letter; null when an
   * entry exists that no literal can stand for, so that every record has to be tried.
   */
  literals(verbatimFields: readonly string[]): readonly string[] | null;
  /** Drop observations on subjects the plugin does not know, instead of taking the name as an id. */
  readonly knownSubjectsOnly: boolean;
}
