import { describe, expect, it } from '@jest/globals';
import {
  compareNaturally,
  formatGoTime,
  formatInference,
  formatObservation,
  formatPanorama,
  formatReport,
  formatTimestamp,
} from '../../cli/text-format.js';
import type { Observation } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';

const SYNC_THREAD: Observation = {
  time: { seconds: 1495214185, nanos: 0 },
  metrics: [{ name: 'SyncThread', status: Status.UNHEALTHY, score: 20 }],
};

describe('printing a time', () => {
  it.each([
    [0, '2017-05-19T17:16:25Z'],
    [986_000_000, '2017-05-19T17:16:25.986Z'],
    [986_120_000, '2017-05-19T17:16:25.98612Z'],
    [30_000_000, '2017-05-19T17:16:25.03Z'],
    [367_278_005, '2017-05-19T17:16:25.367278005Z'],
    [5, '2017-05-19T17:16:25.000000005Z'],
  ])('shows %i nanoseconds with as many digits as are needed', (nanos, expected) => {
    expect(formatTimestamp({ seconds: 1495214185, nanos })).toBe(expected);
  });

  it('shows the watch list time as Go does', () => {
    expect(formatGoTime({ seconds: 1495353639, nanos: 367133633 })).toBe(
      '2017-05-21 08:00:39.367133633 +0000 UTC',
    );
    expect(formatGoTime({ seconds: 1495353639, nanos: 358364650 })).toBe(
      '2017-05-21 08:00:39.35836465 +0000 UTC',
    );
    expect(formatGoTime({ seconds: 1495353639, nanos: 0 })).toBe('2017-05-21 08:00:39 +0000 UTC');
  });

  it('survives a time that no calendar has', () => {
    expect(formatTimestamp({ seconds: 1e18, nanos: 0 })).toBe('1000000000000000000sZ');
  });
});

describe('printing what the aggregator holds', () => {
  it('shows a panorama view by view', () => {
    const view = { observer: 'peer@9', subject: 'peer@9', observations: [SYNC_THREAD] };
    expect(formatPanorama({ subject: 'peer@9', views: new Map([['peer@9', view]]) })).toBe(
      '[[... peer@9->peer@9 (1 observations) ...]]\n' +
        '  |peer@9| 2017-05-19T17:16:25Z { SyncThread: UNHEALTHY, 20.0; }\n',
    );
  });

  it('shows an inference with its observers in natural order', () => {
    expect(
      formatInference({ subject: 'peer@1', observers: ['peer@10', 'peer@9'], observation: SYNC_THREAD }),
    ).toBe('[peer@9 peer@10] ==> peer@1: 2017-05-19T17:16:25Z { SyncThread: UNHEALTHY, 20.0; }');
  });

  it('shows metrics in alphabetical order and nothing when there is none', () => {
    const metrics = [
      { name: 'b', status: Status.DEAD, score: 0 },
      { name: 'a', status: Status.NA, score: 7.25 },
    ];
    expect(formatObservation({ time: { seconds: 0, nanos: 0 }, metrics })).toBe(
      '1970-01-01T00:00:00Z { a: NA, 7.2; b: DEAD, 0.0; }',
    );
    expect(formatObservation({ time: { seconds: 0, nanos: 0 }, metrics: [] })).toBe('{}');
  });

  it.each([
    [30.25, '30.2'],
    [30.75, '30.8'],
    [30.35, '30.4'],
    [99.96, '100.0'],
  ])('rounds the score %d to %s, a tie to the even digit', (score, expected) => {
    expect(
      formatObservation({
        time: { seconds: 0, nanos: 0 },
        metrics: [{ name: 'm', status: Status.NA, score }],
      }),
    ).toBe(`1970-01-01T00:00:00Z { m: NA, ${expected}; }`);
  });

  it('shows a report in the text format of protobuf', () => {
    const observation = {
      time: { seconds: 1495181595, nanos: 385767379 },
      metrics: [{ name: 'snapshot', status: Status.UNHEALTHY, score: 30 }],
    };
    expect(formatReport({ observer: 'peer@2', subject: 'peer@1', observation })).toBe(
      'observer:"peer@2" subject:"peer@1" observation:<ts:<seconds:1495181595 nanos:385767379 > ' +
        'metrics:<key:"snapshot" value:<name:"snapshot" value:<status:UNHEALTHY score:30 > > > >',
    );
  });

  it('leaves out zeros and shows a score as the 32-bit float it is', () => {
    const observation = {
      time: { seconds: 1, nanos: 0 },
      metrics: [
        { name: 'a', status: Status.DEAD, score: 0 },
        { name: 'b', status: Status.NA, score: Math.fround(33.3) },
      ],
    };
    expect(formatReport({ observer: 'o', subject: 's', observation })).toBe(
      'observer:"o" subject:"s" observation:<ts:<seconds:1 > ' +
        'metrics:<key:"a" value:<name:"a" value:<status:DEAD > > > ' +
        'metrics:<key:"b" value:<name:"b" value:<status:NA score:33.3 > > > >',
    );
  });
});

describe('the order of subjects', () => {
  it('counts numbers as numbers', () => {
    expect(['peer@10', 'nn1', 'peer@2', 'peer@1', 'dn@h:9866'].sort(compareNaturally)).toEqual([
      'dn@h:9866',
      'nn1',
      'peer@1',
      'peer@2',
      'peer@10',
    ]);
  });
});
