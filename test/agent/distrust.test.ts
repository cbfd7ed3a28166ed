import { describe, expect, it } from '@jest/globals';
import { Distrust } from '../../agent/distrust.js';
import type { Finding } from '../../agent/finding.js';
import { Status } from '../../protocol/model.js';
import { finding } from '../support/findings.js';

const T = 1_700_000_000_000;

/** peer@1 tells that it stood still for five seconds and is not to be trusted for ten. */
const pause = finding({
  timeMs: T,
  subject: 'peer@1',
  context: 'Pause',
  pause: { lastedMs: 5000, distrustMs: 10_000 },
});

function complaint(offsetMs: number, parts: Partial<Finding> = {}): Finding {
  return finding({ timeMs: T + offsetMs, ...parts });
}

function afterPause(): Distrust {
  const distrust = new Distrust();
  expect(distrust.decide(pause)).toBe('pass');
  return distrust;
}

describe('after a pause of an observer', () => {
  it.each([
    ['from a second before it began', -6000, 'distrusted'],
    ['not earlier', -6001, 'pass'],
    ['until Distrust is over', 10_000, 'distrusted'],
    ['not later', 10_001, 'pass'],
  ])('its complaints about others weigh nothing, %s', (_, offsetMs, expected) => {
    expect(afterPause().decide(complaint(offsetMs))).toBe(expected);
  });

  it.each([
    ['what it says of itself', { subject: 'peer@1' }],
    ['good words', { status: Status.HEALTHY }],
    ['what another observer says', { observer: 'peer@3' }],
    ['word of the next pause', { pause: { lastedMs: 0, distrustMs: 1 } }],
  ])('%s counts', (_, parts) => {
    expect(afterPause().decide(complaint(1, parts))).toBe('pass');
  });

  it('pending word of others weighs nothing either', () => {
    expect(afterPause().decide(complaint(1, { status: Status.PENDING }))).toBe('distrusted');
  });
});

it('believes everything as long as nothing was told of a pause', () => {
  expect(new Distrust().decide(complaint(0))).toBe('pass');
});

describe('over a restart', () => {
  it('the distrust goes on', () => {
    const distrust = new Distrust();
    distrust.restore(JSON.parse(JSON.stringify(afterPause().state())));
    expect(distrust.decide(complaint(10_000))).toBe('distrusted');
    expect(distrust.state()).toEqual([{ observer: 'peer@1', fromMs: T - 6000, untilMs: T + 10_000 }]);
  });

  it('what is no state is ignored', () => {
    const distrust = new Distrust();
    for (const state of [null, 7, {}, [7], [null], [{ observer: 'peer@1', fromMs: 'x' }]]) {
      distrust.restore(state);
    }
    expect(distrust.state()).toEqual([]);
  });
});

it('remembers a bounded number of pauses, the latest', () => {
  const distrust = new Distrust();
  for (let index = 0; index < 1000; index++) {
    distrust.decide({ ...pause, timeMs: T + index * 60_000 });
  }
  expect(distrust.state()).toHaveProperty('length', 64);
  expect(distrust.decide(complaint(999 * 60_000))).toBe('distrusted');
});
