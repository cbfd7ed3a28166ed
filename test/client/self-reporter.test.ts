import { describe, expect, it } from '@jest/globals';
import type { HealthStatus } from '../../client/health-reporter.js';
import { Problems } from '../../client/problems.js';
import { FakeClock } from '../support/fake-clock.js';
import { reporterRig } from '../support/reporter-rig.js';

describe('a reporter', () => {
  it('makes its observer known before it has anything to say', async () => {
    const rig = reporterRig();
    await rig.settle();
    expect(rig.destination.registered).toEqual(['shop cart@1']);
    expect(rig.health.counts()).toMatchObject({ mode: 'batch', awaySinceMs: null, waiting: 0 });
  });

  it('sends what it is told in one batch a turn, with the time at which it was told', async () => {
    const rig = reporterRig();
    await rig.settle();
    rig.health.report('db@1', 'query', 'UNHEALTHY', 12.5);
    rig.clock.advance(3);
    rig.health.report('db@2', 'query', 'DEAD');
    await rig.settle();
    expect(rig.destination.said).toEqual(['db@1 query UNHEALTHY 12.5', 'db@2 query DEAD 0']);
    expect(rig.destination.timesMs).toEqual([1_700_000_000_000, 1_700_000_000_003]);
    expect(rig.destination.batches).toEqual([2]);
    expect(rig.destination.ids).toEqual(['me-1', 'me-2']);
  });

  it.each<[HealthStatus, number]>([
    ['HEALTHY', 100],
    ['PENDING', 60],
    ['MAYBE_UNHEALTHY', 50],
    ['UNHEALTHY', 20],
    ['DYING', 10],
    ['DEAD', 0],
    ['NA', 0],
  ])('gives %s the score %d when none is given', async (status, score) => {
    const rig = reporterRig();
    rig.health.report('db@1', 'query', status);
    await rig.settle();
    expect(rig.destination.said).toEqual([`db@1 query ${status} ${score}`]);
  });

  it('takes a status in any case', async () => {
    const rig = reporterRig();
    rig.health.report('db@1', 'query', 'unhealthy' as HealthStatus, 1);
    await rig.settle();
    expect(rig.destination.said).toEqual(['db@1 query UNHEALTHY 1']);
  });

  it('finds the subject of a socket', async () => {
    const rig = reporterRig({ subjects: { '10.0.0.7:5432': 'db@1' } });
    rig.health.report({ remoteAddress: '::ffff:10.0.0.7', remotePort: 5432 }, 'query', 'DEAD');
    rig.health.report({ address: '10.0.0.8', port: 5432 }, 'query', 'DEAD');
    await rig.settle();
    expect(rig.destination.said).toEqual(['db@1 query DEAD 0']);
    expect(rig.problems).toEqual(['unknown-subject: no subject is known at 10.0.0.8:5432']);
  });
});

