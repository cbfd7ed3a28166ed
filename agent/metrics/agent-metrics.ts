import type { HttpRoute } from '../../runtime/http-server.js';
import type { Sample } from '../../runtime/metrics.js';
import { Metrics } from '../../runtime/metrics.js';
import type { AgentCounts, SourceCounts } from '../agent-counts.js';
import type { SourceStanding } from '../agent.js';
import type { LogStanding } from '../log-standing.js';
import type { Finding } from '../finding.js';
import { FindingCounter } from './finding-counter.js';

/** Where the figures come from. */
export interface AgentMetricSources {
  readonly counts: () => Promise<AgentCounts>;
  readonly standings: () => Promise<readonly SourceStanding[]>;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  readonly version: string;
}

/** What was counted when somebody asked last: all figures of an answer are of one moment. */
interface Moment {
  readonly counts: AgentCounts;
  readonly standings: readonly SourceStanding[];
}

/** Seconds: from an agent that is close behind its log to one that comes back from a bad night. */
const LATENCY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

/** The agent's figures for Prometheus, as agent/README.md lists them. */
export class AgentMetrics {
  readonly #sources: AgentMetricSources;
  readonly #metrics = new Metrics();
  readonly #findings = new FindingCounter();
  readonly #latency: (seconds: number) => void;
  #moment: Moment | null = null;

