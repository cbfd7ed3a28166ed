import { offsetInString, type JsonNode } from './json-source.js';
import { parseList, type ListElement } from '../list-text.js';
import { nearestName } from './near-miss.js';
import type { ObjectReader } from './object-reader.js';
import { compilePattern } from '../pattern/pattern.js';
import { findBacktrackingRisk } from '../pattern/pattern-risk.js';
import { OPERATORS, type Clause, type Operator } from '../rule-set.js';

type JsonString = Extract<JsonNode, { kind: 'string' }>;

export const CLAUSE_MEMBERS = ['Field', 'Operator', 'Pattern', 'CaptureResult'];

/** What people write who know other languages. */
const OPERATOR_ALIASES: Readonly<Record<string, Operator>> = {
  '=': '==',
  '===': '==',
  eq: '==',
  is: '==',
  '!==': '!=',
  '<>': '!=',
  ne: '!=',
  '=~': '~',
  '~=': '~',
  '~~': '~',
  match: '~',
  matches: '~',
  regex: '~',
  contains: '~',
  in: '(-',
  '-(': '(-',
  '(-)': '(-',
  '(=': '(-',
  '~(': '(~',
  '(~)': '(~',
  '~!': '!~',
  '!=~': '!~',
  '!~~': '!~',
  '!match': '!~',
};

/** Reads one clause; null, with the reasons among the problems, when it cannot be used. */
export function readClause(reader: ObjectReader): Clause | null {
  const field = reader.required('Field', 'string');
  const operatorNode = reader.required('Operator', 'string');
  const pattern = reader.required('Pattern', 'string');
  const captureResult = reader.flag('CaptureResult');
  if (field?.value === '') reader.error(field, 'Field is empty; it names what to test, such as content');
  const operator = operatorNode === null ? null : readOperator(reader, operatorNode);
  if (operator === null || pattern === null || field === null) return null;
  checkPattern(reader, operator, pattern, captureResult);
  return { field: field.value, operator, pattern: pattern.value, captureResult };
}

function readOperator(reader: ObjectReader, node: JsonString): Operator | null {
  const operator = OPERATORS.find((candidate) => candidate === node.value);
  if (operator !== undefined) return operator;
  const word = node.value.trim().toLowerCase();
  const alias = Object.hasOwn(OPERATOR_ALIASES, word) ? OPERATOR_ALIASES[word] : undefined;
  const meant = alias ?? (word === '' ? null : nearestName(word, OPERATORS));
  const hint = meant === null ? '' : `; did you mean ${JSON.stringify(meant)}?`;
  reader.error(
    node,
    `unknown Operator ${JSON.stringify(node.value)}${hint} (known: ${OPERATORS.join('  ')})`,
  );
  return null;
}

function checkPattern(
  reader: ObjectReader,
  operator: Operator,
  node: JsonString,
  captureResult: boolean,
): void {
  const captures = operator === '~' || operator === '(~';
  if (captureResult && !captures) {
    reader.warn(node, `CaptureResult has no effect with ${operator}; only ~ and (~ capture`);
  }
  const elements = operator === '(-' || operator === '(~' ? readList(reader, node) : wholePattern(node);
  if (elements === null || (!captures && operator !== '!~')) return;
  let groupCount = 0;
  for (const element of elements) groupCount += checkRegex(reader, node, element) ?? Infinity;
  if (captureResult && captures && groupCount === 0) {
    reader.warn(node, 'CaptureResult captures nothing: the Pattern has no named group such as (?P<host>...)');
  }
}

function wholePattern(node: JsonString): readonly ListElement[] {
  return [{ text: node.value, position: 0 }];
}

function readList(reader: ObjectReader, node: JsonString): readonly ListElement[] | null {
  const list = parseList(node.value);
  if (list.kind === 'parsed') return list.elements;
  reportAt(reader, node, list.fault.position, `Pattern is not a list: ${list.fault.message}`);
  return null;
}

/** Number of named groups; null when the pattern is wrong. */
function checkRegex(reader: ObjectReader, node: JsonString, element: ListElement): number | null {
  const compiled = compilePattern(element.text);
  if (compiled.kind === 'invalid') {
    const { message, position } = compiled.fault;
    const column = `column ${position + 1} of ${JSON.stringify(element.text)}`;
    reportAt(
      reader,
      node,
      element.position + position,
      `Pattern is no regular expression: ${message} (${column})`,
    );
    return null;
  }
  const risk = findBacktrackingRisk(compiled.pattern.tree.root);
  if (risk !== null) {
    const offset = offsetInString(reader.problems.text, node, element.position + risk.position);
    reader.problems.warn(
      offset,
      reader.part,
      'this repetition can split a text in very many ways, so a line that nearly matches may take very long; ' +
        'make its parts tell each other apart, as (\\w+\\s)* does where (\\w+\\s?)* does not',
    );
  }
  return compiled.pattern.tree.groupNames.size;
}

function reportAt(reader: ObjectReader, node: JsonString, index: number, message: string): void {
  reader.problems.error(offsetInString(reader.problems.text, node, index), reader.part, message);
}
