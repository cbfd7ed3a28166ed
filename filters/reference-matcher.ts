import { groupIntoBranches, type Branch } from './branches.js';
import { lengthOfTime } from './loading/duration.js';
import { isAtLeast } from './log-level.js';
import type { Match, Matcher, MatchSubject, Pause, RecordFields } from './matcher.js';
import { prepareClause, type Captures, type ClauseTest } from './operators.js';
import type { Clause, PauseRule, RuleEntry, RuleSet, SubjectRule } from './rule-set.js';

/**
 * The rule language as it is defined, written to be read and compared with, not to be fast. The compiled
 * matcher has to give the same answers; tests hold the two against each other.
 */
export class ReferenceMatcher implements Matcher {
  readonly knownSubjectsOnly: boolean;
  readonly #branches: readonly Branch[];
  readonly #tests = new Map<Clause, ClauseTest>();

  constructor(ruleSet: RuleSet) {
    this.knownSubjectsOnly = ruleSet.knownSubjectsOnly;
    this.#branches = groupIntoBranches(ruleSet.entries);
    for (const { chain } of ruleSet.entries) {
      for (const clause of chain) this.#tests.set(clause, prepareClause(clause));
    }
  }

  match(fields: RecordFields): Match | null {
    for (const branch of this.#branches) {
      if (this.#test(branch.head, fields) === null) continue;
      for (const body of branch.bodies) {
        if (!hasLevel(body, fields)) continue;
        const captures = this.#testAll(body.chain, fields);
        if (captures !== null) return toMatch(body, captures);
      }
      return null;
    }
    return null;
  }

  /** Always: it never claims that an answer is final. */
  needsDetail(): boolean {
    return true;
  }

  /** None: it wants to see every record. */
  literals(): null {
    return null;
  }

  /** What the clauses captured, later ones over earlier ones; null when one does not hold. */
  #testAll(chain: readonly Clause[], fields: RecordFields): Captures | null {
    const all = new Map<string, string>();
    for (const clause of chain) {
      const captures = this.#test(clause, fields);
      if (captures === null) return null;
      for (const [name, value] of captures) all.set(name, value);
    }
    return all;
  }

  #test(clause: Clause, fields: RecordFields): Captures | null {
    const value = Object.hasOwn(fields, clause.field) ? fields[clause.field] : undefined;
    return this.#tests.get(clause)?.(value ?? '') ?? null;
  }
}

function hasLevel({ classifier: { minLevel } }: RuleEntry, fields: RecordFields): boolean {
  const level = Object.hasOwn(fields, 'level') ? fields['level'] : undefined;
  return minLevel === null || isAtLeast(level ?? '', minLevel);
}

function toMatch(entry: RuleEntry, captures: Captures): Match {
  const { context, subject, status, score, expiresMs, withdraws, deadline, escalate, pause } =
    entry.classifier;
  return {
    rule: { id: entry.id, why: entry.why },
    subject: toSubject(subject, captures),
    context,
    status,
    score,
    expiresMs,
    withdraws,
    deadline,
    escalate,
    pause: pause === null ? null : toPause(pause, captures),
  };
}

function toSubject(subject: SubjectRule, captures: Captures): MatchSubject {
  if (subject.kind === 'tag') return { kind: 'tag' };
  const token = subject.kind === 'literal' ? subject.name : (captures.get(subject.result) ?? '');
  return token === '' ? { kind: 'tag' } : { kind: 'token', token };
}

function toPause({ lasted, distrustMs }: PauseRule, captures: Captures): Pause {
  const lastedMs =
    lasted.kind === 'fixed' ? lasted.lastedMs : lengthOfTime(captures.get(lasted.result) ?? '');
  return { lastedMs, distrustMs };
}
