import { clauseKey, groupIntoBranches } from '../branches.js';
import { parseList } from '../list-text.js';
import { compareLevels } from '../log-level.js';
import { compilePattern } from '../pattern/pattern.js';
import { resultName, type Clause, type RuleEntry } from '../rule-set.js';

export interface Remark {
  readonly entry: RuleEntry;
  readonly message: string;
}

/** What is allowed but cannot be meant: entries that never fire, subjects that nothing captures. */
export function lintRuleSet(entries: readonly RuleEntry[]): readonly Remark[] {
  return [
    ...shadowedBranches(entries),
    ...shadowedBodies(entries),
    ...unknownResults(entries),
    ...unresolvedOperations(entries),
  ].sort((a, b) => a.entry.number - b.entry.number);
}

/** Two heads that differ in CaptureResult only: whatever the second matches, the first has decided. */
function* shadowedBranches(entries: readonly RuleEntry[]): Generator<Remark> {
  const first = new Map<string, RuleEntry>();
  for (const { head, bodies } of groupIntoBranches(entries)) {
    const [entry] = bodies;
    if (entry === undefined) continue;
    const key = clauseKey({ ...head, captureResult: false });
    const other = first.get(key);
    if (other === undefined) first.set(key, entry);
    else {
      const message =
        `never fires: its first clause differs from that of entry ${other.number} only in CaptureResult, ` +
        'so that entry decides first; write both first clauses alike';
      yield { entry, message };
    }
  }
}

/** A body all of whose records an earlier body of the branch takes, because it asks for no more. */
function* shadowedBodies(entries: readonly RuleEntry[]): Generator<Remark> {
  for (const { bodies } of groupIntoBranches(entries)) {
    const earlier: { entry: RuleEntry; clauses: readonly string[] }[] = [];
    for (const entry of bodies) {
      const clauses = entry.chain.map((clause) => clauseKey({ ...clause, captureResult: false }));
      const winner = earlier.find(
        (other) =>
          asksNoHigherLevel(other.entry, entry) && other.clauses.every((clause) => clauses.includes(clause)),
      );
      if (winner !== undefined) {
        yield {
          entry,
          message: `never fires: entry ${winner.entry.number} takes every record that it would match`,
        };
      }
      earlier.push({ entry, clauses });
    }
  }
}

function asksNoHigherLevel(a: RuleEntry, b: RuleEntry): boolean {
  const [levelOfA, levelOfB] = [a.classifier.minLevel, b.classifier.minLevel];
  return levelOfA === null || (levelOfB !== null && compareLevels(levelOfA, levelOfB) <= 0);
}

function* unknownResults(entries: readonly RuleEntry[]): Generator<Remark> {
  for (const entry of entries) {
    const { subject, pause } = entry.classifier;
    const captured = entry.chain.flatMap(resultsOf);
    const known =
      captured.length === 0 ? 'its clauses capture nothing' : `its clauses capture ${captured.join(', ')}`;
    if (subject.kind === 'result' && !captured.includes(subject.result)) {
      yield {
        entry,
        message: `Subject <${subject.result}> is always empty, so the tag's subject is taken: ${known}`,
      };
    }
    if (pause?.lasted.kind === 'result' && !captured.includes(pause.lasted.result)) {
      const { result } = pause.lasted;
      yield { entry, message: `Lasted <${result}> is always empty, so no time before counts: ${known}` };
    }
  }
}

/** Deadlines that are always missed, because no entry tells the good end. */
function* unresolvedOperations(entries: readonly RuleEntry[]): Generator<Remark> {
  const tellsOf = ({ classifier }: RuleEntry, context: string): boolean =>
    classifier.context === context || classifier.context === '';
  for (const entry of entries) {
    const { deadline, context } = entry.classifier;
    if (deadline === null || context === '') continue;
    const isResolved = entries.some(
      (other) =>
        (other !== entry && tellsOf(other, context)) ||
        other.classifier.withdraws?.contexts.includes(context) === true,
    );
    if (!isResolved) {
      yield { entry, message: `its Deadline is always missed: no other entry speaks of ${context}` };
    }
  }
}

function resultsOf(clause: Clause): readonly string[] {
  if (!clause.captureResult) return [];
  const list = parseList(clause.pattern);
  const texts =
    clause.operator === '~'
      ? [clause.pattern]
      : clause.operator === '(~' && list.kind === 'parsed'
        ? list.elements.map((element) => element.text)
        : [];
  return texts.flatMap((text) => {
    const compiled = compilePattern(text);
    const groups = compiled.kind === 'compiled' ? [...compiled.pattern.tree.groupNames.keys()] : [];
    return groups.map((group) => resultName(clause.field, group));
  });
}
