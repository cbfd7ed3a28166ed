import { HviewError } from '../runtime/errors.js';
import { parseJson, type JsonNode } from './loading/json-source.js';
import { ObjectReader, ProblemList } from './loading/object-reader.js';
import { CLASSIFIER_MEMBERS, readClassifier } from './loading/read-classifier.js';
import { CLAUSE_MEMBERS, readClause } from './loading/read-clause.js';
import { readExamples } from './loading/read-examples.js';
import { lintRuleSet } from './loading/rule-set-lint.js';
import {
  describeProblem,
  type Clause,
  type RuleEntry,
  type RuleSet,
  type RuleSetProblem,
} from './rule-set.js';

const FILE_MEMBERS = ['FilterTree', '$schema', 'Plugin', 'Description', 'KnownSubjectsOnly'];
const ENTRY_MEMBERS = ['Id', 'Why', 'Versions', 'Chain', 'Classifier', 'Examples'];

/** More than this many errors in one message help nobody. */
const MAX_ERRORS_SHOWN = 50;

export type RuleSetReading =
  | { readonly kind: 'read'; readonly ruleSet: RuleSet }
  | {
      readonly kind: 'invalid';
      readonly errors: readonly RuleSetProblem[];
      readonly warnings: readonly RuleSetProblem[];
    };

/**
 * The rule set that `text` holds. Throws FILTER_INVALID with every error of the file, each with line,
 * column, entry and clause. `source` is the file's path, for messages.
 */
export function loadRuleSet(text: string, source: string): RuleSet {
  const reading = readRuleSet(text, source);
  if (reading.kind === 'read') return reading.ruleSet;
  const lines = reading.errors.slice(0, MAX_ERRORS_SHOWN).map((error) => describeProblem(source, error));
  if (reading.errors.length > MAX_ERRORS_SHOWN)
    lines.push(`and ${reading.errors.length - MAX_ERRORS_SHOWN} more`);
  const [only] = lines;
  const message =
    lines.length === 1 && only !== undefined
      ? `filter ${only}`
      : `filter ${source} has ${reading.errors.length} errors\n  ${lines.join('\n  ')}`;
  throw new HviewError('FILTER_INVALID', message, {
    hint: 'Correct the filter file; nothing of it is in use yet.',
  });
}

/** The same, with what is wrong as a value. */
export function readRuleSet(text: string, source: string): RuleSetReading {
  const problems = new ProblemList(text);
  const json = parseJson(text);
  if (json.kind === 'invalid') {
    problems.error(json.offset, '', `not valid JSON: ${json.message}`);
    return { kind: 'invalid', ...problems.sorted() };
  }
  const ruleSet = readFile(json.root, source, problems);
  const { errors, warnings } = problems.sorted();
  if (ruleSet === null || errors.length > 0) return { kind: 'invalid', errors, warnings };
  return { kind: 'read', ruleSet: { ...ruleSet, warnings } };
}

function readFile(root: JsonNode, source: string, problems: ProblemList): RuleSet | null {
  const reader = ObjectReader.open(root, '', FILE_MEMBERS, problems);
  if (reader === null) return null;
  reader.member('$schema', 'string');
  const plugin = reader.member('Plugin', 'string')?.value ?? null;
  const description = reader.text('Description');
  const knownSubjectsOnly = reader.flag('KnownSubjectsOnly');
  const tree = reader.required('FilterTree', 'array');
  if (tree === null) return null;
  if (tree.items.length === 0) reader.warn(tree, 'FilterTree is empty, so nothing will ever be reported');
  const nodes = tree.items;
  const read = nodes.map((node, index) => readEntry(node, index + 1, problems));
  const entries = read.filter((entry) => entry !== null);
  checkIds(nodes, problems);
  const offsetOf = (entry: RuleEntry): number => nodes[entry.number - 1]?.start ?? 0;
  for (const { entry, message } of lintRuleSet(entries)) {
    problems.warn(offsetOf(entry), partName(entry.number, entry.id), message);
  }
  return { source, plugin, description, knownSubjectsOnly, entries, warnings: [] };
}

/** `entry 3 (slow-sync)`, or `entry 3` when it has no Id of its own. */
function partName(number: number, id: string): string {
  return id === '' || id === automaticId(number) ? `entry ${number}` : `entry ${number} (${id})`;
}

function automaticId(number: number): string {
  return `entry-${number}`;
}

function readEntry(node: JsonNode, number: number, problems: ProblemList): RuleEntry | null {
  const part = partName(number, givenId(node));
  const reader = ObjectReader.open(node, part, ENTRY_MEMBERS, problems);
  if (reader === null) return null;
  const idNode = reader.member('Id', 'string');
  if (idNode?.value === '') reader.error(idNode, 'Id is empty; leave it out or give the entry a name');
  const chain = readChain(reader);
  const classifierNode = reader.required('Classifier', 'object');
  const classifier =
    classifierNode === null
      ? null
      : readClassifier(new ObjectReader(classifierNode, `${part}, Classifier`, CLASSIFIER_MEMBERS, problems));
  const texts = { why: reader.text('Why'), versions: reader.text('Versions') };
  const examples = readExamples(reader);
  if (chain === null || classifier === null) return null;
  return { number, id: idNode?.value ?? automaticId(number), ...texts, chain, classifier, examples };
}

/** The entry's Id before it has been checked, so that all its messages can name it. */
function givenId(node: JsonNode): string {
  if (node.kind !== 'object') return '';
  const id = node.members.find(({ name }) => name.toLowerCase() === 'id')?.value;
  return id?.kind === 'string' ? id.value : '';
}

function readChain(entry: ObjectReader): readonly Clause[] | null {
  const list = entry.required('Chain', 'array');
  if (list === null) return null;
  if (list.items.length === 0) entry.error(list, 'Chain is empty; it needs at least one clause');
  const clauses = list.items.map((node, index) => {
    const part = `${entry.part}, clause ${index + 1}`;
    const reader = ObjectReader.open(node, part, CLAUSE_MEMBERS, entry.problems);
    return reader === null ? null : readClause(reader);
  });
  const usable = clauses.filter((clause) => clause !== null);
  return usable.length > 0 && usable.length === clauses.length ? usable : null;
}

function checkIds(nodes: readonly JsonNode[], problems: ProblemList): void {
  const numbers = new Map<string, number>();
  for (const [index, node] of nodes.entries()) {
    const number = index + 1;
    const id = givenId(node) || automaticId(number);
    const other = numbers.get(id);
    if (other === undefined) numbers.set(id, number);
    else
      problems.error(
        node.start,
        partName(number, id),
        `Id ${JSON.stringify(id)} is that of entry ${other} too`,
      );
  }
}
