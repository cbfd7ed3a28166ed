import { statusFromName, type Status } from '../../protocol/model.js';
import { DURATION_FORM, parseDuration } from './duration.js';
import type { JsonNode } from './json-source.js';
import type { Withdrawal } from '../matcher.js';
import { nearestName } from './near-miss.js';
import { ObjectReader } from './object-reader.js';
import type { Classifier, SubjectRule } from '../rule-set.js';

export const CLASSIFIER_MEMBERS = ['Context', 'Subject', 'Status', 'Score', 'Expires', 'Withdraws'];
const WITHDRAWS_MEMBERS = ['Contexts', 'Subjects'];
const STATUS_WORDS = ['na', 'healthy', 'pending', 'maybe_unhealthy', 'unhealthy', 'dying', 'dead'];
const MAX_SCORE = 100;

/** Reads a classifier; null, with the reasons among the problems, when it cannot be used. */
export function readClassifier(reader: ObjectReader): Classifier | null {
  const statusNode = reader.required('Status', 'string');
  const scoreNode = reader.required('Score', 'string', 'number');
  const status = statusNode === null ? null : readStatus(reader, statusNode);
  const score = scoreNode === null ? null : readScore(reader, scoreNode);
  const expiresMs = readExpires(reader);
  const withdraws = readWithdraws(reader);
  const context = reader.text('Context');
  const subject = readSubject(reader.text('Subject'));
  return status === null || score === null ? null : { context, subject, status, score, expiresMs, withdraws };
}

export function readStatus(reader: ObjectReader, node: Extract<JsonNode, { kind: 'string' }>): Status | null {
  const status = statusFromName(node.value);
  if (status !== undefined) return status;
  const near = nearestName(node.value, STATUS_WORDS);
  const hint = near === null ? '' : `; did you mean ${JSON.stringify(near)}?`;
  reader.error(
    node,
    `unknown Status ${JSON.stringify(node.value)}${hint} (known: ${STATUS_WORDS.join(', ')})`,
  );
  return null;
}

export function readScore(
  reader: ObjectReader,
  node: Extract<JsonNode, { kind: 'string' | 'number' }>,
): number | null {
  const text = node.kind === 'number' ? node.text : node.value;
  const isNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);
  const score = Number(text);
  if (isNumber && score >= 0 && score <= MAX_SCORE) return score;
  const reason = isNumber ? 'lies outside' : 'is no number from';
  reader.error(node, `Score ${JSON.stringify(text)} ${reason} 0 (worst) to ${MAX_SCORE}`);
  return null;
}

function readSubject(text: string): SubjectRule {
  if (text === '') return { kind: 'tag' };
  const isResult = text.length > 1 && text.startsWith('<') && text.endsWith('>');
  return isResult ? { kind: 'result', result: text.slice(1, -1) } : { kind: 'literal', name: text };
}

function readExpires(reader: ObjectReader): number | null {
  const node = reader.member('Expires', 'string');
  if (node === null) return null;
  const expiresMs = parseDuration(node.value);
  if (expiresMs === null) {
    reader.error(node, `Expires ${JSON.stringify(node.value)} is no duration: it is ${DURATION_FORM}`);
  }
  return expiresMs;
}

function readWithdraws(outer: ObjectReader): Withdrawal | null {
  const node = outer.member('Withdraws', 'object');
  if (node === null) return null;
  const reader = new ObjectReader(node, `${outer.part}, Withdraws`, WITHDRAWS_MEMBERS, outer.problems);
  const contexts = readTexts(reader, 'Contexts', 'a context');
  const subjects = reader.member('Subjects', 'string');
  const word = subjects?.value ?? 'same';
  if (word !== 'same' && word !== 'all') {
    reader.error(subjects ?? node, `Subjects is "same" or "all", not ${JSON.stringify(word)}`);
    return null;
  }
  return contexts === null ? null : { contexts, subjects: word };
}

/** A member that is a list of texts, at least one, none empty. */
export function readTexts(reader: ObjectReader, name: string, what: string): readonly string[] | null {
  const list = reader.required(name, 'array');
  if (list === null) return null;
  if (list.items.length === 0) reader.error(list, `${name} is empty; it has to hold ${what} at least`);
  const texts: string[] = [];
  for (const item of list.items) {
    if (item.kind === 'string' && item.value !== '') texts.push(item.value);
    else reader.error(item, `${name} may only hold texts that are not empty`);
  }
  return texts.length === list.items.length && texts.length > 0 ? texts : null;
}
