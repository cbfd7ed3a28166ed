import { describe, expect, it } from '@jest/globals';
import type { Panorama } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import type { WeighedVote } from '../../server/inference/algorithm.js';
import { majority } from '../../server/inference/majority.js';
import { weighted } from '../../server/inference/weighted.js';
import { ReportStore } from '../../server/store/report-store.js';
import { observation, panorama } from '../support/observations.js';

const nobody = (): undefined => undefined;

function weights(votes: readonly WeighedVote[]): [observer: string, metric: string, weight: number][] {
  return votes.map(({ observer, name, weight }) => [observer, name, weight]);
}

describe('the votes of the majority', () => {
  it('are one of each observer for each metric, and weigh the same', () => {
    const held = panorama({
      a: [observation(1, ['Link', Status.UNHEALTHY, 20], ['Disk', Status.HEALTHY, 90])],
      b: [observation(1, ['Link', Status.HEALTHY, 90]), observation(2, ['Link', Status.UNHEALTHY, 10])],
    });
    expect(weights(majority.votes(held, nobody))).toEqual([
      ['a', 'Link', 1],
      ['a', 'Disk', 1],
      ['b', 'Link', 1],
    ]);
    expect(majority.votes(held, nobody)[2]).toMatchObject({
      status: Status.UNHEALTHY,
      score: 10,
      time: { seconds: 2, nanos: 0 },
    });
  });
});

describe('the votes of weighed observers', () => {
  it('have no weight where the word was taken back, and little where it is from before a complaint', () => {
    const held = panorama({
      a: [observation(100, ['Link', Status.UNHEALTHY, 20])],
      b: [observation(10, ['Link', Status.HEALTHY, 90])],
      c: [observation(100, ['Link', Status.NA, 0])],
      d: [observation(95, ['Link', Status.HEALTHY, 90])],
    });
    expect(weights(weighted.votes(held, nobody))).toEqual([
      ['a', 'Link', 1],
      ['b', 'Link', 0.25],
      ['d', 'Link', 1],
      ['c', 'Link', 0],
    ]);
  });

  it('weigh less of whom others complain', () => {
    const store = new ReportStore();
    const say = (observer: string, subject: string): void =>
      store.add({ observer, subject, observation: observation(10, ['Link', Status.UNHEALTHY, 20]) });
    say('cut', 'a');
    say('a', 'cut');
    say('b', 'cut');
    const held = store.panorama('a');
    const lookUp = (subject: string): Panorama | undefined => store.panorama(subject);
    const votes = held === undefined ? [] : weighted.votes(held, lookUp);
    expect(votes.map(({ observer }) => observer)).toEqual(['cut']);
    // Half of a's word, as it is accused itself, and b's: 1 / (1 + 1.5) squared.
    expect(votes[0]?.weight).toBeCloseTo(0.16, 5);
  });

  it('are those by which it decides', () => {
    const statuses = [Status.HEALTHY, Status.PENDING, Status.UNHEALTHY, Status.DEAD];
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    for (let round = 0; round < 200; round += 1) {
      const said = Object.fromEntries(
        ['a', 'b', 'c', 'd', 'e']
          .slice(0, 1 + random(5))
          .map((observer) => [
            observer,
            [observation(random(40), ['Link', statuses[random(4)] ?? Status.HEALTHY, random(100)])],
          ]),
      );
      const held = panorama(said);
      const byStatus = new Map<Status, number>();
      for (const { status, weight } of weighted.votes(held, nobody))
        byStatus.set(status, (byStatus.get(status) ?? 0) + weight);
      const [heaviest] = [...byStatus].sort(([a, light], [b, heavy]) => heavy - light || b - a);
      const decided = weighted.infer(held, nobody)?.observation.metrics[0]?.status;
      const complaints = [...byStatus].filter(([status]) => status >= Status.UNHEALTHY);
      const weight = complaints.reduce((sum, [, of]) => sum + of, 0);
      const isTooLight = (heaviest?.[0] ?? 0) >= Status.UNHEALTHY && weight < 0.4;
      expect(decided).toBe(isTooLight ? Status.MAYBE_UNHEALTHY : heaviest?.[0]);
    }
  });
});
