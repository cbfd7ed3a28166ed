import type { Report } from '../../protocol/model.js';

/** What is kept at most. */
export interface StoreLimits {
  /** Subjects on the watch list, observers among them; and registrations. */
  readonly subjects: number;
  /** Observers that said something of one subject. */
  readonly observersPerSubject: number;
  /** Metrics by which one subject is known, over all observers. */
  readonly metricsPerSubject: number;
  /** What all observations take, in bytes as they are reckoned. */
  readonly bytes: number;
}

export const DEFAULT_STORE_LIMITS: StoreLimits = {
  // Several times what a thousand machines have to say; with all their words it stays below the last limit.
  subjects: 100_000,
  observersPerSubject: 1000,
  metricsPerSubject: 256,
  bytes: 512 * 1024 * 1024,
};

/** What is asked of the store. */
export interface StoreSizes {
  /** Subjects that are watched. */
  readonly watchedCount: number;
  readonly bytes: number;
  isWatched(subject: string): boolean;
  /** Observers and metrics of a subject that something was said of. */
  sizesOf(subject: string): { readonly observers: number; readonly metrics: number };
  hasView(observer: string, subject: string): boolean;
  hasMetric(name: string, subject: string): boolean;
}

/** What is on its way into the store of one subject, and new there. */
interface Arriving {
  reports: number;
  readonly observers: Set<string>;
  readonly metrics: Set<string>;
}

/**
 * Whether there is room in the store for what a report brings that is new: a subject, an observer of it, a
 * metric. What is under way to the journal counts already. News of what is known always has room.
 */
export class StoreRoom {
  readonly #store: StoreSizes;
  readonly #limits: StoreLimits;
  readonly #arriving = new Map<string, Arriving>();
  /** Names that are on their way onto the watch list, and how often. */
  readonly #joining = new Map<string, number>();

  constructor(store: StoreSizes, limits: StoreLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  /** Why there is no room for one more name on the watch list; null: there is. */
  refuseName(name: string): string | null {
    const { watchedCount, bytes } = this.#store;
    const { subjects, bytes: most } = this.#limits;
    if (this.#store.isWatched(name) || this.#joining.has(name)) return null;
    if (watchedCount + this.#joining.size >= subjects)
      return `limit of ${subjects} subjects reached: there is no room for ${JSON.stringify(name)}`;
    if (bytes >= most) return this.#full(JSON.stringify(name));
    return null;
  }

  /** Why there is no room for what the report brings; null: there is. */
  refuse({ observer, subject, observation }: Report): string | null {
    const { observersPerSubject, metricsPerSubject, bytes } = this.#limits;
    const store = this.#store;
    const name = this.refuseName(subject);
    if (name !== null) return name;
    const arriving = this.#arriving.get(subject);
    const isNewObserver = !store.hasView(observer, subject) && arriving?.observers.has(observer) !== true;
    let newMetrics = 0;
    for (const metric of observation.metrics)
      if (!store.hasMetric(metric.name, subject) && arriving?.metrics.has(metric.name) !== true)
        newMetrics += 1;
    if (!isNewObserver && newMetrics === 0) return null;
    const of = JSON.stringify(subject);
    if (store.bytes >= bytes) return this.#full(of);
    const { observers, metrics } = store.sizesOf(subject);
    if (isNewObserver && observers + (arriving?.observers.size ?? 0) >= observersPerSubject)
      return `limit of ${observersPerSubject} observers of one subject reached by ${of}`;
    if (newMetrics > 0 && metrics + (arriving?.metrics.size ?? 0) + newMetrics > metricsPerSubject)
      return `limit of ${metricsPerSubject} metrics of one subject reached by ${of}`;
    return null;
  }

  /** Keeps room for a report that was not refused, until the function that it returns is called. */
  keep({ observer, subject, observation }: Report): () => void {
    const store = this.#store;
    const isNewObserver = !store.hasView(observer, subject);
    const metrics = observation.metrics.filter(({ name }) => !store.hasMetric(name, subject));
    const leaveName = this.keepName(subject);
    if (!isNewObserver && metrics.length === 0) return leaveName;
    const arriving = this.#arriving.get(subject) ?? { reports: 0, observers: new Set(), metrics: new Set() };
    this.#arriving.set(subject, arriving);
    arriving.reports += 1;
    if (isNewObserver) arriving.observers.add(observer);
    for (const { name } of metrics) arriving.metrics.add(name);
    return () => {
      leaveName();
      arriving.reports -= 1;
      if (arriving.reports === 0) this.#arriving.delete(subject);
    };
  }

  /** Likewise for a name on the watch list. */
  keepName(name: string): () => void {
    if (this.#store.isWatched(name)) return nothing;
    this.#joining.set(name, (this.#joining.get(name) ?? 0) + 1);
    return () => {
      const left = (this.#joining.get(name) ?? 1) - 1;
      if (left === 0) this.#joining.delete(name);
      else this.#joining.set(name, left);
    };
  }

  #full(what: string): string {
    const megabytes = Math.round(this.#limits.bytes / (1024 * 1024));
    return `limit of ${megabytes} MB for all observations reached: there is no room for more of ${what}`;
  }
}

function nothing(): void {
  // There was nothing to keep room for.
}