  constructor(sources: AgentMetricSources) {
    this.#sources = sources;
    const latency = this.#metrics.histogram(
      {
        name: 'hview_agent_delivery_latency_seconds',
        help: "From the time in a log line to the aggregator's answer.",
      },
      LATENCY_BUCKETS,
    );
    this.#latency = latency.series();
    this.#gauge('hview_agent_build_info', 'Always 1; what runs here.', ['version', 'node'], () => [
      [1, sources.version, process.versions.node],
    ]);
    this.#addSources();
    this.#addLogs();
    this.#addSpool();
    this.#addDelivery();
  }

  /** Call with each finding. */
  found(finding: Finding): void {
    this.#findings.found(finding);
  }

  /** An observation of this time (milliseconds since 1970 UTC) was delivered. */
  delivered(timeMs: number): void {
    this.#latency(Math.max(0, this.#sources.now() - timeMs) / 1000);
  }

  async text(): Promise<string> {
    const [counts, standings] = await Promise.all([this.#sources.counts(), this.#sources.standings()]);
    this.#moment = { counts, standings };
    return this.#metrics.text();
  }

  /** `GET /metrics`. */
  route(): HttpRoute {
    return this.#metrics.route(() => this.text());
  }

  #addSources(): void {
    const bySource = (read: (source: SourceCounts) => number) => (moment: Moment) =>
      moment.counts.sources.map((source): Sample => [read(source), source.name]);
    const counters: readonly [string, string, (source: SourceCounts) => number][] = [
      ['bytes_read_total', 'Bytes of logs that were read.', ({ bytesRead }) => bytesRead],
      ['lines_total', 'Lines that were read.', ({ lines }) => lines],
      [
        'lines_parsed_total',
        'Lines that were taken apart, as a rule may want them.',
        (from) => from.candidates,
      ],
      ['records_total', 'Records among the lines that were taken apart.', ({ records }) => records],
      [
        'lines_unparsable_total',
        'Lines that look like records and are none that the plugin knows.',
        ({ unparsable }) => unparsable,
      ],
      [
        'parse_episodes_total',
        'How often the share of unparsable lines jumped: the format may have changed.',
        ({ parseEpisodes }) => parseEpisodes,
      ],
      ['rotations_total', 'Rotations that were followed.', ({ rotations }) => rotations],
      ['truncations_total', 'Logs that were cut.', ({ truncations }) => truncations],
      ['losses_total', 'Parts of logs that went before they were read.', ({ losses }) => losses],
      ['bytes_lost_total', 'Bytes that went unread, as far as known.', ({ bytesLost }) => bytesLost],
    ];
    for (const [name, help, read] of counters)
      this.#counter(`hview_agent_${name}`, help, ['source'], bySource(read));
    this.#gauge('hview_agent_logs', 'Logs by whether they are open.', ['source', 'state'], ({ counts }) =>
      counts.sources.flatMap(({ name, logs }): Sample[] => [
        [logs.open, name, 'open'],
        [logs.known - logs.open, name, 'closed'],
      ]),
    );
    this.#counter(
      'hview_agent_quiet_total',
      'Records and findings that did not go on, by reason.',
      ['source', 'reason'],
      ({ counts }) =>
        counts.sources.flatMap(({ name, quiet }) =>
          Object.entries(quiet).map(([reason, count]): Sample => [count, name, reason]),
        ),
    );
    this.#counter(
      'hview_agent_findings_total',
      'Findings by the rule that made them; the rules beyond a thousand pairs of rule and status count as "other".',
      ['rule', 'status'],
      () => [...this.#findings.counts()].map((of): Sample => [of.findings, of.rule, of.status]),
    );
    this.#counter('hview_agent_rule_loads_total', 'Changed rules, by outcome.', ['outcome'], ({ counts }) => [
      [counts.rules.reloaded, 'loaded'],
      [counts.rules.reloadsFailed, 'failed'],
    ]);
  }

  #addLogs(): void {
    const gauges: readonly [string, string, (log: LogStanding) => number][] = [
      ['size_bytes', 'Size of the newest file of a log.', ({ sizeBytes }) => sizeBytes],
      ['offset_bytes', 'Up to where that file was dealt with.', ({ offsetBytes }) => offsetBytes],
      ['behind_bytes', 'Bytes of a log that were not dealt with yet.', ({ behindBytes }) => behindBytes],
      ['quiet_seconds', 'Since when nothing has come from a log.', ({ quietMs }) => quietMs / 1000],
      ['unreadable', '1: the log cannot be read now.', ({ trouble }) => (trouble === null ? 0 : 1)],
    ];
    for (const [name, help, read] of gauges) {
      this.#gauge(`hview_agent_log_${name}`, help, ['source', 'path'], ({ standings }) =>
        standings.flatMap(({ source, logs }) => logs.map((log): Sample => [read(log), source, log.path])),
      );
    }
  }

  #addSpool(): void {
    const ofSpool = (read: (spool: NonNullable<AgentCounts['spool']>) => Sample[]) => (moment: Moment) =>
      moment.counts.spool === null ? [] : read(moment.counts.spool);
    this.#gauge(
      'hview_agent_spool_entries',
      'Observations that are not delivered yet.',
      [],
      ofSpool(({ waiting }) => [[waiting.entries]]),
    );
    this.#gauge(
      'hview_agent_spool_bytes',
      'What they take in the spool.',
      [],
      ofSpool(({ waiting }) => [[waiting.bytes]]),
    );
    this.#gauge(
      'hview_agent_spool_disk_bytes',
      "Size of the spool's files.",
      [],
      ofSpool(({ bytesOnDisk }) => [[bytesOnDisk]]),
    );
    this.#gauge(
      'hview_agent_spool_not_durable_entries',
      'Observations that wait in memory alone; for long: the disk refuses.',
      [],
      ofSpool(({ notDurable }) => [[notDurable]]),
    );
    this.#counter(
      'hview_agent_spool_dropped_total',
      'Observations that were dropped undelivered, by reason.',
      ['reason'],
      ofSpool(({ dropped, damaged, coalesced }) => [
        ...Object.entries(dropped).map(([reason, count]): Sample => [count, reason]),
        [damaged, 'damaged'],
        [coalesced, 'coalesced'],
      ]),
    );
    this.#counter('hview_agent_checkpoints_total', 'Checkpoints by outcome.', ['outcome'], ({ counts }) =>
      counts.checkpoints === null
        ? []
        : [
            [counts.checkpoints.saved, 'saved'],
            [counts.checkpoints.failed, 'failed'],
            [counts.checkpoints.unusable, 'unusable'],
          ],
    );
  }

  #addDelivery(): void {
    const ofDelivery =
      (read: (delivery: NonNullable<AgentCounts['delivery']>) => Sample[]) => (moment: Moment) =>
        moment.counts.delivery === null ? [] : read(moment.counts.delivery);
    this.#counter(
      'hview_agent_delivered_total',
      'Observations by what the aggregator made of them.',
      ['outcome'],
      ofDelivery(({ outcomes }) =>
        Object.entries(outcomes).map(([outcome, count]): Sample => [count, outcome.replaceAll('-', '_')]),
      ),
    );
    this.#counter(
      'hview_agent_delivery_retries_total',
      'Calls that failed in passing.',
      [],
      ofDelivery(({ retries }) => [[retries]]),
    );
    this.#counter(
      'hview_agent_delivered_bytes_total',
      'Bytes of observations that got through.',
      [],
      ofDelivery(({ bytesSent }) => [[bytesSent]]),
    );
    const age = (sinceMs: number | null): Sample[] => [
      [sinceMs === null ? 0 : Math.max(0, this.#sources.now() - sinceMs) / 1000],
    ];
    this.#gauge(
      'hview_agent_oldest_undelivered_seconds',
      'Age, by its log line, of the observation that is next to be delivered; 0: none waits.',
      [],
      ofDelivery(({ oldestMs }) => age(oldestMs)),
    );
    this.#gauge(
      'hview_agent_aggregator_away_seconds',
      'Since when the aggregator does not answer; 0: it does.',
      [],
      ofDelivery(({ awaySinceMs }) => age(awaySinceMs)),
    );
  }

  #gauge(
    name: string,
    help: string,
    labels: readonly string[],
    read: (from: Moment) => Iterable<Sample>,
  ): void {
    this.#metrics.gauge({ name, help, labels }, () => (this.#moment === null ? [] : read(this.#moment)));
  }

  #counter(
    name: string,
    help: string,
    labels: readonly string[],
    read: (from: Moment) => Iterable<Sample>,
  ): void {
    this.#metrics.counter({ name, help, labels }, () => (this.#moment === null ? [] : read(this.#moment)));
  }
}
