import { groupIntoBranches } from './branches.js';
import type { RecordFields } from './matcher.js';
import { listElements, prepareClause } from './operators.js';
import { compilePattern, patternOf } from './pattern/pattern.js';
import { nearestName } from './loading/near-miss.js';
import { isAtLeast, levelFromName } from './log-level.js';
import type { Clause, RuleEntry, RuleSet } from './rule-set.js';

/** How a record fares with a rule set, clause by clause. */
export interface RecordExplanation {
  /** The entry that fires; null: none. */
  readonly fires: RuleEntry | null;
  /** The first branch whose first clause holds, which decides alone; null: none does. */
  readonly decidedBy: Clause | null;
  /** The entries of the deciding branch, and those of others that come near, the nearest first. */
  readonly entries: readonly EntryExplanation[];
}

export interface EntryExplanation {
  readonly entry: RuleEntry;
  readonly outcome:
    | 'fires'
    /** In the deciding branch, but a clause fails. */
    | 'clause-fails'
    /** All clauses hold, but an entry of the branch that comes before it has fired. */
    | 'too-late'
    /** All clauses hold, but an earlier branch has decided. */
    | 'not-reached'
    /** In another branch, and a clause fails. */
    | 'comes-near';
  readonly clauses: readonly ClauseExplanation[];
}

export interface ClauseExplanation {
  readonly clause: Clause;
  readonly holds: boolean;
  /** The field's text; null: the record has no such field, which tests as the empty text. */
  readonly value: string | null;
  /** Why it holds or does not, for people. */
  readonly reason: string;
  /** What it captured, by result name. */
  readonly captures: Readonly<Record<string, string>>;
}

/** How many entries of other branches are shown. */
const MAX_NEAR = 5;
/** From this part of a pattern on that is found, an entry comes near. */
const NEAR = 0.4;
/** What most plugins call the message itself. */
const MESSAGE = 'content';

/** Explains what each entry that could be meant makes of the record. For people, not for speed. */
export function explainRecord(ruleSet: RuleSet, fields: RecordFields): RecordExplanation {
  const branches = groupIntoBranches(ruleSet.entries);
  const deciding = branches.find(({ head }) => explainClause(head, fields).holds);
  const shown: EntryExplanation[] = [];
  let fires: RuleEntry | null = null;
  for (const entry of deciding?.bodies ?? []) {
    const clauses = explainEntry(entry, fields);
    const holds = clauses.every((clause) => clause.holds);
    const outcome = !holds ? 'clause-fails' : fires === null ? 'fires' : 'too-late';
    if (outcome === 'fires') fires = entry;
    shown.push({ entry, outcome, clauses });
  }
  const others: { nearness: number; explained: EntryExplanation }[] = [];
  for (const branch of branches) {
    if (branch === deciding) continue;
    for (const entry of branch.bodies) {
      const nearness = nearnessOf(entry, fields);
      if (nearness < NEAR) continue;
      const clauses = explainEntry(entry, fields);
      const outcome = clauses.every(({ holds }) => holds) ? 'not-reached' : 'comes-near';
      others.push({ nearness, explained: { entry, outcome, clauses } });
    }
  }
  others.sort((a, b) => b.nearness - a.nearness);
  return {
    fires,
    decidedBy: deciding?.head ?? null,
    entries: [...shown, ...others.slice(0, MAX_NEAR).map(({ explained }) => explained)],
  };
}

function explainEntry({ chain, classifier }: RuleEntry, fields: RecordFields): ClauseExplanation[] {
  const clauses = chain.map((clause) => explainClause(clause, fields));
  const { minLevel } = classifier;
  if (minLevel === null) return clauses;
  const level = fields['level'] ?? null;
  const holds = isAtLeast(level ?? '', minLevel);
  const known = levelFromName(level ?? '') === undefined ? ' (not a level that is known)' : '';
  const reason = `the level ${quote(level ?? '')}${known} is ${holds ? 'not below' : 'below'} ${minLevel}`;
  const clause: Clause = {
    field: 'level',
    operator: '==',
    pattern: `at least ${minLevel}`,
    captureResult: false,
  };
  return [...clauses, { clause, holds, value: level, reason, captures: {} }];
}

/** One clause on the record's field, with the reason in words. */
export function explainClause(clause: Clause, fields: RecordFields): ClauseExplanation {
  const value = Object.hasOwn(fields, clause.field) ? (fields[clause.field] ?? null) : null;
  const captures = prepareClause(clause)(value ?? '');
  const holds = captures !== null;
  const missing = value === null ? 'the record has no such field, so the empty text is tested: ' : '';
  const reason = missing + (holds ? whyHolds(clause, value ?? '') : whyFails(clause, value ?? ''));
  return { clause, holds, value, reason, captures: Object.fromEntries(captures ?? []) };
}

