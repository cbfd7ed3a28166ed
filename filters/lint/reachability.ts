import { groupIntoBranches, type Branch } from '../branches.js';
import { compareLevels } from '../log-level.js';
import type { RuleEntry } from '../rule-set.js';
import { exclude, implies } from './clause-implication.js';
import { lintFinding, type LintFinding } from './lint-finding.js';

/** Entries that can never fire: their clauses exclude each other, or an earlier entry decides in all cases. */
export function* findUnreachable(entries: readonly RuleEntry[]): Generator<LintFinding> {
  const branches = groupIntoBranches(entries);
  for (const [index, branch] of branches.entries()) {
    for (const [position, entry] of branch.bodies.entries()) {
      const problem =
        contradiction(entry) ??
        earlierBranch(entry, branches.slice(0, index)) ??
        earlierBody(entry, branch.bodies.slice(0, position));
      if (problem !== null) yield { ...problem, entry };
    }
  }
}

function contradiction({ chain }: RuleEntry): LintFinding | null {
  for (const [index, clause] of chain.entries()) {
    const other = chain.slice(0, index).findIndex((earlier) => exclude(earlier, clause));
    if (other !== -1) {
      const message = `never fires: no ${clause.field} fulfils both clause ${other + 1} and clause ${index + 1}`;
      return lintFinding({ severity: 'error', kind: 'unreachable', clause: index + 1, message });
    }
  }
  return null;
}

/** The head of a branch decides alone: what comes behind it never sees the record. */
function earlierBranch({ chain }: RuleEntry, earlier: readonly Branch[]): LintFinding | null {
  for (const { head, bodies } of earlier) {
    const clause = chain.findIndex((own) => implies(own, head));
    const [first] = bodies;
    if (clause === -1 || first === undefined) continue;
    return lintFinding({
      severity: 'error',
      kind: 'unreachable',
      clause: clause + 1,
      message:
        `never fires: whatever fulfils this clause fulfils the first clause of ${nameOf(first)} too, ` +
        'which comes earlier and so decides alone',
      hint: 'Move this entry before that one, or make the first clauses exclude each other.',
    });
  }
  return null;
}

function earlierBody(entry: RuleEntry, earlier: readonly RuleEntry[]): LintFinding | null {
  const winner = earlier.find((other) => takesAllOf(other, entry));
  if (winner === undefined) return null;
  return lintFinding({
    severity: 'error',
    kind: 'unreachable',
    message: `never fires: ${nameOf(winner)}, which comes earlier, takes every record that it would match`,
    hint: 'Move this entry before that one, or give that one a clause more.',
  });
}

function takesAllOf(winner: RuleEntry, entry: RuleEntry): boolean {
  const { minLevel: needed } = winner.classifier;
  const { minLevel: given } = entry.classifier;
  if (needed !== null && (given === null || compareLevels(given, needed) < 0)) return false;
  return winner.chain.every((clause) => entry.chain.some((own) => implies(own, clause)));
}

/** `entry 3 (slow-sync)`, or `entry 3` when it has no Id of its own. */
export function nameOf({ number, id }: RuleEntry): string {
  return id === `entry-${number}` ? `entry ${number}` : `entry ${number} (${id})`;
}
