import { statusFromName, type Status } from '../../protocol/model.js';
import { DURATION_FORM, parseDuration } from './duration.js';
import type { JsonNode } from './json-source.js';
import { nearestName } from './near-miss.js';
import type { ObjectReader } from './object-reader.js';

const STATUS_WORDS = ['na', 'healthy', 'pending', 'maybe_unhealthy', 'unhealthy', 'dying', 'dead'];
const MAX_SCORE = 100;

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

/** The members Status and Score, which have to be there; null, with the reasons, when one is not good. */
export function readStatusAndScore(reader: ObjectReader): { status: Status; score: number } | null {
  const statusNode = reader.required('Status', 'string');
  const scoreNode = reader.required('Score', 'string', 'number');
  const status = statusNode === null ? null : readStatus(reader, statusNode);
  const score = scoreNode === null ? null : readScore(reader, scoreNode);
  return status === null || score === null ? null : { status, score };
}

/** Milliseconds of a member that is a duration; null when it is absent, or wrong and so reported. */
export function readDuration(reader: ObjectReader, name: string): number | null {
  const node = reader.member(name, 'string');
  return node === null ? null : durationOf(reader, name, node);
}

/** As `readDuration`, and an error when the member is absent. */
export function requiredDuration(reader: ObjectReader, name: string): number | null {
  const node = reader.required(name, 'string');
  return node === null ? null : durationOf(reader, name, node);
}

function durationOf(
  reader: ObjectReader,
  name: string,
  node: Extract<JsonNode, { kind: 'string' }>,
): number | null {
  const durationMs = parseDuration(node.value);
  if (durationMs === null) {
    reader.error(node, `${name} ${JSON.stringify(node.value)} is no duration: it is ${DURATION_FORM}`);
  }
  return durationMs;
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
