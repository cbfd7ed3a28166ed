import type { UncheckedReport } from '../../protocol/codec.js';
import type { Metric, Report, Timestamp } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import { HviewError } from '../../runtime/errors.js';

/** Names of observers, subjects, modules and metrics; bytes of UTF-8. */
export const MAX_NAME_BYTES = 256;

export const MAX_METRICS = 64;

/** 0001-01-01 and 9999-12-31, between which a protobuf timestamp lies; seconds since 1970 UTC. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

function refuse(field: string, what: string): never {
  throw new HviewError('REQUEST_INVALID', `${field} ${what}`);
}

/** The name, if it is one; throws REQUEST_INVALID that tells the field. */
export function checkName(name: string, field: string): string {
  if (name === '') refuse(field, 'is empty');
  // As a key of the maps on the wire it would get lost.
  if (name === '__proto__') refuse(field, 'is __proto__');
  // A UTF-16 unit takes at most three bytes of UTF-8, so most names need no count.
  if (name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES) {
    refuse(field, `is longer than ${MAX_NAME_BYTES} bytes`);
  }
  // The database would end the name there and take two names for one.
  if (name.includes('\0')) refuse(field, 'holds a zero byte');
  return name;
}

/** Checks each name once, however often it appears. For one request: it keeps all that it was asked. */
export class NameChecks {
  readonly #known = new Set<string>();

  check(name: string, field: string): void {
    if (this.#known.has(name)) return;
    checkName(name, field);
    this.#known.add(name);
  }
}

/** For a request with few names. */
const EACH_TIME = { check: (name: string, field: string): void => void checkName(name, field) };

export function checkTime(time: Timestamp, field: string): Timestamp {
  const isTime =
    time.seconds >= FIRST_SECOND && time.seconds <= LAST_SECOND && time.nanos >= 0 && time.nanos < 1e9;
  return isTime ? time : refuse(field, 'is no time between the years 1 and 9999');
}

/** The subject of a (un)subscription, whose report may lack all else. */
export function checkSubject(report: UncheckedReport | null): string {
  return checkName((report ?? refuse('report', 'is missing')).subject, 'report.subject');
}

/** The report, if it is whole; throws REQUEST_INVALID that tells the field. */
export function checkReport(
  report: UncheckedReport | null,
  names: Pick<NameChecks, 'check'> = EACH_TIME,
): Report {
  assertReport(report, names);
  return report;
}

/** As checkReport. It is the same object that comes in and is kept: at this place each one more counts. */
export function assertReport(
  report: UncheckedReport | null,
  names: Pick<NameChecks, 'check'>,
): asserts report is Report {
  if (report === null) return refuse('report', 'is missing');
  const { observer, subject, observation } = report;
  names.check(observer, 'report.observer');
  names.check(subject, 'report.subject');
  if (observation === null) return refuse('report.observation.ts', 'is missing');
  checkTime(observation.time, 'report.observation.ts');
  const { metrics } = observation;
  if (metrics.length > MAX_METRICS) {
    return refuse('report.observation.metrics', `has more than ${MAX_METRICS} entries`);
  }
  metrics.forEach((metric, index) => {
    checkMetric(metric, names);
    for (let before = 0; before < index; before += 1) {
      if (metrics[before]?.name === metric.name)
        refuse(`report.observation.metrics["${metric.name}"]`, 'appears twice');
    }
  });
}

function checkMetric({ name, status, score }: Metric, names: Pick<NameChecks, 'check'>): void {
  names.check(name, 'report.observation.metrics: a name');
  if (status === Status.INVALID) refuse(`report.observation.metrics["${name}"].value.status`, 'is INVALID');
  if (!Number.isFinite(score)) refuse(`report.observation.metrics["${name}"].value.score`, `is ${score}`);
}
