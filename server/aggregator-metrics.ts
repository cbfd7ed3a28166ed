import { statusName } from '../protocol/model.js';
import type { Status } from '../protocol/model.js';
import { Status as Statuses } from '../protocol/model.js';
import type { LabelledHistogram, Observe } from '../runtime/histogram.js';
import type { AnsweredRequest, HttpRoute } from '../runtime/http-server.js';
import { Metrics } from '../runtime/metrics.js';
import type { Sample } from '../runtime/metrics.js';
import { packageVersion } from '../runtime/package-root.js';
import type { AggregatorCounts } from './aggregator-counts.js';

/** Where the figures come from. */
export interface MetricSources {
  readonly counts: () => AggregatorCounts;
  /** The status of every subject's verdict. */
  readonly statuses: () => Iterable<Status>;
}

export interface AggregatorMetrics {
  /** `GET /metrics`. */
  readonly route: HttpRoute;
  /** How long after its log line something was inferred of it, milliseconds. */
  readonly inferredAfter: (ms: number) => void;
  /** A call at the gRPC port ended. */
  readonly called: (path: string | null, code: string, durationMs: number) => void;
  /** A request at the HTTP port ended. */
  readonly answered: (request: AnsweredRequest) => void;
}

/** Seconds: from what a tail on the same machine takes to what an agent is behind after a bad night. */
const LATENCY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

/** Seconds: from a report that is taken in to an answer with all there is on a bad day. */
const ANSWER_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What stands for methods and routes that there are not: whoever asks does not choose the labels. */
const UNKNOWN = 'unknown';