describe('repeated HEALTHY', () => {
  it('goes out at once the first time, then as a mean when 20 seconds are over', async () => {
    const rig = reporterRig();
    rig.health.report('db@1', 'query', 'HEALTHY', 90);
    await rig.pass(5000);
    rig.health.report('db@1', 'query', 'HEALTHY', 80);
    await rig.pass(5000);
    rig.health.report('db@1', 'query', 'HEALTHY', 60);
    await rig.pass(9999);
    expect(rig.destination.said).toEqual(['db@1 query HEALTHY 90']);
    await rig.pass(1);
    expect(rig.destination.said).toEqual(['db@1 query HEALTHY 90', 'db@1 query HEALTHY 70']);
    // The mean has the time of the last report in it.
    expect(rig.destination.timesMs).toEqual([1_700_000_000_000, 1_700_000_010_000]);
  });

  it('goes out at most once in 20 seconds, however often it is said', async () => {
    const rig = reporterRig();
    for (let second = 0; second < 61; second += 1) {
      rig.health.report('db@1', 'query', 'HEALTHY', 100 - second);
      await rig.pass(1000);
    }
    // 100 at 0 s; the mean of 99 to 81 at 20 s, of 80 to 61 at 40 s, of 60 to 41 at 60 s.
    expect(rig.destination.said.map((text) => Number(text.split(' ')[3]))).toEqual([100, 90, 70.5, 50.5]);
    expect(rig.health.counts()).toMatchObject({ statements: 61, merged: 60, observations: 4, delivered: 4 });
  });

  it('is merged for each subject and metric by itself', async () => {
    const rig = reporterRig();
    for (const subject of ['db@1', 'db@2']) {
      for (const metric of ['query', 'commit']) {
        rig.health.report(subject, metric, 'HEALTHY', 90);
        rig.health.report(subject, metric, 'HEALTHY', 80);
      }
    }
    await rig.settle();
    expect(rig.destination.said).toHaveLength(4);
    await rig.pass(20_000);
    expect(rig.destination.said.slice(4)).toEqual([
      'db@1 query HEALTHY 80',
      'db@1 commit HEALTHY 80',
      'db@2 query HEALTHY 80',
      'db@2 commit HEALTHY 80',
    ]);
  });

  it('goes out at once again after a quiet period', async () => {
    const rig = reporterRig();
    rig.health.report('db@1', 'query', 'HEALTHY', 90);
    await rig.pass(20_000);
    rig.health.report('db@1', 'query', 'HEALTHY', 80);
    await rig.settle();
    expect(rig.destination.said).toEqual(['db@1 query HEALTHY 90', 'db@1 query HEALTHY 80']);
  });

  it.each<HealthStatus>(['PENDING', 'UNHEALTHY', 'NA'])(
    'is ended by %s, which goes out at once; so does the next HEALTHY',
    async (status) => {
      const rig = reporterRig();
      rig.health.report('db@1', 'query', 'HEALTHY', 90);
      rig.health.report('db@1', 'query', 'HEALTHY', 10);
      rig.health.report('db@1', 'query', status, 30);
      rig.health.report('db@1', 'query', status, 30);
      rig.health.report('db@1', 'query', 'HEALTHY', 80);
      await rig.pass(60_000);
      const twice = `db@1 query ${status} 30`;
      expect(rig.destination.said).toEqual(['db@1 query HEALTHY 90', twice, twice, 'db@1 query HEALTHY 80']);
    },
  );

  it('is merged over another time, or not at all, when that is wanted', async () => {
    const fast = reporterRig({ mergeHealthyMs: 1000 });
    const all = reporterRig({ mergeHealthyMs: 0 });
    for (const rig of [fast, all]) {
      for (const score of [90, 80, 70]) rig.health.report('db@1', 'query', 'HEALTHY', score);
      await rig.pass(1000);
    }
    expect(fast.destination.said).toEqual(['db@1 query HEALTHY 90', 'db@1 query HEALTHY 75']);
    expect(all.destination.said).toHaveLength(3);
  });

  it('is not merged beyond the subjects that may be tracked', async () => {
    const rig = reporterRig({ maxTracked: 2 });
    for (const subject of ['a', 'b', 'c', 'a', 'b', 'c']) rig.health.report(subject, 'query', 'HEALTHY', 1);
    await rig.settle();
    expect(rig.destination.said.map((text) => text.split(' ')[0])).toEqual(['a', 'b', 'c', 'c']);
  });
});

