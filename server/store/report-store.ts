import type { Observation, Panorama, Report, Timestamp, View } from '../../protocol/model.js';
import { compareTimestamps, timestampToMillis } from '../../protocol/model.js';
import type { RetentionRule } from './retention.js';
import { retained } from './retention.js';

/** How many observations a view keeps when nothing else is said. */
export const DEFAULT_OBSERVATIONS_PER_VIEW = 10;

/** Observations of a view at most, however many metrics it has. */
const MAX_OBSERVATIONS = 64;

/**
 * What every observer said lately of every subject, and which subjects are watched. Observations of a
 * view stand in order of their time, those of one time in order of arrival, so that a late report never
 * takes the place of a newer one.
 */
export class ReportStore {
  readonly #panoramas = new Map<string, Map<string, Observation[]>>();
  readonly #watched = new Map<string, Timestamp>();
  /** Subject → metric → in how many of its observations. */
  readonly #metrics = new Map<string, Map<string, number>>();
  /** Observer → how many subjects it said something of. */
  readonly #observers = new Map<string, number>();
  #bytes = 0;

  /** `fullBytes`: from here on views grow no more, the new takes the place of the old. */
  constructor(
    private readonly observationsPerView = DEFAULT_OBSERVATIONS_PER_VIEW,
    private readonly fullBytes = Infinity,
  ) {}

  /** What all observations take, reckoned; within a factor of two of what they do. */
  get bytes(): number {
    return this.#bytes;
  }

  get watchedCount(): number {
    return this.#watched.size;
  }

  /** How many subjects something was said of, and how many observers said it. */
  get known(): { readonly subjects: number; readonly observers: number } {
    return { subjects: this.#panoramas.size, observers: this.#observers.size };
  }

  /** How many observers said something of the subject, and by how many metrics. */
  sizesOf(subject: string): { readonly observers: number; readonly metrics: number } {
    return {
      observers: this.#panoramas.get(subject)?.size ?? 0,
      metrics: this.#metrics.get(subject)?.size ?? 0,
    };
  }

  hasView(observer: string, subject: string): boolean {
    return this.#panoramas.get(subject)?.has(observer) ?? false;
  }

  hasMetric(name: string, subject: string): boolean {
    return this.#metrics.get(subject)?.has(name) ?? false;
  }

  /** Whether the subject was new on the watch list. */
  watch(subject: string, since: Timestamp): boolean {
    if (this.#watched.has(subject)) return false;
    this.#watched.set(subject, since);
    return true;
  }

  /** Takes the subject off the watch list and forgets its panorama; whether it was watched. */
  unwatch(subject: string): boolean {
    this.#forget(subject);
    return this.#watched.delete(subject);
  }

  isWatched(subject: string): boolean {
    return this.#watched.has(subject);
  }

  /** The watch list: subject → since when. */
  watched(): ReadonlyMap<string, Timestamp> {
    return this.#watched;
  }

  /** What was known of a subject before a restart, in place of what is known of it now. */
  restore({ subject, views }: Panorama): void {
    this.#forget(subject);
    const known = [...views].filter(([, { observations }]) => observations.length > 0);
    if (known.length === 0) return;
    for (const [observer, { observations }] of known) {
      this.#noteView(observer);
      for (const observation of observations) this.#note(subject, observation);
    }
    this.#panoramas.set(
      subject,
      new Map(known.map(([observer, { observations }]) => [observer, [...observations]])),
    );
  }

  add({ observer, subject, observation }: Report): void {
    let views = this.#panoramas.get(subject);
    if (views === undefined) {
      views = new Map();
      this.#panoramas.set(subject, views);
    }
    const isFull = this.#bytes >= this.fullBytes;
    this.#note(subject, observation);
    const observations = views.get(observer);
    if (observations === undefined) {
      views.set(observer, [observation]);
      this.#noteView(observer);
      return;
    }
    insert(observations, observation);
    if (isFull || observations.length > this.observationsPerView) {
      const dropped = dropOldest(observations);
      if (dropped !== undefined) this.#noteDropped(subject, dropped);
    }
  }

  /** Of every subject that something was said of. */
  *panoramas(): Iterable<Panorama> {
    for (const subject of this.#panoramas.keys()) {
      const panorama = this.panorama(subject);
      if (panorama !== undefined) yield panorama;
    }
  }

  /**
   * Whether the report would still be in its view after it was added: what came later may have overtaken it.
   * `rule`: drops what is too old; null: nothing is.
   */
  wouldKeep({ observer, subject, observation }: Report, rule: RetentionRule | null, nowMs: number): boolean {
    const view = [...(this.#panoramas.get(subject)?.get(observer) ?? [])];
    insert(view, observation);
    if (view.length > this.observationsPerView) dropOldest(view);
    if (!view.includes(observation)) return false;
    if (rule === null) return true;
    const times = view.map(({ time }) => timestampToMillis(time));
    return retained(times, rule, nowMs).includes(view.indexOf(observation));
  }

  /** Undefined when nothing was ever said of the subject. */
  panorama(subject: string): Panorama | undefined {
    const views = this.#panoramas.get(subject);
    if (views === undefined) return undefined;
    const entries = [...views].map(
      ([observer, observations]) => [observer, { observer, subject, observations }] as const,
    );
    return { subject, views: new Map(entries) };
  }

  view(observer: string, subject: string): View | undefined {
    const observations = this.#panoramas.get(subject)?.get(observer);
    return observations === undefined ? undefined : { observer, subject, observations };
  }

  /** The report with the newest time over all views of the subject. */
  latest(subject: string): Report | undefined {
    let latest: Report | undefined;
    for (const [observer, observations] of this.#panoramas.get(subject) ?? []) {
      const observation = observations.at(-1);
      if (observation === undefined) continue;
      if (latest === undefined || compareTimestamps(observation.time, latest.observation.time) > 0) {
        latest = { observer, subject, observation };
      }
    }
    return latest;
  }

  /** Every subject that something was said of. */
  subjects(): IterableIterator<string> {
    return this.#panoramas.keys();
  }

  /** Drops what is too old; the subjects that lost something. */
  collectGarbage(rule: RetentionRule, nowMs: number): string[] {
    const shrunk = new Set<string>();
    for (const [subject, views] of this.#panoramas) {
      for (const [observer, observations] of views) {
        const times = observations.map(({ time }) => timestampToMillis(time));
        // What is dropped is always the oldest of a view.
        const count = times.length - retained(times, rule, nowMs).length;
        if (count === 0) continue;
        shrunk.add(subject);
        for (const dropped of observations.slice(0, count)) this.#noteDropped(subject, dropped);
        if (count === observations.length) {
          views.delete(observer);
          this.#noteViewDropped(observer);
        } else observations.splice(0, count);
      }
      if (views.size === 0) this.#panoramas.delete(subject);
    }
    return [...shrunk];
  }

  #forget(subject: string): void {
    for (const [observer, observations] of this.#panoramas.get(subject) ?? []) {
      this.#noteViewDropped(observer);
      for (const observation of observations) this.#noteDropped(subject, observation);
    }
    this.#panoramas.delete(subject);
  }

  #noteView(observer: string): void {
    this.#observers.set(observer, (this.#observers.get(observer) ?? 0) + 1);
  }

  #noteViewDropped(observer: string): void {
    const left = (this.#observers.get(observer) ?? 1) - 1;
    if (left === 0) this.#observers.delete(observer);
    else this.#observers.set(observer, left);
  }

  #note(subject: string, observation: Observation): void {
    this.#bytes += bytesOf(observation);
    let metrics = this.#metrics.get(subject);
    if (metrics === undefined) {
      metrics = new Map();
      this.#metrics.set(subject, metrics);
    }
    for (const { name } of observation.metrics) metrics.set(name, (metrics.get(name) ?? 0) + 1);
  }

