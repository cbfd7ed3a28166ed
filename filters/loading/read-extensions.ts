import { Status, statusName } from '../../protocol/model.js';
import { DURATION_FORM, parseLength } from './duration.js';
import type { JsonNode } from './json-source.js';
import { LEVEL_NAMES, levelFromName, type LogLevel } from '../log-level.js';
import type { Deadline, EscalationStep } from '../matcher.js';
import { nearestName } from './near-miss.js';
import { ObjectReader } from './object-reader.js';
import { readStatusAndScore, requiredDuration } from './read-values.js';
import type { LastedRule, PauseRule } from '../rule-set.js';

const DEADLINE_MEMBERS = ['After', 'Status', 'Score'];
const STEP_MEMBERS = ['Count', 'Within', 'Status', 'Score'];
const PAUSE_MEMBERS = ['Lasted', 'Distrust'];

/** So many times are remembered of each repeated finding. */
const MAX_COUNT = 1000;

/** The lowest level at which the entry fires; null: any. */
export function readMinLevel(reader: ObjectReader): LogLevel | null {
  const node = reader.member('MinLevel', 'string');
  if (node === null) return null;
  const level = levelFromName(node.value);
  if (level !== undefined) return level;
  const near = nearestName(node.value, LEVEL_NAMES);
  const hint = near === null ? '' : `; did you mean ${JSON.stringify(near)}?`;
  reader.error(
    node,
    `unknown MinLevel ${JSON.stringify(node.value)}${hint} (known: ${LEVEL_NAMES.join(', ')})`,
  );
  return null;
}

/** `status`: the entry's own; null when it could not be read. */
export function readDeadline(outer: ObjectReader, status: Status | null): Deadline | null {
  const node = outer.member('Deadline', 'object');
  if (node === null) return null;
  const reader = new ObjectReader(node, `${outer.part}, Deadline`, DEADLINE_MEMBERS, outer.problems);
  const afterMs = requiredDuration(reader, 'After');
  const said = readStatusAndScore(reader);
  if (status !== null && status !== Status.PENDING) {
    reader.error(
      node,
      `only what is pending can miss a deadline, and the entry's Status is ${wordOf(status)}`,
    );
  }
  if (said !== null && said.status <= Status.PENDING) {
    const at = reader.raw('Status') ?? node;
    reader.error(at, `Status has to be worse than pending, not ${wordOf(said.status)}`);
  }
  return afterMs === null || said === null ? null : { afterMs, ...said };
}

/** `status`: the entry's own; null when it could not be read. */
export function readEscalation(outer: ObjectReader, status: Status | null): readonly EscalationStep[] | null {
  const list = outer.member('Escalate', 'array');
  if (list === null) return null;
  if (list.items.length === 0) outer.error(list, 'Escalate is empty; it has to hold a step at least');
  const steps: EscalationStep[] = [];
  for (const [index, node] of list.items.entries()) {
    const part = `${outer.part}, Escalate step ${index + 1}`;
    const reader = ObjectReader.open(node, part, STEP_MEMBERS, outer.problems);
    const step = reader === null ? null : readStep(reader);
    if (reader === null || step === null) continue;
    const before = steps.at(-1);
    checkRise(reader, step, before?.count ?? 1, before?.status ?? status);
    steps.push(step);
  }
  return steps.length === 0 ? null : steps;
}

function readStep(reader: ObjectReader): EscalationStep | null {
  const node = reader.required('Count', 'number');
  const withinMs = requiredDuration(reader, 'Within');
  const said = readStatusAndScore(reader);
  const count = node?.value ?? 0;
  if (node !== null && !(Number.isInteger(count) && count >= 2 && count <= MAX_COUNT)) {
    reader.error(node, `Count ${node.text} has to be a whole number from 2 to ${MAX_COUNT}`);
    return null;
  }
  return node === null || withinMs === null || said === null ? null : { count, withinMs, ...said };
}

/** A step has to ask for more than what stands before it, and must not say anything better. */
function checkRise(reader: ObjectReader, step: EscalationStep, count: number, status: Status | null): void {
  const countNode = reader.raw('Count') ?? reader.node;
  if (step.count <= count && count > 1) {
    reader.error(countNode, `Count ${step.count} has to be more than the ${count} of the step before`);
  }
  if (status !== null && step.status < status) {
    const at = reader.raw('Status') ?? reader.node;
    reader.error(at, `Status ${wordOf(step.status)} is better than the ${wordOf(status)} before it`);
  }
}

export function readPause(outer: ObjectReader): PauseRule | null {
  const node = outer.member('Pause', 'object');
  if (node === null) return null;
  const reader = new ObjectReader(node, `${outer.part}, Pause`, PAUSE_MEMBERS, outer.problems);
  const lastedNode = reader.member('Lasted', 'string');
  const lasted = lastedNode === null ? UNKNOWN_LENGTH : readLasted(reader, lastedNode);
  const distrustMs = requiredDuration(reader, 'Distrust');
  return distrustMs === null || lasted === null ? null : { lasted, distrustMs };
}

const UNKNOWN_LENGTH: LastedRule = { kind: 'fixed', lastedMs: 0 };

function readLasted(reader: ObjectReader, node: Extract<JsonNode, { kind: 'string' }>): LastedRule | null {
  const text = node.value;
  if (text.length > 2 && text.startsWith('<') && text.endsWith('>')) {
    return { kind: 'result', result: text.slice(1, -1) };
  }
  const lastedMs = parseLength(text);
  if (lastedMs !== null) return { kind: 'fixed', lastedMs };
  reader.error(
    node,
    `Lasted ${JSON.stringify(text)} is neither a captured result such as <content_ms> nor a duration: ` +
      `that is ${DURATION_FORM}`,
  );
  return null;
}

function wordOf(status: Status): string {
  return statusName(status).toLowerCase();
}