describe('a request', () => {
  it('that is cleared in time is HEALTHY, and its time is forgotten', async () => {
    const rig = reporterRig();
    rig.health.pending('db@1', 'query', 7, { withinMs: 100 });
    await rig.pass(99);
    rig.health.clear(7);
    await rig.pass(10_000);
    expect(rig.destination.said).toEqual(['db@1 query HEALTHY 100']);
    expect(rig.clock.nextDelayMs).toBeGreaterThan(1000);
  });

  it('that is cleared in time is merged with the others', async () => {
    const rig = reporterRig();
    for (let id = 0; id < 50; id += 1) {
      rig.health.pending('db@1', 'query', id);
      rig.health.clear(id, id < 25 ? 90 : 80);
    }
    await rig.pass(20_000);
    expect(rig.destination.said[0]).toBe('db@1 query HEALTHY 90');
    expect(rig.destination.said).toHaveLength(2);
  });

  it('that is not answered in time is PENDING, once, at the time when it became overdue', async () => {
    const rig = reporterRig();
    rig.health.pending('db@1', 'query', 'a', { withinMs: 100, score: 40 });
    await rig.pass(99);
    expect(rig.destination.said).toEqual([]);
    await rig.pass(100_000);
    expect(rig.destination.said).toEqual(['db@1 query PENDING 40']);
    expect(rig.destination.timesMs).toEqual([1_700_000_000_100]);
    expect(rig.health.counts()).toMatchObject({ pendingRequests: 0, overdueRequests: 1 });
  });

  it('that is cleared late is PENDING, then HEALTHY', async () => {
    const rig = reporterRig();
    rig.health.report('db@1', 'query', 'HEALTHY', 90);
    rig.health.pending('db@1', 'query', 'a');
    await rig.pass(3000);
    rig.health.clear('a', 55);
    await rig.settle();
    expect(rig.destination.said).toEqual([
      'db@1 query HEALTHY 90',
      'db@1 query PENDING 60',
      'db@1 query HEALTHY 55',
    ]);
    expect(rig.health.counts()).toMatchObject({ overdueRequests: 0 });
  });

  it('that fails is UNHEALTHY, in time or late', async () => {
    const rig = reporterRig({ pendingAfterMs: 50 });
    rig.health.pending('db@1', 'query', 'a');
    rig.health.fail('a');
    rig.health.pending('db@1', 'query', 'b');
    await rig.pass(50);
    rig.health.fail('b', 5);
    await rig.pass(10_000);
    expect(rig.destination.said).toEqual([
      'db@1 query UNHEALTHY 20',
      'db@1 query PENDING 60',
      'db@1 query UNHEALTHY 5',
    ]);
  });

  it('is settled once: after that nobody knows it', async () => {
    const rig = reporterRig();
    rig.health.pending('db@1', 'query', 'a');
    rig.health.fail('a');
    rig.health.clear('a');
    await rig.settle();
    expect(rig.destination.said).toEqual(['db@1 query UNHEALTHY 20']);
    expect(rig.problems).toEqual(['unknown-request: no request "a" is open']);
  });

  it('begins anew when its id is used again', async () => {
    const rig = reporterRig();
    rig.health.pending('db@1', 'query', 'a', { withinMs: 100 });
    await rig.pass(60);
    rig.health.pending('db@2', 'query', 'a', { withinMs: 100 });
    await rig.pass(99);
    expect(rig.destination.said).toEqual([]);
    await rig.pass(1);
    expect(rig.destination.said).toEqual(['db@2 query PENDING 60']);
  });

  it('has an id of its own kind: 1 is not "1"', async () => {
    const rig = reporterRig();
    rig.health.pending('db@1', 'query', 1);
    rig.health.pending('db@2', 'query', '1');
    rig.health.fail('1');
    await rig.settle();
    expect(rig.destination.said).toEqual(['db@2 query UNHEALTHY 20']);
  });

  it('is not watched when too many are within their time; overdue ones make room', async () => {
    const rig = reporterRig({ maxTracked: 2 });
    rig.health.pending('db@1', 'query', 1, { withinMs: 10 });
    rig.health.pending('db@1', 'query', 2, { withinMs: 1000 });
    rig.health.pending('db@1', 'query', 3);
    expect(rig.problems).toEqual(['too-many-requests: 2 requests are open; 3 is not watched']);
    await rig.pass(10);
    rig.health.pending('db@1', 'query', 4);
    expect(rig.health.counts()).toMatchObject({ pendingRequests: 2, overdueRequests: 0 });
    rig.health.clear(1);
    expect(rig.problems[1]).toBe('unknown-request: no request 1 is open');
  });
});

