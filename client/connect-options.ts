import type { Problem } from './problem.js';
import type { Subjects } from './subject.js';

/** Names of PEM files. */
export interface ConnectTls {
  /** The authorities that the aggregator's certificate comes from; without it those that Node trusts. */
  readonly ca?: string;
  /** The own certificate, which shows the aggregator who calls; needs `key`. */
  readonly cert?: string;
  readonly key?: string;
}

/** Only the first three are needed. */
export interface ConnectOptions {
  /** host:port of the aggregator; without a port 6688. */
  readonly aggregator: string;
  /** Speak TLS; without it in plain text. Renewed files are taken over. */
  readonly tls?: ConnectTls;
  /** A file whose first line ends in the token that the aggregator wants to see; its owner's and group's alone. */
  readonly tokenFile?: string;
  /** The token may travel to another machine in plain text. */
  readonly insecure?: boolean;
  /** The system that this program belongs to, such as `shop`. */
  readonly module: string;
  /** The id that this program reports under, and by which others report about it, such as `cart@10.0.0.3:8080`. */
  readonly observer: string;
  /** Whose address is whose. Without it an address is taken for an id. */
  readonly subjects?: Subjects;
  /** Of one subject and metric at most one HEALTHY in this time is sent; default 20,000 ms, 0: all are. */
  readonly mergeHealthyMs?: number;
  /** How long the answer to a request may take when it is not said; default 3000 ms. */
  readonly pendingAfterMs?: number;
  /**
   * Observations that wait for the aggregator, default 1000; up to 500 more are on their way. When there is
   * no room, of each subject and metric the newest and the worst are kept longest.
   */
  readonly maxWaiting?: number;
  /** Requests that are open at a time, and likewise subjects with metrics that are merged; default 10,000. */
  readonly maxTracked?: number;
  /** Is told what goes wrong, each kind at most once a minute. Without it Node prints a warning. */
  readonly onProblem?: (problem: Problem) => void;
}
