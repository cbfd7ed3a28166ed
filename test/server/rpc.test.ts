import { describe, expect, it } from '@jest/globals';
import type { UncheckedReport } from '../../protocol/codec.js';
import { Status } from '../../protocol/model.js';
import { HviewError } from '../../runtime/errors.js';
import { Registrations } from '../../server/rpc/registrations.js';
import { checkName, checkReport, checkSubject } from '../../server/rpc/validation.js';
import type { MetricParts } from '../support/observations.js';
import { observation, report } from '../support/observations.js';

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const { code, message } = HviewError.from(error);
    return `${code} ${message}`;
  }
  return 'nothing was refused';
}

describe('registrations', () => {
  it('give handles from 10001 upward, and the same one for the same pair', () => {
    const registrations = new Registrations();
    const names = [
      { module: 'ZooKeeper', observer: 'peer@1' },
      { module: 'ZooKeeper', observer: 'peer@2' },
      { module: 'HDFS', observer: 'peer@1' },
      { module: 'ZooKeeper', observer: 'peer@1' },
    ];
    expect(names.map((name) => registrations.register(name))).toEqual([
      { handle: 10001, isNew: true },
      { handle: 10002, isNew: true },
      { handle: 10003, isNew: true },
      { handle: 10001, isNew: false },
    ]);
  });

  it('refuse a handle that nobody has', () => {
    expect(refusal(() => new Registrations().check(10001, 'peer@1'))).toBe(
      'REQUEST_INVALID Invalid submission handle',
    );
  });

  it('take a handle from before a restart only for its observer, until that registers again', () => {
    const registrations = new Registrations();
    registrations.restore(10007, { module: 'ZooKeeper', observer: 'peer@1' });
    registrations.check(10007, 'peer@1');
    expect(refusal(() => registrations.check(10007, 'peer@2'))).toContain('Invalid submission handle');
    expect(registrations.register({ module: 'ZooKeeper', observer: 'peer@1' }).handle).toBe(10007);
    registrations.check(10007, 'peer@2');
    expect(registrations.register({ module: 'ZooKeeper', observer: 'peer@2' }).handle).toBe(10008);
  });
});

describe('checking a report', () => {
  const withMetric = (...parts: MetricParts): UncheckedReport =>
    report({ observation: observation(1, parts) });
  const withTime = (seconds: number, nanos: number): UncheckedReport =>
    report({ observation: { time: { seconds, nanos }, metrics: [] } });
  const metrics = (count: number): UncheckedReport =>
    report({
      observation: observation(
        1,
        ...Array.from({ length: count }, (_, index): MetricParts => [`m${index}`, 2, 1]),
      ),
    });

  it.each<[string, UncheckedReport | null]>([
    ['report is missing', null],
    ['report.observer is empty', report({ observer: '' })],
    ['report.subject is empty', report({ subject: '' })],
    ['report.subject is __proto__', report({ subject: '__proto__' })],
    ['report.subject is longer than 256 bytes', report({ subject: 'é'.repeat(129) })],
    ['report.subject holds a zero byte', report({ subject: 'a\0b' })],
    ['report.observation.ts is missing', { observer: 'a', subject: 'b', observation: null }],
    ['report.observation.ts is no time between the years 1 and 9999', withTime(1, 1e9)],
    ['report.observation.ts is no time between the years 1 and 9999', withTime(1, -1)],
    ['report.observation.ts is no time between the years 1 and 9999', withTime(253_402_300_800, 0)],
    ['report.observation.metrics["q"].value.score is NaN', withMetric('q', Status.HEALTHY, NaN)],
    ['report.observation.metrics["q"].value.score is Infinity', withMetric('q', Status.HEALTHY, Infinity)],
    ['report.observation.metrics["q"].value.status is INVALID', withMetric('q', Status.INVALID, 1)],
    ['report.observation.metrics: a name is empty', withMetric('', Status.HEALTHY, 1)],
    ['report.observation.metrics has more than 64 entries', metrics(65)],
  ])('says that %s', (message, unchecked) => {
    expect(refusal(() => checkReport(unchecked))).toBe(`REQUEST_INVALID ${message}`);
  });

  it.each<[string, UncheckedReport]>([
    ['64 metrics', metrics(64)],
    ['no metrics', metrics(0)],
    ['a name of exactly 256 bytes', report({ subject: 'é'.repeat(128) })],
    ['the last second there is', withTime(253_402_300_799, 999_999_999)],
  ])('takes %s', (_, unchecked) => {
    expect(checkReport(unchecked)).toEqual(unchecked);
  });

  it('asks of a subscription only its subject', () => {
    expect(checkSubject({ observer: '', subject: 'peer@2', observation: null })).toBe('peer@2');
    expect(refusal(() => checkSubject(null))).toBe('REQUEST_INVALID report is missing');
    expect(refusal(() => checkName('', 'module'))).toBe('REQUEST_INVALID module is empty');
  });
});