function whyHolds({ operator, pattern }: Clause, value: string): string {
  switch (operator) {
    case '==':
      return 'equal';
    case '!=':
      return `${quote(value)} is another text`;
    case '!~':
      return `not found in ${quote(value)}`;
    case '(-':
      return `${quote(value)} is in the list`;
    case '~':
      return `found: ${quote(foundText(pattern, value))}`;
    case '(~': {
      const element = listElements(pattern).find((one) => patternOf(one).tester.test(value)) ?? '';
      return `${quote(element)} is found: ${quote(foundText(element, value))}`;
    }
  }
}

function whyFails({ operator, pattern }: Clause, value: string): string {
  switch (operator) {
    case '==':
      return describeDifference(pattern, value);
    case '!=':
      return `it is ${quote(pattern)}`;
    case '!~':
      return `found, and must not be: ${quote(foundText(pattern, value))}`;
    case '(-': {
      const near = nearestName(value, listElements(pattern));
      return `${quote(value)} is not in the list${near === null ? '' : `; the nearest in it is ${quote(near)}`}`;
    }
    case '~':
      return describeMiss(pattern, value);
    case '(~': {
      const [best] = listElements(pattern)
        .map((element) => ({ element, share: longestFound(element, value)?.share ?? 0 }))
        .filter(({ share }) => share > 0)
        .sort((a, b) => b.share - a.share);
      const nearest =
        best === undefined
          ? ''
          : `; the nearest is ${quote(best.element)}: ${describeMiss(best.element, value)}`;
      return `none of the list is found${nearest}`;
    }
  }
}

function describeDifference(wanted: string, value: string): string {
  if (wanted.toLowerCase() === value.toLowerCase()) return `${quote(value)} differs in case`;
  if (wanted.trim() === value.trim()) return `${quote(value)} differs in blanks at an end`;
  return `it is ${quote(value)}`;
}

function foundText(pattern: string, value: string): string {
  return patternOf(pattern).capturer.exec(value)?.[0] ?? '';
}

function describeMiss(pattern: string, value: string): string {
  const found = longestFound(pattern, value);
  if (found === null) return `not found in ${quote(value)}`;
  const rest = pattern.slice(found.part.length);
  const after = value.slice(found.end);
  const goesOn = after === '' ? 'then the text ends' : `then the text goes on with ${quote(after)}`;
  return `${quote(found.part)} is found, ${goesOn} where ${quote(rest)} is wanted`;
}

interface PartFound {
  /** The longest beginning of the pattern that is found. */
  readonly part: string;
  /** How much of the pattern it is, 0 to 1. */
  readonly share: number;
  /** Where in the value it ends. */
  readonly end: number;
}

/** The longest beginning of a pattern, cut where it is still a pattern, that is found; null: none worth telling. */
function longestFound(pattern: string, value: string): PartFound | null {
  for (let length = pattern.length - 1; length > 2; length--) {
    const part = pattern.slice(0, length);
    // A cut within an escape, or right behind a |, means something else.
    if (/(?:^|[^\\])(?:\\\\)*\\$|\|$|\{[\d,]*$/.test(part)) continue;
    const compiled = compilePattern(part);
    if (compiled.kind === 'invalid') continue;
    const match = compiled.pattern.capturer.exec(value);
    if (match === null || match[0] === '') continue;
    return { part, share: length / pattern.length, end: match.index + match[0].length };
  }
  return null;
}

/** 0: nothing of the entry fits; 1: all of it. */
function nearnessOf({ chain }: RuleEntry, fields: RecordFields): number {
  const telling = chain.filter(({ operator }) => operator !== '!=' && operator !== '!~');
  let sum = 0;
  let foundInSearches = 0;
  let searches = 0;
  for (const clause of telling) {
    const share = shareOf(clause, Object.hasOwn(fields, clause.field) ? (fields[clause.field] ?? '') : '');
    sum += share;
    if (clause.operator !== '~' && clause.operator !== '(~') continue;
    searches += 1;
    foundInSearches = Math.max(foundInSearches, share === 1 && clause.field !== MESSAGE ? 0 : share);
  }
  // A class or a thread has many messages: without a piece of the message nothing comes near.
  const searchesMessage = telling.some(({ field, operator }) => field === MESSAGE && operator !== '==');
  if (searches > 0 && searchesMessage && foundInSearches === 0) return 0;
  return telling.length === 0 ? 0 : sum / telling.length;
}

/** How much of one clause the value fulfils, 0 to 1. */
function shareOf(clause: Clause, value: string): number {
  if (prepareClause(clause)(value) !== null) return 1;
  if (clause.operator !== '~' && clause.operator !== '(~') return 0;
  const patterns = clause.operator === '~' ? [clause.pattern] : listElements(clause.pattern);
  const shares = patterns.map((pattern) =>
    sharesWords(pattern, value) ? (longestFound(pattern, value)?.share ?? 0) : 0,
  );
  return Math.max(0, ...shares);
}

/** Cheap look ahead: compiling every beginning of every pattern would take long. */
function sharesWords(pattern: string, value: string): boolean {
  const words = pattern.match(/[A-Za-z]{4,}/g) ?? [];
  return words.length === 0 || words.some((word) => value.includes(word));
}

const MOST_SHOWN = 160;

function quote(text: string): string {
  return JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text);
}
