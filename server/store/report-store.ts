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

  constructor(private readonly observationsPerView = DEFAULT_OBSERVATIONS_PER_VIEW) {}

  /** Whether the subject was new on the watch list. */
  watch(subject: string, since: Timestamp): boolean {
    if (this.#watched.has(subject)) return false;
    this.#watched.set(subject, since);
    return true;
  }

  /** Takes the subject off the watch list and forgets its panorama; whether it was watched. */
  unwatch(subject: string): boolean {
    this.#panoramas.delete(subject);
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
    this.#panoramas.delete(subject);
    const known = [...views].filter(([, { observations }]) => observations.length > 0);
    if (known.length === 0) return;
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
    const observations = views.get(observer);
    if (observations === undefined) {
      views.set(observer, [observation]);
      return;
    }
    let index = observations.length;
    for (; index > 0; index -= 1) {
      const before = observations[index - 1];
      if (before === undefined || compareTimestamps(before.time, observation.time) <= 0) break;
    }
    observations.splice(index, 0, observation);
    if (observations.length > this.observationsPerView) dropOldest(observations);
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
        if (count === observations.length) views.delete(observer);
        else observations.splice(0, count);
      }
      if (views.size === 0) this.#panoramas.delete(subject);
    }
    return [...shrunk];
  }
}

/**
 * Drops the oldest observation that is not the last word on one of its metrics: otherwise an observer
 * that says much of one thing would take back what it said of another.
 */
function dropOldest(observations: Observation[]): void {
  const isSuperseded = ({ metrics }: Observation, index: number): boolean =>
    metrics.every(({ name }) =>
      observations.slice(index + 1).some((later) => later.metrics.some((metric) => metric.name === name)),
    );
  const index = observations.findIndex(isSuperseded);
  if (index !== -1) observations.splice(index, 1);
  else if (observations.length > MAX_OBSERVATIONS) observations.shift();
}
