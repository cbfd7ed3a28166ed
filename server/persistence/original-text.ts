import type { Timestamp } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';

/** As the journal holds it. */
export type MetricRow = readonly [name: string, status: number, score: number];

const STATUSES: ReadonlyMap<string, number> = new Map(Object.entries(Status));

/**
 * One metric as the original writes it. A name may hold anything, so it ends where a status and a score
 * follow.
 */
const METRIC = /(.*?): (NA|HEALTHY|PENDING|MAYBE_UNHEALTHY|UNHEALTHY|DYING|DEAD), (-?\d+(?:\.\d+)?); ?/suy;

/** `Snapshot: UNHEALTHY, 20.0; Quorum: HEALTHY, 90.5; `; null when that is not all there is. */
export function parseOriginalMetrics(text: string): MetricRow[] | null {
  const metrics = new Map<string, MetricRow>();
  METRIC.lastIndex = 0;
  for (let end = 0; end < text.length; end = METRIC.lastIndex) {
    const [, name, status = '', score] = METRIC.exec(text) ?? [];
    const number = STATUSES.get(status);
    if (name === undefined || name === '' || number === undefined) return null;
    metrics.set(name, [name, number, Number(score)]);
  }
  return [...metrics.values()];
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?: ?(Z|UTC|[+-]\d\d:?\d\d)(?: UTC)?)?$/;

/** `2020-01-01 00:00:01.25+00:00`; without a zone it is UTC. Null when the text is no such time. */
export function parseOriginalTime(text: string): Timestamp | null {
  const [whole, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = TIME.exec(text) ?? [];
  if (whole === undefined) return null;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [years = 0, months = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts;
  const ms = Date.UTC(years, months - 1, days, hours, minutes, seconds);
  // A 31st of February would be a day in March.
  const isDate = new Date(ms).toISOString().startsWith(whole.slice(0, 10)) && hours < 24 && minutes < 60;
  if (!isDate || seconds > 59) return null;
  const [, sign, zoneHours, zoneMinutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const offset = sign === undefined ? 0 : (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60;
  return {
    seconds: ms / 1000 - (sign === '-' ? -offset : offset),
    nanos: Number(fraction.padEnd(9, '0')),
  };
}