/** The aggregator's figures for Prometheus, as server/README.md lists them. */
export function aggregatorMetrics({ counts, statuses }: MetricSources): AggregatorMetrics {
  const metrics = new Metrics();
  // All figures of an answer are of one moment.
  let moment: AggregatorCounts | null = null;
  const counter = (
    name: string,
    help: string,
    labels: readonly string[],
    read: (from: AggregatorCounts) => Iterable<Sample>,
  ): void => metrics.counter({ name, help, labels }, () => (moment === null ? [] : read(moment)));
  const gauge = (
    name: string,
    help: string,
    labels: readonly string[],
    read: (from: AggregatorCounts) => Iterable<Sample>,
  ): void => metrics.gauge({ name, help, labels }, () => (moment === null ? [] : read(moment)));

  metrics.gauge(
    { name: 'hview_build_info', help: 'Always 1; what runs here.', labels: ['version', 'node'] },
    () => [[1, packageVersion(), process.versions.node]],
  );
  metrics.gauge(
    { name: 'hview_subjects', help: 'Subjects by the status of their verdict.', labels: ['status'] },
    () => countStatuses(statuses()),
  );
  const latency = metrics.histogram(
    {
      name: 'hview_verdict_latency_seconds',
      help: 'From the time in a log line to the inference that it changed.',
    },
    LATENCY_BUCKETS,
  );

  gauge('hview_observers', 'Observers that something kept is from.', [], ({ known }) => [[known.observers]]);
  gauge('hview_subjects_known', 'Subjects of which something is kept.', [], ({ known }) => [
    [known.subjects],
  ]);
  gauge('hview_subjects_watched', 'Subjects on the watch list.', [], ({ known }) => [[known.watched]]);

  counter('hview_reports_received_total', 'Reports that came in, by their way.', ['way'], ({ received }) => [
    [received.single, 'single'],
    [received.batched, 'batched'],
    [received.relayed, 'relayed'],
  ]);
  counter('hview_reports_total', 'Reports by what became of them.', ['outcome'], (from) => [
    [from.accepted, 'accepted'],
    [from.duplicates, 'duplicate'],
    [from.ignored, 'ignored'],
    [from.shed, 'shed'],
    ...Object.entries(from.refused).map(([reason, count]): Sample => [count, reason]),
  ]);
  gauge('hview_reports_waiting', 'Reports on their way to the journal.', [], (from) => [[from.waiting]]);
  gauge('hview_reports_held', 'Reports of peers on subjects that nobody here watches.', [], (from) => [
    [from.held],
  ]);

  counter('hview_journal_failures_total', 'Transactions that could not be written.', [], ({ journal }) => [
    [journal.failures],
  ]);
  counter('hview_journal_written_reports_total', 'Reports that are on disk.', [], ({ journal }) => [
    [journal.written],
  ]);
  counter(
    'hview_journal_dropped_rows_total',
    'Rows that were dropped for age or size.',
    ['table'],
    ({ journal }) => [
      [journal.dropped.reports, 'reports'],
      [journal.dropped.inferences, 'inferences'],
    ],
  );
  gauge('hview_journal_bytes', "Size of the journal's files.", [], ({ journal }) => [[journal.bytes]]);

  counter(
    'hview_relay_messages_total',
    'Messages to peers by what became of them.',
    ['peer', 'outcome'],
    ({ relay }) =>
      Object.entries(relay).flatMap(([peer, link]): Sample[] => [
        [link.acknowledged, peer, 'acknowledged'],
        [link.dropped, peer, 'dropped'],
        [link.retried, peer, 'retried'],
        [link.caughtUp, peer, 'caught_up'],
      ]),
  );
  gauge('hview_relay_waiting_messages', 'Messages that wait for a peer.', ['peer'], ({ relay }) =>
    Object.entries(relay).map(([peer, { waiting }]): Sample => [waiting, peer]),
  );
  gauge(
    'hview_relay_lag_seconds',
    'Since when a peer lacks something that was accepted here.',
    ['peer'],
    ({ relay }) => Object.entries(relay).map(([peer, { behind }]): Sample => [behind.seconds, peer]),
  );

  gauge(
    'hview_memory_limit_bytes',
    'Resident memory beyond which no reports are taken; 0: any.',
    [],
    (from) => [[from.memory.limitBytes]],
  );
  gauge('hview_memory_short', 'Whether memory is short, so that no reports are taken.', [], ({ memory }) => [
    [memory.isShort ? 1 : 0],
  ]);
  counter('hview_memory_shortages_total', 'How often memory became short.', [], ({ memory }) => [
    [memory.shortages],
  ]);

  gauge('hview_connections', 'Open connections.', ['port'], ({ connections }) =>
    Object.entries(connections).map(([port, { open }]): Sample => [open, port]),
  );
  counter(
    'hview_connections_total',
    'Connections by what became of them.',
    ['port', 'outcome'],
    ({ connections }) =>
      Object.entries(connections).flatMap(([port, { accepted, refused, failedHandshakes }]): Sample[] => [
        [accepted, port, 'accepted'],
        [refused, port, 'refused'],
        [failedHandshakes, port, 'failed_handshake'],
      ]),
  );
  counter(
    'hview_calls_refused_total',
    'Calls that were not let through or came to no end.',
    ['reason'],
    ({ calls }) =>
      Object.entries(calls ?? {}).map(([reason, count]: [string, number]): Sample => [
        count,
        snakeCase(reason),
      ]),
  );

  gauge('hview_alerts', 'Alerts by whether they were told yet.', ['state'], ({ alerts }) =>
    alerts === null
      ? []
      : [
          [alerts.standing, 'standing'],
          [alerts.pending, 'pending'],
        ],
  );
  counter(
    'hview_alerts_overlooked_total',
    'Sick subjects that no alert could be kept for.',
    [],
    ({ alerts }) => (alerts === null ? [] : [[alerts.overlooked]]),
  );
  const receivers = ({ alerts }: AggregatorCounts) => Object.entries(alerts?.receivers ?? {});
  counter('hview_alerts_sent_total', 'Alerts that a receiver took.', ['receiver'], (from) =>
    receivers(from).map(([receiver, { sent }]): Sample => [sent, receiver]),
  );
  counter('hview_alerts_dropped_total', 'Alerts of which a receiver was not told.', ['receiver'], (from) =>
    receivers(from).map(([receiver, { dropped }]): Sample => [dropped, receiver]),
  );
  counter(
    'hview_alert_requests_failed_total',
    'Requests that a receiver of alerts did not take.',
    ['receiver'],
    (from) => receivers(from).map(([receiver, { failed }]): Sample => [failed, receiver]),
  );
  gauge('hview_alerts_waiting', 'Alerts that wait to be sent.', ['receiver'], (from) =>
    receivers(from).map(([receiver, { waiting }]): Sample => [waiting, receiver]),
  );
  const calls = metrics.histogram(
    {
      name: 'hview_grpc_call_duration_seconds',
      help: 'Calls at the gRPC port, from their beginning to the end of the answer.',
      labels: ['method', 'code'],
    },
    ANSWER_BUCKETS,
  );
  const requests = metrics.histogram(
    {
      name: 'hview_http_request_duration_seconds',
      help: 'Requests at the HTTP port, from their beginning to the end of the answer.',
      labels: ['route', 'status'],
    },
    ANSWER_BUCKETS,
  );
  const callsBy = new SeriesTable(calls);
  const inferred = latency.series();
  return {
    route: metrics.route(() => {
      moment = counts();
      return metrics.text();
    }),
    inferredAfter: (ms) => inferred(Math.max(0, ms) / 1000),
    // Paths begin with a slash.
    called: (path, code, ms) => callsBy.of(path ?? UNKNOWN, code)(ms / 1000),
    answered: ({ route, status, durationMs }) =>
      requests.series(route ?? UNKNOWN, status === null ? 'aborted' : String(status))(durationMs / 1000),
  };
}

/** The series of two labels, found without a text being made: that is done for every call. */
class SeriesTable {
  readonly #table = new Map<string, Map<string, Observe>>();

  constructor(private readonly histogram: LabelledHistogram) {}

  of(first: string, second: string): Observe {
    const known = this.#table.get(first)?.get(second);
    if (known !== undefined) return known;
    const observe = this.histogram.series(first.replace(/^\//, ''), second);
    const row = this.#table.get(first) ?? new Map<string, Observe>();
    this.#table.set(first, row.set(second, observe));
    return observe;
  }
}

/** Every status has a value, so that none vanishes from a graph. */
function countStatuses(statuses: Iterable<Status>): Sample[] {
  const counts = new Map<Status, number>();
  for (const status of Object.values(Statuses)) if (status !== Statuses.INVALID) counts.set(status, 0);
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]): Sample => [count, statusName(status)]);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