describe('whatever it is given', () => {
  const trap: object = new Proxy(
    {},
    {
      get() {
        throw new Error('not to be read');
      },
    },
  );
  const nothing: unknown = undefined;

  it.each<
    [
      string,
      (health: Record<'report' | 'pending' | 'clear' | 'fail', (...words: unknown[]) => void>) => void,
      string,
    ]
  >([
    ['no subject', (health) => health.report(nothing, 'm', 'DEAD'), 'the subject is undefined'],
    ['an object that throws', (health) => health.report(trap, 'm', 'DEAD'), 'not to be read'],
    ['no metric', (health) => health.report('a'), 'the metric is undefined, not a text'],
    [
      'a long metric',
      (health) => health.report('a', 'm'.repeat(257), 'DEAD'),
      'the metric is longer than 256',
    ],
    ['an unknown status', (health) => health.report('a', 'm', 'SICK'), 'the status is "SICK", not one of NA'],
    ['INVALID', (health) => health.report('a', 'm', 'INVALID'), 'the status is "INVALID"'],
    ['a status by its number', (health) => health.report('a', 'm', 5), 'the status is 5'],
    ['NaN', (health) => health.report('a', 'm', 'DEAD', NaN), 'the score is NaN, not a number from 0 to 100'],
    ['a score of -1', (health) => health.report('a', 'm', 'DEAD', -1), 'the score is -1'],
    ['a score of 101', (health) => health.report('a', 'm', 'DEAD', 101), 'the score is 101'],
    ['a score as a text', (health) => health.report('a', 'm', 'DEAD', '5'), 'the score is "5"'],
    ['no request id', (health) => health.pending('a', 'm'), 'the request id is undefined, neither'],
    ['a long request id', (health) => health.pending('a', 'm', 'x'.repeat(257)), 'the request id is "xxx'],
    [
      'no time',
      (health) => health.pending('a', 'm', 1, { withinMs: 0 }),
      'withinMs is 0, not a number from 1',
    ],
    ['endless time', (health) => health.pending('a', 'm', 1, { withinMs: Infinity }), 'withinMs is Infinity'],
    ['null for options', (health) => health.pending('a', 'm', 1, null), ''],
    ['an object to clear', (health) => health.clear({}), 'the request id is an object'],
    ['a bad score to fail', (health) => health.fail(1, []), 'the score is an array'],
  ])('it does not throw: %s', async (_, act, message) => {
    const rig = reporterRig();
    act(rig.health as unknown as Parameters<typeof act>[0]);
    await rig.pass(10_000);
    expect(rig.problems).toHaveLength(1);
    expect(rig.problems[0]).toMatch(/^input: /);
    expect(rig.problems[0]).toContain(message);
    expect(rig.destination.said).toEqual([]);
    expect(rig.health.counts()).toMatchObject({ invalid: 1, statements: 0, pendingRequests: 0 });
  });

  it('it survives a listener that throws, or that reports nonsense itself', async () => {
    const rig = reporterRig({
      onProblem: () => {
        rig.health.report('', '', 'DEAD');
        throw new Error('of the listener');
      },
    });
    rig.health.report('', 'm', 'DEAD');
    rig.health.report('a', 'm', 'DEAD');
    await rig.settle();
    expect(rig.destination.said).toEqual(['a m DEAD 0']);
    expect(rig.health.counts().invalid).toBe(2);
  });

  it('it tells each kind of problem once a minute, with the number of those it did not tell', async () => {
    const told: string[] = [];
    const rig = reporterRig({ onProblem: ({ kind, untold }) => told.push(`${kind} ${untold}`) });
    for (let second = 0; second < 62; second += 1) {
      rig.health.report('a', 'm', 'DEAD', 1000);
      rig.health.clear('nobody');
      await rig.pass(1000);
    }
    expect(told).toEqual(['input 0', 'unknown-request 0', 'input 59', 'unknown-request 59']);
  });
});

describe('a hint that was written for those who type commands', () => {
  it('speaks of the options of connect instead', () => {
    const hints: (string | undefined)[] = [];
    const problems = new Problems(({ hint }) => hints.push(hint), new FakeClock());
    const hint =
      'Name another one with -server host:port, give -tls_cert and -tls_key or -token_file, or say -insecure.';
    problems.tell('aggregator-away', { message: 'away', hint });
    problems.tell('input', { message: 'wrong' });
    expect(hints).toEqual([
      'Name another one with the option aggregator, give the options tls.cert and tls.key or the option ' +
        'tokenFile, or say insecure: true.',
      undefined,
    ]);
  });
});

