import { groupIntoBranches } from './branches.js';
import type { Match, Matcher, MatchSubject, RecordFields } from './matcher.js';
import { prepareClause, type Captures } from './operators.js';
import type { Clause, RuleEntry, RuleSet, SubjectRule } from './rule-set.js';

/**
 * The rule language as it is defined, written to be read and compared with, not to be fast. The compiled
 * matcher has to give the same answers; tests hold the two against each other.
 */
export class ReferenceMatcher implements Matcher {
  constructor(private readonly ruleSet: RuleSet) {}

  get knownSubjectsOnly(): boolean {
    return this.ruleSet.knownSubjectsOnly;
  }

  match(fields: RecordFields): Match | null {
    for (const branch of groupIntoBranches(this.ruleSet.entries)) {
      const headCaptures = test(branch.head, fields);
      if (headCaptures === null) continue;
      for (const body of branch.bodies) {
        const captures = testAll(body.chain, fields);
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
}

/** What the clauses captured, later ones over earlier ones; null when one does not hold. */
function testAll(chain: readonly Clause[], fields: RecordFields): Captures | null {
  const all = new Map<string, string>();
  for (const clause of chain) {
    const captures = test(clause, fields);
    if (captures === null) return null;
    for (const [name, value] of captures) all.set(name, value);
  }
  return all;
}

function test(clause: Clause, fields: RecordFields): Captures | null {
  const value = Object.hasOwn(fields, clause.field) ? fields[clause.field] : undefined;
  return prepareClause(clause)(value ?? '');
}

function toMatch(entry: RuleEntry, captures: Captures): Match {
  const { context, subject, status, score, expiresMs, withdraws } = entry.classifier;
  return {
    rule: { id: entry.id, why: entry.why },
    subject: toSubject(subject, captures),
    context,
    status,
    score,
    expiresMs,
    withdraws,
  };
}

function toSubject(subject: SubjectRule, captures: Captures): MatchSubject {
  if (subject.kind === 'tag') return { kind: 'tag' };
  const token = subject.kind === 'literal' ? subject.name : (captures.get(subject.result) ?? '');
  return token === '' ? { kind: 'tag' } : { kind: 'token', token };
}
