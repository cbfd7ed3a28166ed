import { HviewError } from '../runtime/errors.js';
import { parseList, type ListElement } from './list-text.js';
import { patternOf, type Pattern } from './pattern/pattern.js';
import { resultName, type Clause, type Operator } from './rule-set.js';

/** Results by name that a clause captured; empty when it holds without capturing. */
export type Captures = ReadonlyMap<string, string>;

/** Tests a field's value: null when the clause does not hold. */
export type ClauseTest = (value: string) => Captures | null;

const NOTHING: Captures = new Map();

/** What each operator means, one small function each; `prepareClause` picks one. */
const OPERATOR_TESTS: Readonly<Record<Operator, (clause: Clause) => ClauseTest>> = {
  '==': (clause) => (value) => (value === clause.pattern ? NOTHING : null),

  '!=': (clause) => (value) => (value !== clause.pattern ? NOTHING : null),

  '~': (clause) => {
    const pattern = patternOf(clause.pattern);
    return (value) => search(clause, pattern, value);
  },

  '!~': (clause) => {
    const { tester } = patternOf(clause.pattern);
    return (value) => (tester.test(value) ? null : NOTHING);
  },

  '(-': (clause) => {
    const elements = listElements(clause.pattern);
    return (value) => (elements.includes(value) ? NOTHING : null);
  },

  '(~': (clause) => {
    const patterns = listElements(clause.pattern).map(patternOf);
    return (value) => {
      for (const pattern of patterns) {
        const captures = search(clause, pattern, value);
        if (captures !== null) return captures;
      }
      return null;
    };
  },
};

/** The clause as a test. Throws INTERNAL when the clause has not been checked by the loader. */
export function prepareClause(clause: Clause): ClauseTest {
  return OPERATOR_TESTS[clause.operator](clause);
}

/** The regular expressions that a clause tests with. */
export function searchesOf({ operator, pattern }: Clause): readonly string[] {
  if (operator === '~' || operator === '!~') return [pattern];
  return operator === '(~' ? listElements(pattern) : [];
}

/** The elements of a clause's list. Throws INTERNAL when the loader has not checked it. */
export function listElements(text: string): readonly string[] {
  const list = parseList(text);
  if (list.kind === 'invalid') {
    throw new HviewError('INTERNAL', `list ${JSON.stringify(text)} was not checked: ${list.fault.message}`);
  }
  return list.elements.map((element: ListElement) => element.text);
}

function search(clause: Clause, pattern: Pattern, value: string): Captures | null {
  const match = pattern.capturer.exec(value);
  if (match === null) return null;
  if (!clause.captureResult) return NOTHING;
  const captures = new Map<string, string>();
  for (const [group, index] of pattern.tree.groupNames) {
    captures.set(resultName(clause.field, group), match[index] ?? '');
  }
  return captures;
}
