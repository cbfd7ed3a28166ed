/**
 * The nouns of the domain as plain data, free of wire details. Everything that speaks of health
 * (rules, plugins, agent, aggregator, client) uses these; only codec.ts knows the wire's shape.
 */

/** Health of a subject, ordered from good to bad: of two statuses the higher number is the worse. */
export const Status = {
  INVALID: 0,
  NA: 1,
  HEALTHY: 2,
  PENDING: 3,
  MAYBE_UNHEALTHY: 4,
  UNHEALTHY: 5,
  DYING: 6,
  DEAD: 7,
} as const;
export type Status = (typeof Status)[keyof typeof Status];
export type StatusName = keyof typeof Status;

const STATUS_NAMES = Object.keys(Status) as StatusName[];

/** The name of a status; a number that no status has gives `INVALID`. */
export function statusName(status: number): StatusName {
  return STATUS_NAMES[status] ?? 'INVALID';
}

/** The status named so, in any case, or undefined. `INVALID` is not a status that one may name. */
export function statusFromName(name: string): Status | undefined {
  const upper = name.toUpperCase();
  return upper !== 'INVALID' && isStatusName(upper) ? Status[upper] : undefined;
}

function isStatusName(name: string): name is StatusName {
  return (STATUS_NAMES as string[]).includes(name);
}

/** A point in time: whole seconds since 1970 UTC and 0 to 999,999,999 nanoseconds on top of them. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

/** `millis`: milliseconds since 1970 UTC, whole or not. */
export function timestampFromMillis(millis: number): Timestamp {
  const seconds = Math.floor(millis / 1000);
  return { seconds, nanos: Math.round((millis - seconds * 1000) * 1e6) };
}

/** Milliseconds since 1970 UTC, with what lies below a millisecond as the fraction. */
export function timestampToMillis(time: Timestamp): number {
  return time.seconds * 1000 + time.nanos / 1e6;
}

/** Negative when a is earlier than b, 0 when equal, positive when later. */
export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}

/** One statement on a subject. `name` is the context in which it was met, `score` 0 (worst) to 100. */
export interface Metric {
  readonly name: string;
  readonly status: Status;
  readonly score: number;
}

/** What was seen at one time; at least one metric, names unique. */
export interface Observation {
  readonly time: Timestamp;
  readonly metrics: readonly Metric[];
}

export interface Report {
  readonly observer: string;
  readonly subject: string;
  readonly observation: Observation;
}

/** What one observer said lately of one subject, in order of arrival. */
export interface View {
  readonly observer: string;
  readonly subject: string;
  readonly observations: readonly Observation[];
}

/** All views of one subject; key: observer. */
export interface Panorama {
  readonly subject: string;
  readonly views: ReadonlyMap<string, View>;
}

/** A panorama summed up: per metric one status and score, and the observers that contributed. */
export interface Inference {
  readonly subject: string;
  readonly observers: readonly string[];
  readonly observation: Observation;
}

/** An aggregator as its peers know it; `address` is host:port. */
export interface Peer {
  readonly id: string;
  readonly address: string;
}

/** The worst status among an observation's metrics; NA when there are none. */
export function worstStatus(observation: Observation): Status {
  let worst: Status = Status.NA;
  for (const metric of observation.metrics) if (metric.status > worst) worst = metric.status;
  return worst;
}
