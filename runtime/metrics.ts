import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { LabelledHistogram } from './histogram.js';
import type { HttpRoute } from './http-server.js';

/** A value of a metric, with the values of its labels in the order in which they were named. */
export type Sample = readonly [value: number, ...labels: readonly string[]];

/** What a metric is called and what it says. */
export interface MetricName {
  /** With its unit at the end: `_seconds`, `_bytes`; for what only grows, `_total`. */
  readonly name: string;
  readonly help: string;
  /** Names of its labels; default none. */
  readonly labels?: readonly string[];
}

/** Of the package's own: named like counters, which they are not. */
const IMPROPER = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/**
 * The figures of a program for Prometheus. Most are read from its accounts when somebody asks; those of the
 * process itself (memory, processor, event loop) are there too.
 */
export class Metrics {
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    for (const name of IMPROPER) this.#registry.removeSingleMetric(name);
  }

  /** What goes up and down. */
  gauge(metric: MetricName, read: () => Iterable<Sample>): void {
    const { name, help, labels = [] } = metric;
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [value, ...values] of read()) this.set(labelled(labels, values), value);
      },
    });
  }

  /** What only grows, until the program is started again. */
  counter(metric: MetricName, read: () => Iterable<Sample>): void {
    const { name, help, labels = [] } = metric;
    new Counter({
      name,
      help,
      labelNames: [...labels],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [value, ...values] of read()) this.inc(labelled(labels, values), value);
      },
    });
  }

  /** How often something was how large; `buckets` are upper bounds, rising. */
  histogram(metric: MetricName, buckets: readonly number[]): LabelledHistogram {
    const histogram = new LabelledHistogram({ labels: [], ...metric, buckets });
    this.#registry.registerMetric(histogram);
    return histogram;
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** `GET /metrics`. `text`: for a program that has to gather its figures first. */
  route(text: () => Promise<string> = () => this.text()): HttpRoute {
    return {
      method: 'GET',
      path: '/metrics',
      access: 'query',
      handle: async (_, response) => {
        const answer = await text();
        response.writeHead(200, { 'content-type': this.#registry.contentType, 'cache-control': 'no-store' });
        response.end(answer);
      },
    };
  }
}

function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}
