import { clauseKey, groupIntoBranches } from '../branches.js';
import { parseList } from '../list-text.js';
import { compilePattern } from '../pattern/pattern.js';
import { resultName, type Clause, type RuleEntry } from '../rule-set.js';

export interface Remark {
  readonly entry: RuleEntry;
  readonly message: string;
}

/** What is allowed but cannot be meant: entries that never fire, subjects that nothing captures. */
export function lintRuleSet(entries: readonly RuleEntry[]): readonly Remark[] {
  return [...shadowedBranches(entries), ...shadowedBodies(entries), ...unknownResults(entries)].sort(
    (a, b) => a.entry.number - b.entry.number,
  );
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
      const winner = earlier.find((other) => other.clauses.every((clause) => clauses.includes(clause)));
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

function* unknownResults(entries: readonly RuleEntry[]): Generator<Remark> {
  for (const entry of entries) {
    const { subject } = entry.classifier;
    if (subject.kind !== 'result') continue;
    const captured = entry.chain.flatMap(resultsOf);
    if (captured.includes(subject.result)) continue;
    const known =
      captured.length === 0 ? 'its clauses capture nothing' : `its clauses capture ${captured.join(', ')}`;
    yield {
      entry,
      message: `Subject <${subject.result}> is always empty, so the tag's subject is taken: ${known}`,
    };
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
