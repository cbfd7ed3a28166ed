import type { Metric } from '../../protocol/model.js';
import { Status, timestampFromMillis } from '../../protocol/model.js';
import { HviewError } from '../../runtime/errors.js';
import type { ClientCommand, Session } from './command.js';

/** The module that reports typed by hand are registered under. */
const MODULE = 'default';

const STATUS_LETTERS: ReadonlyMap<string, Status> = new Map([
  ['n', Status.NA],
  ['h', Status.HEALTHY],
  ['p', Status.PENDING],
  ['m', Status.MAYBE_UNHEALTHY],
  ['u', Status.UNHEALTHY],
  ['d', Status.DYING],
  ['dd', Status.DEAD],
]);

/** `snapshot:u:30`. A name may itself hold colons: the last two parts are status and score. */
function parseMetric(word: string): Metric {
  const parts = /^(?<name>.+):(?<letter>[a-z]+):(?<score>[^:]+)$/.exec(word)?.groups;
  const status = STATUS_LETTERS.get(parts?.['letter'] ?? '');
  const score = Number(parts?.['score']);
  if (parts?.['name'] === undefined || status === undefined || !Number.isFinite(score)) {
    throw new HviewError('USAGE', `invalid health metric ${word}`, {
      hint: `Write metric:status:score with a status of ${[...STATUS_LETTERS.keys()].join(' ')}, such as snapshot:u:30.`,
    });
  }
  return { name: parts['name'], status, score };
}

export const report: ClientCommand = {
  word: 'report',
  usage: 'report subject [<metric:status:score...>]',
  summary: 'report how a subject is, as the observer that me names',
  run: async (session, words) => {
    const [subject, ...metricWords] = words;
    if (subject === undefined || metricWords.length === 0) {
      throw new HviewError('USAGE', 'report needs a subject and at least one metric', {
        hint: 'For example: report peer@1 snapshot:u:30',
      });
    }
    const metrics = metricWords.map(parseMetric);
    const handle = await register(session);
    const intake = await session.service.submitReport(handle, {
      observer: session.observer,
      subject,
      observation: { time: timestampFromMillis(session.clock.now()), metrics },
    });
    session.print(`${intake.charAt(0).toUpperCase()}${intake.slice(1)}\n`);
  },
};

export const me: ClientCommand = {
  word: 'me',
  usage: 'me observer',
  summary: 'in a session: report as this observer from now on',
  run: async (session, words) => {
    const [observer] = words;
    if (observer === undefined) {
      session.print(`${session.observer}\n`);
      return;
    }
    session.observer = observer;
    await register(session);
  },
};

function register({ service, observer }: Session): Promise<number> {
  return service.register({ module: MODULE, observer });
}