describe('options that cannot be used', () => {
  it.each<[string, object, string]>([
    ['no address', { aggregator: undefined }, 'options: aggregator is undefined, not a text'],
    ['no module', { module: '' }, 'options: module is empty'],
    ['no observer', { observer: 5 }, 'options: observer is 5, not a text'],
  ])('are told, and then nothing is sent: %s', async (_, options, problem) => {
    const rig = reporterRig(options);
    rig.health.report('a', 'm', 'DEAD');
    await rig.settle();
    expect(rig.problems).toEqual([problem]);
    expect(rig.health.counts()).toMatchObject({ mode: 'unknown', waiting: 1 });
    expect(await rig.health.close(1000)).toBe(1);
    expect(rig.destination.said).toEqual([]);
  });

  it.each(['mergeHealthyMs', 'pendingAfterMs', 'maxWaiting', 'maxTracked'])(
    'are told, and the default is used: %s',
    async (name) => {
      const rig = reporterRig({ [name]: -1 });
      rig.health.report('a', 'm', 'HEALTHY');
      rig.health.report('a', 'm', 'HEALTHY');
      rig.health.pending('b', 'm', 1);
      await rig.pass(19_999);
      expect(rig.problems).toEqual([
        `options: ${name} is -1, not a number from ${name === 'mergeHealthyMs' ? 0 : 1} to 2147483647`,
      ]);
      expect(rig.destination.said).toEqual(['a m HEALTHY 100', 'b m PENDING 60']);
    },
  );

  it('are told when the subjects are none', async () => {
    const rig = reporterRig({ subjects: { '10.0.0.7': '' } });
    rig.health.report('10.0.0.7', 'm', 'DEAD');
    await rig.settle();
    expect(rig.problems).toEqual(['options: the subject at 10.0.0.7 is empty']);
    expect(rig.destination.said).toEqual(['10.0.0.7 m DEAD 0']);
  });
});

describe('close', () => {
  it('sends what was merged, delivers, and sends nothing afterwards', async () => {
    const rig = reporterRig();
    await rig.settle();
    rig.health.report('db@1', 'query', 'HEALTHY', 90);
    rig.health.report('db@1', 'query', 'HEALTHY', 80);
    rig.health.pending('db@2', 'query', 1, { withinMs: 10 });
    expect(await rig.health.close()).toBe(0);
    expect(rig.destination.said).toEqual(['db@1 query HEALTHY 90', 'db@1 query HEALTHY 80']);
    expect(rig.destination.isClosed).toBe(true);
    rig.health.report('db@1', 'query', 'DEAD');
    rig.health.clear(1);
    rig.health.pending('db@1', 'query', 2);
    await rig.pass(60_000);
    expect(rig.destination.said).toHaveLength(2);
    expect(rig.problems).toEqual(['closed: cart@1 has closed its connection and reports nothing any more']);
    expect(rig.health.counts()).toMatchObject({ late: 1, delivered: 2, waiting: 0 });
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('tries at once when it was pausing', async () => {
    const rig = reporterRig();
    rig.destination.failure = 'UNREACHABLE';
    rig.health.report('db@1', 'query', 'DEAD');
    await rig.pass(60_000);
    rig.destination.failure = null;
    expect(await rig.health.close(1000)).toBe(0);
    expect(rig.destination.said).toEqual(['db@1 query DEAD 0']);
  });

  it('gives up at its limit and says how much is left', async () => {
    const rig = reporterRig();
    rig.destination.failure = 'UNREACHABLE';
    rig.health.report('db@1', 'query', 'DEAD');
    rig.health.report('db@2', 'query', 'DEAD');
    const closed = rig.health.close(1000);
    await rig.pass(1000);
    expect(await closed).toBe(2);
    expect(rig.health.counts()).toMatchObject({ waiting: 0, dropped: 2 });
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('with a limit of 0 sends nothing more', async () => {
    const rig = reporterRig();
    rig.health.report('db@1', 'query', 'DEAD');
    expect(await rig.health.close(0)).toBe(1);
    await rig.settle();
    expect(rig.destination.said).toEqual([]);
  });

  it('takes a limit that is none for the usual one, and may be called again', async () => {
    const rig = reporterRig();
    rig.health.report('db@1', 'query', 'DEAD');
    const closed = rig.health.close(NaN);
    expect(rig.health.close(0)).toBe(closed);
    expect(await closed).toBe(0);
    expect(rig.problems).toEqual(['input: the limit of close is NaN, not a number from 0 to 2147483647']);
  });
});
