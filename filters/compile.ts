import { groupIntoBranches, type Branch } from './branches.js';
import { compileClause, fieldValue, levelClause, type CompiledClause } from './compiled-clause.js';
import { HeadIndex } from './head-index.js';
import { literalsOfEntries } from './entry-literals.js';
import { lengthOfTime } from './loading/duration.js';
import type { Match, Matcher, MatchSubject, RecordFields } from './matcher.js';
import { listElements } from './operators.js';
import { patternOf } from './pattern/pattern.js';
import { resultName, type Clause, type RuleEntry, type RuleSet } from './rule-set.js';

/** The field that holds a record's continuation lines, known only once the next record has begun. */
const DETAIL = 'detail';

/** Turns a checked rule set into a fast matcher. The rule set must not change afterwards. */
export function compileRuleSet(ruleSet: RuleSet): Matcher {
  return new CompiledMatcher(ruleSet);
}

interface CompiledBranch {
  readonly head: CompiledClause;
  readonly bodies: readonly CompiledBody[];
  readonly readsDetail: boolean;
}

interface CompiledBody {
  /** The clauses after the head. */
  readonly clauses: readonly CompiledClause[];
  readonly readsDetail: boolean;
  /** The match, complete but for what is captured, so that most matches need no new object. */
  readonly match: Match;
  readonly subjectSource: ResultSource | null;
  /** The captured length of a pause. */
  readonly lastedSource: ResultSource | null;
}

class CompiledMatcher implements Matcher {
  readonly knownSubjectsOnly: boolean;
  readonly #branches: readonly CompiledBranch[];
  readonly #heads: HeadIndex;
  readonly #hasDetailHead: boolean;
  readonly #readsDetail: boolean;
  readonly #entries: readonly RuleEntry[];

  constructor(ruleSet: RuleSet) {
    const branches = groupIntoBranches(ruleSet.entries);
    this.knownSubjectsOnly = ruleSet.knownSubjectsOnly;
    this.#entries = ruleSet.entries;
    this.#branches = branches.map(compileBranch);
    this.#heads = new HeadIndex(branches.map((branch) => branch.head));
    this.#hasDetailHead = this.#branches.some((branch) => branch.head.field === DETAIL);
    this.#readsDetail = this.#hasDetailHead || this.#branches.some((branch) => branch.readsDetail);
  }

  match(fields: RecordFields): Match | null {
    const branch = this.#branches[this.#heads.find(fields)];
    if (branch === undefined) return null;
    for (const body of branch.bodies) {
      if (allHold(body.clauses, fields)) return matchOf(body, fields);
    }
    return null;
  }

