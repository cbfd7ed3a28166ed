import { readDeadline, readEscalation, readMinLevel, readPause } from './read-extensions.js';
import { readDuration, readStatusAndScore, readTexts } from './read-values.js';
import type { Withdrawal } from '../matcher.js';
import { ObjectReader } from './object-reader.js';
import type { Classifier, SubjectRule } from '../rule-set.js';

export const CLASSIFIER_MEMBERS = [
  'Context',
  'Subject',
  'Status',
  'Score',
  'MinLevel',
  'Expires',
  'Withdraws',
  'Deadline',
  'Escalate',
  'Pause',
];
const WITHDRAWS_MEMBERS = ['Contexts', 'Subjects'];

/** Reads a classifier; null, with the reasons among the problems, when it cannot be used. */
export function readClassifier(reader: ObjectReader): Classifier | null {
  const said = readStatusAndScore(reader);
  const status = said?.status ?? null;
  const extensions = {
    minLevel: readMinLevel(reader),
    expiresMs: readDuration(reader, 'Expires'),
    withdraws: readWithdraws(reader),
    deadline: readDeadline(reader, status),
    escalate: readEscalation(reader, status),
    pause: readPause(reader),
  };
  const context = reader.text('Context');
  const subject = readSubject(reader.text('Subject'));
  return said === null ? null : { context, subject, ...said, ...extensions };
}

function readSubject(text: string): SubjectRule {
  if (text === '') return { kind: 'tag' };
  const isResult = text.length > 1 && text.startsWith('<') && text.endsWith('>');
  return isResult ? { kind: 'result', result: text.slice(1, -1) } : { kind: 'literal', name: text };
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
