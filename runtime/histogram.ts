import type { MetricValueWithName } from 'prom-client';
import { Histogram } from 'prom-client';

/** What a histogram is made of. */
export interface HistogramParts {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, rising; one for all that is larger is added. */
  readonly buckets: readonly number[];
}

/** What the package turns into text. */
interface PlainMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'histogram';
  /** How those of several processes are put together. */
  readonly aggregator: 'sum';
  readonly values: readonly MetricValueWithName<string>[];
}

/** Counts one value. */
export type Observe = (value: number) => void;

/**
 * How often something was how large, by its labels. Who counts holds on to the function for its labels: a value
 * then costs a look for its bucket, and no look for its labels, which takes as long as a small call does.
 */
export class LabelledHistogram extends Histogram {
  readonly #parts: HistogramParts;
  readonly #series = new Map<string, Series>();

  constructor(parts: HistogramParts) {
    super({ name: parts.name, help: parts.help, labelNames: [...parts.labels], registers: [] });
    this.#parts = parts;
    // Without labels there is one, and it is there before anything was counted.
    if (parts.labels.length === 0) this.series();
  }

  /** What counts for the values of the labels, in the order in which they were named. */
  series(...values: readonly string[]): Observe {
    const key = values.join('\n');
    const { labels, buckets } = this.#parts;
    const known = this.#series.get(key);
    if (known !== undefined) return known.observe;
    const series = new Series(
      Object.fromEntries(labels.map((name, index) => [name, values[index] ?? ''])),
      buckets,
    );
    this.#series.set(key, series);
    return series.observe;
  }

  /** What the registry asks for, and `get` with it. */
  getForPromString(): Promise<PlainMetric> {
    const { name, help } = this.#parts;
    const values = [...this.#series.values()].flatMap((series) => series.values(name));
    return Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values });
  }
}

class Series {
  readonly observe: Observe = (value) => {
    let bucket = 0;
    // Few, and most values are in the first ones.
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? Infinity)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  };
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(
    private readonly labels: Readonly<Record<string, string>>,
    private readonly bounds: readonly number[],
  ) {
    this.#counts = new Float64Array(bounds.length + 1);
  }

  values(name: string): MetricValueWithName<string>[] {
    let count = 0;
    const buckets = [...this.#counts].map((more, index) => {
      count += more;
      const le = this.bounds[index] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le, ...this.labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: this.labels, value: this.#sum },
      { metricName: `${name}_count`, labels: this.labels, value: count },
    ];
  }
}