  #noteDropped(subject: string, observation: Observation): void {
    this.#bytes -= bytesOf(observation);
    const metrics = this.#metrics.get(subject);
    if (metrics === undefined) return;
    for (const { name } of observation.metrics) {
      const left = (metrics.get(name) ?? 1) - 1;
      if (left === 0) metrics.delete(name);
      else metrics.set(name, left);
    }
    if (metrics.size === 0) this.#metrics.delete(subject);
  }
}

/** Of the objects, and of each metric with its name. */
const OBSERVATION_BYTES = 160;
const METRIC_BYTES = 80;

function bytesOf({ metrics }: Observation): number {
  let bytes = OBSERVATION_BYTES;
  for (const { name } of metrics) bytes += METRIC_BYTES + name.length;
  return bytes;
}

/** Behind all that are not later. */
function insert(observations: Observation[], observation: Observation): void {
  let index = observations.length;
  for (; index > 0; index -= 1) {
    const before = observations[index - 1];
    if (before === undefined || compareTimestamps(before.time, observation.time) <= 0) break;
  }
  observations.splice(index, 0, observation);
}

/**
 * Drops the oldest observation that is not the last word on one of its metrics: otherwise an observer
 * that says much of one thing would take back what it said of another.
 */
function dropOldest(observations: Observation[]): Observation | undefined {
  const isSuperseded = ({ metrics }: Observation, index: number): boolean =>
    metrics.every(({ name }) =>
      observations.slice(index + 1).some((later) => later.metrics.some((metric) => metric.name === name)),
    );
  const index = observations.findIndex(isSuperseded);
  if (index !== -1) return observations.splice(index, 1)[0];
  return observations.length > MAX_OBSERVATIONS ? observations.shift() : undefined;
}
