import type { Report } from '../protocol/model.js';
import { Status, statusFromName, timestampFromMillis } from '../protocol/model.js';
import { HviewError } from '../runtime/errors.js';

/** What is said of a subject at one time. */
export interface Statement {
  readonly subject: string;
  /** The context in which the subject was met. */
  readonly metric: string;
  readonly status: Status;
  /** 0 (worst) to 100. */
  readonly score: number;
  /** Milliseconds since 1970 UTC. */
  readonly timeMs: number;
}

/** The score of a statement that is given none. */
const DEFAULT_SCORES: Readonly<Record<Status, number>> = {
  [Status.INVALID]: 0,
  [Status.NA]: 0,
  [Status.HEALTHY]: 100,
  [Status.PENDING]: 60,
  [Status.MAYBE_UNHEALTHY]: 50,
  [Status.UNHEALTHY]: 20,
  [Status.DYING]: 10,
  [Status.DEAD]: 0,
};

/** Bytes of UTF-8 that an aggregator takes as a name. */
const MAX_NAME_BYTES = 256;

function refuse(message: string): never {
  throw new HviewError('USAGE', message);
}

/** The name, if an aggregator takes it; throws USAGE that tells the field. */
export function checkName(name: unknown, field: string): string {
  if (typeof name !== 'string') return refuse(`${field} is ${describe(name)}, not a text`);
  if (name === '') return refuse(`${field} is empty`);
  if (name === '__proto__' || name.includes('\0')) return refuse(`${field} is ${JSON.stringify(name)}`);
  // A UTF-16 unit takes at most three bytes of UTF-8, so most names need no count.
  if (name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return refuse(`${field} is longer than ${MAX_NAME_BYTES} bytes: ${name.slice(0, 40)}...`);
  }
  return name;
}

/** The status of that name, in any case; throws USAGE. */
export function checkStatus(name: unknown): Status {
  const status = typeof name === 'string' ? statusFromName(name) : undefined;
  if (status !== undefined) return status;
  return refuse(
    `the status is ${describe(name)}, not one of NA, HEALTHY, PENDING, MAYBE_UNHEALTHY, UNHEALTHY, DYING, DEAD`,
  );
}

/** The score, or the usual one of the status when none is given; throws USAGE. */
export function checkScore(score: unknown, status: Status): number {
  if (score === undefined) return DEFAULT_SCORES[status];
  if (typeof score === 'number' && score >= 0 && score <= 100) return score;
  return refuse(`the score is ${describe(score)}, not a number from 0 to 100`);
}

/** Longer than that a timer cannot wait, milliseconds. */
const MAX_NUMBER = 2 ** 31 - 1;

/** The number, if it is from the least to what a timer can hold; throws USAGE. */
export function checkNumber(value: unknown, field: string, least: number): number {
  if (typeof value === 'number' && value >= least && value <= MAX_NUMBER) return value;
  return refuse(`${field} is ${describe(value)}, not a number from ${least} to ${MAX_NUMBER}`);
}

/** A value in a message, cut to a length that a log bears; never throws. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}

export function reportOf(observer: string, { subject, metric, status, score, timeMs }: Statement): Report {
  const time = timestampFromMillis(timeMs);
  return { observer, subject, observation: { time, metrics: [{ name: metric, status, score }] } };
}

/** One text for a subject and a metric; neither holds a zero byte. */
export function keyOf(subject: string, metric: string): string {
  return `${subject}\0${metric}`;
}