  needsDetail(fields: RecordFields): boolean {
    if (!this.#readsDetail) return false;
    if (this.#hasDetailHead) return this.#mayChange(fields);
    const branch = this.#branches[this.#heads.find(fields)];
    return branch?.readsDetail === true && outcomeWithoutDetail(branch, fields) === 'open';
  }

  literals(verbatimFields: readonly string[]): readonly string[] | null {
    return literalsOfEntries(
      this.#entries,
      verbatimFields.filter((field) => field !== DETAIL),
    );
  }

  /** Follows the branches in order, not knowing what `detail` holds. */
  #mayChange(fields: RecordFields): boolean {
    let mayHaveEnded = false;
    for (const branch of this.#branches) {
      const isOpenHead = branch.head.field === DETAIL;
      if (!isOpenHead && !branch.head.holds(fieldValue(fields, branch.head.field))) continue;
      const outcome = outcomeWithoutDetail(branch, fields);
      if (!isOpenHead) return outcome === 'open' || (outcome === 'match' && mayHaveEnded);
      // If this head holds, one of its bodies may match; if none can, the record would end here.
      if (outcome !== 'none') return true;
      mayHaveEnded = true;
    }
    return false;
  }
}

/** What the branch makes of a record when its head holds and `detail` may be anything. */
function outcomeWithoutDetail(branch: CompiledBranch, fields: RecordFields): 'match' | 'none' | 'open' {
  for (const body of branch.bodies) {
    const holds = body.clauses.every(
      (clause) => clause.field === DETAIL || clause.holds(fieldValue(fields, clause.field)),
    );
    if (holds) return body.readsDetail ? 'open' : 'match';
  }
  return 'none';
}

function compileBranch({ head, bodies }: Branch): CompiledBranch {
  const compiled = bodies.map(compileBody);
  return {
    head: compileClause(head),
    bodies: compiled,
    readsDetail: compiled.some((body) => body.readsDetail),
  };
}

function compileBody(entry: RuleEntry): CompiledBody {
  const { context, subject, status, score, expiresMs, withdraws, deadline, escalate, pause, minLevel } =
    entry.classifier;
  const fixedSubject: MatchSubject =
    subject.kind === 'literal' ? { kind: 'token', token: subject.name } : { kind: 'tag' };
  const clauses = entry.chain.slice(1).map(compileClause);
  if (minLevel !== null) clauses.unshift(levelClause(minLevel));
  const rule = Object.freeze({ id: entry.id, why: entry.why });
  return {
    clauses,
    readsDetail: clauses.some((clause) => clause.field === DETAIL),
    match: Object.freeze({
      rule,
      subject: Object.freeze(fixedSubject),
      context,
      status,
      score,
      expiresMs,
      withdraws,
      deadline,
      escalate,
      pause:
        pause === null
          ? null
          : Object.freeze({
              lastedMs: pause.lasted.kind === 'fixed' ? pause.lasted.lastedMs : 0,
              distrustMs: pause.distrustMs,
            }),
    }),
    subjectSource: subject.kind === 'result' ? resultSource(entry.chain, subject.result) : null,
    lastedSource: pause?.lasted.kind === 'result' ? resultSource(entry.chain, pause.lasted.result) : null,
  };
}

function allHold(clauses: readonly CompiledClause[], fields: RecordFields): boolean {
  for (const clause of clauses) {
    if (!clause.holds(fieldValue(fields, clause.field))) return false;
  }
  return true;
}

function matchOf({ match, subjectSource, lastedSource }: CompiledBody, fields: RecordFields): Match {
  const token = subjectSource === null ? '' : subjectSource(fields);
  const named: Match = token === '' ? match : { ...match, subject: { kind: 'token', token } };
  if (lastedSource === null || match.pause === null) return named;
  return { ...named, pause: { ...match.pause, lastedMs: lengthOfTime(lastedSource(fields)) } };
}

/** Gives a result's text for a record that fulfils the chain; empty when nothing was captured. */
type ResultSource = (fields: RecordFields) => string;

/** Only captures that the match needs are ever taken, and only from records that match. */
function resultSource(chain: readonly Clause[], result: string): ResultSource | null {
  const sources = chain.map((clause) => captureSource(clause, result)).filter((source) => source !== null);
  if (sources.length === 0) return null;
  return (fields) => {
    // A later clause overrides an earlier one, even with an empty text.
    for (let index = sources.length - 1; index >= 0; index--) {
      const captured = sources[index]?.(fields);
      if (captured !== undefined) return captured;
    }
    return '';
  };
}

/** What one clause captures as `result`; undefined when the pattern that matched has no such group. */
function captureSource(
  clause: Clause,
  result: string,
): ((fields: RecordFields) => string | undefined) | null {
  const isSearch = clause.operator === '~' || clause.operator === '(~';
  if (!clause.captureResult || !isSearch) return null;
  const texts = clause.operator === '~' ? [clause.pattern] : listElements(clause.pattern);
  const alternatives = texts.map(patternOf).map(({ tree, capturer }) => {
    const group = [...tree.groupNames].find(([name]) => resultName(clause.field, name) === result);
    return { capturer, group: group?.[1] };
  });
  if (alternatives.every(({ group }) => group === undefined)) return null;
  return (fields) => {
    const value = fieldValue(fields, clause.field);
    for (const { capturer, group } of alternatives) {
      const match = capturer.exec(value);
      if (match !== null) return group === undefined ? undefined : (match[group] ?? '');
    }
    return undefined;
  };
}
