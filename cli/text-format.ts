/** How the client prints what an aggregator holds: the original's text, byte for byte. */
import type { Inference, Metric, Observation, Panorama, Report, Timestamp, View } from '../protocol/model.js';
import { statusName } from '../protocol/model.js';

/** Names with numbers in their natural order: `peer@2` before `peer@10`. */
export function compareNaturally(a: string, b: string): number {
  return NATURAL_ORDER.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

const NATURAL_ORDER = new Intl.Collator('en', { numeric: true });

/** `2017-05-21T08:00:39.367278005Z`: the second's fraction as far as it goes, as Go prints a time. */
export function formatTimestamp(time: Timestamp): string {
  return `${isoSeconds(time.seconds)}${fraction(time.nanos)}Z`;
}

/** `2017-05-21 08:00:39.367133633 +0000 UTC`: the other way in which Go prints a time. */
export function formatGoTime(time: Timestamp): string {
  return `${isoSeconds(time.seconds).replace('T', ' ')}${fraction(time.nanos)} +0000 UTC`;
}

function fraction(nanos: number): string {
  const digits = String(nanos).padStart(9, '0').replace(/0+$/, '');
  return digits === '' ? '' : `.${digits}`;
}

function isoSeconds(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds}s` : date.toISOString().slice(0, 19);
}

/** `2017-05-19T17:16:25Z { SyncThread: UNHEALTHY, 20.0; }`; metrics in alphabetical order. */
export function formatObservation(observation: Observation): string {
  if (observation.metrics.length === 0) return '{}';
  const metrics = byName(observation.metrics).map(
    ({ name, status, score }) => `${name}: ${statusName(status)}, ${formatScore(score)}; `,
  );
  return `${formatTimestamp(observation.time)} { ${metrics.join('')}}`;
}

/** One digit after the point; a tie goes to the even digit, as in C and Go. */
function formatScore(score: number): string {
  const tenths = score * 10;
  const below = Math.floor(tenths);
  return tenths - below === 0.5 ? ((below + (below % 2)) / 10).toFixed(1) : score.toFixed(1);
}

/** One line an observation; ends with a line feed when there is any. */
export function formatView(view: View): string {
  return view.observations
    .map((observation) => `  |${view.observer}| ${formatObservation(observation)}\n`)
    .join('');
}

export function formatPanorama(panorama: Panorama): string {
  return [...panorama.views]
    .sort(([a], [b]) => compareNaturally(a, b))
    .map(([observer, view]) => {
      const count = view.observations.length;
      return `[[... ${observer}->${panorama.subject} (${count} observations) ...]]\n${formatView(view)}`;
    })
    .join('');
}

/** `[peer@9 peer@10] ==> peer@1: ...` */
export function formatInference(inference: Inference): string {
  const observers = [...inference.observers].sort(compareNaturally).join(' ');
  return `[${observers}] ==> ${inference.subject}: ${formatObservation(inference.observation)}`;
}

/** A report in protobuf's one-line text format, as the original's client shows it. */
export function formatReport(report: Report): string {
  const { observer, subject, observation } = report;
  return [
    observer === '' ? '' : `observer:${quote(observer)} `,
    subject === '' ? '' : `subject:${quote(subject)} `,
    `observation:<ts:<${field('seconds', observation.time.seconds)}${field('nanos', observation.time.nanos)}> `,
    ...byName(observation.metrics).map(formatMetric),
    '>',
  ].join('');
}

function formatMetric({ name, status, score }: Metric): string {
  const value = `${status === 0 ? '' : `status:${statusName(status)} `}${field('score', shortestFloat(score))}`;
  return `metrics:<key:${quote(name)} value:<name:${quote(name)} value:<${value}> > > `;
}

/** Fields of value zero are left out, as proto3 does. */
function field(name: string, value: number): string {
  return value === 0 ? '' : `${name}:${value} `;
}

/** The shortest decimal that stands for the same 32-bit float, which is what travels on the wire. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === Math.fround(value)) return candidate;
  }
  return value;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function byName(metrics: readonly Metric[]): readonly Metric[] {
  return [...metrics].sort((a, b) => (a.name < b.name ? -1 : 1));
}
