import { randomBytes } from 'node:crypto';
import { ClientSecurity } from '../protocol/client-security.js';
import { HealthClient } from '../protocol/health-client.js';
import type { Clock } from '../runtime/clock.js';
import { systemClock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import { silentLogger } from '../runtime/logger.js';
import type { TlsPaths } from '../runtime/tls-files.js';
import { Courier } from './courier.js';
import type { Destination } from './destination.js';
import type { HealthReporter } from './health-reporter.js';
import { SelfReporter } from './health-reporter.js';
import { Outbox } from './outbox.js';
import type { Problem } from './problems.js';
import { Problems, warn } from './problems.js';
import { checkName, checkNumber, describe } from './statement.js';
import type { Subjects } from './subject-resolver.js';
import { SubjectResolver } from './subject-resolver.js';

export interface ConnectOptions {
  /** host:port of the aggregator; without a port 6688. */
  readonly aggregator: string;
  /** TLS with the aggregator: files in PEM. `ca`: its authority; `cert` and `key`: the own certificate. */
  readonly tls?: TlsPaths;
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

/** What connect hands in; tests hand in their own. */
export interface Surroundings {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Of this process alone. */
  readonly idPrefix: string;
  /** Throws ADDRESS_INVALID. */
  readonly open: (aggregator: string) => Destination;
}

const DEFAULTS = { mergeHealthyMs: 20_000, pendingAfterMs: 3000, maxWaiting: 1000, maxTracked: 10_000 };

/**
 * A reporter that says how others are, as this program meets them. It connects by itself, again and again
 * while the aggregator is away, and never throws: with options that cannot be used nothing is sent, which
 * `onProblem` is told.
 */
export function connect(options: ConnectOptions): HealthReporter {
  return connectIn(options, {
    clock: systemClock,
    random: Math.random,
    idPrefix: randomBytes(12).toString('base64url'),
    open: (target) => openClient(target, options),
  });
}

/** Renewed certificates and tokens are taken over. */
function openClient(target: string, { tls, tokenFile, insecure }: ConnectOptions): HealthClient {
  const options = { target, maxReconnectMs: 2000 };
  if (tls === undefined && tokenFile === undefined) return new HealthClient(options);
  const security = new ClientSecurity({
    tls: tls ?? null,
    ...(tokenFile === undefined ? {} : { tokenFile }),
    allowsInsecure: insecure === true,
    clock: systemClock,
    logger: silentLogger,
  });
  return new HealthClient({ ...options, security, onClose: () => security.close() });
}

/** As connect, in given surroundings. */
export function connectIn(given: ConnectOptions, surroundings: Surroundings): HealthReporter {
  const { clock, random, idPrefix, open } = surroundings;
  // From JavaScript nothing at all may be given.
  const options = { ...given };
  const { onProblem } = options;
  const problems = new Problems(typeof onProblem === 'function' ? onProblem : warn, clock);
  const orTell = <Value>(make: () => Value, instead: Value): Value => {
    try {
      return make();
    } catch (error) {
      const { message, hint } = HviewError.from(error);
      problems.tell('options', { message, hint });
      return instead;
    }
  };
  const limit = (name: keyof typeof DEFAULTS, least: number): number =>
    orTell(() => checkNumber(options[name] ?? DEFAULTS[name], name, least), DEFAULTS[name]);

  const outbox = new Outbox(limit('maxWaiting', 1));
  const courier = orTell(() => {
    const registration = {
      module: checkName(options.module, 'module'),
      observer: checkName(options.observer, 'observer'),
    };
    const destination = open(checkName(options.aggregator, 'aggregator'));
    return new Courier({ destination, registration, outbox, idPrefix, problems, clock, random });
  }, null);
  const reporter = new SelfReporter({
    observer: typeof options.observer === 'string' ? options.observer : describe(options.observer),
    subjects: orTell(() => new SubjectResolver(options.subjects), new SubjectResolver(undefined)),
    ...{ outbox, courier, problems, clock },
    mergeHealthyMs: limit('mergeHealthyMs', 0),
    pendingAfterMs: limit('pendingAfterMs', 1),
    maxTracked: limit('maxTracked', 1),
  });
  courier?.start();
  return reporter;
}
