import { describe, expect, it } from '@jest/globals';
import type { Panorama } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import { Inferences } from '../../server/inference/inferences.js';
import { weighted } from '../../server/inference/weighted.js';
import { ReportStore } from '../../server/store/report-store.js';
import { observation, report } from '../support/observations.js';

/** Every one of them has something to say of nearly every other, drawn from the seed. */
function crossfire(seed: number, size: number): ReportStore {
  const store = new ReportStore();
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  for (let count = 0; count < size * size * 2; count += 1) {
    const status = [Status.HEALTHY, Status.PENDING, Status.MAYBE_UNHEALTHY, Status.UNHEALTHY, Status.DEAD][
      random(5)
    ];
    store.add(
      report({
        observer: `peer@${random(size)}`,
        subject: `peer@${random(size)}`,
        observation: observation(1000 + random(30), [`m${random(2)}`, status ?? Status.NA, random(100)]),
      }),
    );
  }
  return store;
}

describe('inferences of one moment', () => {
  it.each([1, 2, 3])('say what each says by itself (seed %i)', (seed) => {
    const store = crossfire(seed, 6);
    const lookUp = (subject: string): Panorama | undefined => store.panorama(subject);
    const infer = weighted.at?.(lookUp);
    const panoramas = [...store.subjects()].map((subject) => store.panorama(subject));
    expect(panoramas).toHaveLength(6);
    for (const panorama of panoramas)
      if (panorama !== undefined) expect(infer?.(panorama)).toEqual(weighted.infer(panorama, lookUp));
  });

  it('look at each panorama once, however many accuse each other', () => {
    const store = crossfire(4, 20);
    const looked: string[] = [];
    const inferences = new Inferences({
      algorithm: weighted,
      panorama: (subject) => {
        looked.push(subject);
        return store.panorama(subject);
      },
      onChange: () => undefined,
      onEnd: () => undefined,
    });
    for (const subject of store.subjects()) inferences.mark(subject);
    inferences.settle();
    expect(looked.sort()).toEqual([...store.subjects()].sort());
  });

  it('are made anew after a report', () => {
    const store = new ReportStore();
    const inferences = new Inferences({
      algorithm: weighted,
      panorama: (subject) => store.panorama(subject),
      onChange: () => undefined,
      onEnd: () => undefined,
    });
    const say = (seconds: number, status: Status): Status | undefined => {
      store.add(report({ observation: observation(seconds, ['q', status, 50]) }));
      inferences.mark('peer@2', 'peer@1');
      return inferences.get('peer@2')?.observation.metrics[0]?.status;
    };
    expect([say(1, Status.HEALTHY), say(2, Status.DEAD)]).toEqual([Status.HEALTHY, Status.DEAD]);
  });
});
