import type { Clause, RuleEntry } from './rule-set.js';

/** Entries that begin with the same clause. Once its head matches a record, only they can classify it. */
export interface Branch {
  readonly head: Clause;
  /** In file order; the first one whose other clauses hold wins. */
  readonly bodies: readonly RuleEntry[];
}

/** The branches in order of first appearance. Heads are the same when all four members are equal. */
export function groupIntoBranches(entries: readonly RuleEntry[]): readonly Branch[] {
  const branches = new Map<string, { head: Clause; bodies: RuleEntry[] }>();
  for (const entry of entries) {
    const [head] = entry.chain;
    if (head === undefined) continue;
    const key = clauseKey(head);
    const branch = branches.get(key);
    if (branch === undefined) branches.set(key, { head, bodies: [entry] });
    else branch.bodies.push(entry);
  }
  return [...branches.values()];
}

/** Equal for clauses that are equal in all four members, and only for them. */
export function clauseKey({ field, operator, pattern, captureResult }: Clause): string {
  return JSON.stringify([field, operator, pattern, captureResult]);
}
