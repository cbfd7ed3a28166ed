import type { Clock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { ConnectOptions } from './connect-options.js';
import { Courier } from './courier.js';
import type { Destination } from './destination.js';
import type { HealthReporter } from './health-reporter.js';
import { Outbox } from './outbox.js';
import { Problems, warn } from './problems.js';
import { SelfReporter } from './self-reporter.js';
import { checkName, checkNumber, describe } from './statement.js';
import { SubjectResolver } from './subject-resolver.js';

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

/** As connect, in given surroundings. */
export function connectIn(given: ConnectOptions, surroundings: Surroundings): HealthReporter {
  const { clock, random, idPrefix, open } = surroundings;
  const options = copyOf(given);
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

/** From JavaScript anything may be given: nothing at all, or what throws when it is read. */
function copyOf(given: ConnectOptions): Partial<ConnectOptions> {
  try {
    return { ...given };
  } catch {
    return {};
  }
}
