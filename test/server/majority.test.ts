import { describe, expect, it } from '@jest/globals';
import type { Observation } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import { majority } from '../../server/inference/majority.js';
import { observation, panorama } from '../support/observations.js';

const { HEALTHY, PENDING, MAYBE_UNHEALTHY, UNHEALTHY, DEAD, NA } = Status;

function infer(said: Record<string, Observation[]>) {
  return majority.infer(panorama(said), () => undefined);
}

/** The one metric's status and score. */
function verdict(said: Record<string, Observation[]>) {
  const metrics = infer(said)?.observation.metrics;
  expect(metrics).toHaveLength(1);
  return [metrics?.[0]?.status, metrics?.[0]?.score];
}

describe("one observer's word", () => {
  it('is its newest status', () => {
    expect(verdict({ a: [observation(1, ['q', DEAD, 0]), observation(2, ['q', HEALTHY, 90])] })).toEqual([
      HEALTHY,
      90,
    ]);
  });

  it('has the mean score of the newest and one equal value before it', () => {
    const scores = [10, 40, 60].map((score, index) => observation(index, ['q', UNHEALTHY, score]));
    expect(verdict({ a: scores })).toEqual([UNHEALTHY, 50]);
  });

  it('passes over a PENDING that was resolved, without counting it', () => {
    const said = [
      observation(1, ['q', HEALTHY, 80]),
      observation(2, ['q', PENDING, 5]),
      observation(3, ['q', PENDING, 5]),
      observation(4, ['q', HEALTHY, 90]),
    ];
    expect(verdict({ a: said })).toEqual([HEALTHY, 85]);
  });

  it('does not look back beyond another status', () => {
    const said = [
      observation(1, ['q', UNHEALTHY, 10]),
      observation(2, ['q', HEALTHY, 90]),
      observation(3, ['q', UNHEALTHY, 30]),
    ];
    expect(verdict({ a: said })).toEqual([UNHEALTHY, 30]);
  });

  it('keeps a metric that only an older observation has', () => {
    const said = [observation(1, ['disk', UNHEALTHY, 20]), observation(2, ['q', HEALTHY, 90])];
    expect(infer({ a: said })?.observation).toEqual({
      time: { seconds: 2, nanos: 0 },
      metrics: [
        { name: 'q', status: HEALTHY, score: 90 },
        { name: 'disk', status: UNHEALTHY, score: 20 },
      ],
    });
  });
});

describe('the vote of several', () => {
  it('goes to the most frequent status, with the mean score of all', () => {
    expect(
      verdict({
        a: [observation(1, ['q', HEALTHY, 90])],
        b: [observation(1, ['q', HEALTHY, 80])],
        c: [observation(1, ['q', DEAD, 10])],
      }),
    ).toEqual([HEALTHY, 60]);
  });

  it.each([
    [HEALTHY, UNHEALTHY, UNHEALTHY],
    [DEAD, UNHEALTHY, DEAD],
    [NA, HEALTHY, HEALTHY],
    [MAYBE_UNHEALTHY, PENDING, MAYBE_UNHEALTHY],
  ])('goes to the worse one in a tie of %i and %i', (one, other, expected) => {
    expect(verdict({ a: [observation(1, ['q', one, 50])], b: [observation(1, ['q', other, 50])] })).toEqual([
      expected,
      50,
    ]);
  });

  it('has the newest time and names all who contributed', () => {
    const inference = infer({
      b: [observation(7, ['q', HEALTHY, 90])],
      a: [observation(3, ['q', HEALTHY, 90])],
      silent: [],
    });
    expect(inference?.observers).toEqual(['b', 'a']);
    expect(inference?.observation.time).toEqual({ seconds: 7, nanos: 0 });
  });

  it('leaves what is stored as it was, so that scores do not drift', () => {
    const said = { a: [observation(1, ['q', UNHEALTHY, 20]), observation(2, ['q', UNHEALTHY, 40])] };
    expect(verdict(said)).toEqual([UNHEALTHY, 30]);
    expect(verdict(said)).toEqual([UNHEALTHY, 30]);
  });

  it('says nothing when nobody said anything', () => {
    expect(infer({})).toBeNull();
    expect(infer({ a: [] })).toBeNull();
  });
});
