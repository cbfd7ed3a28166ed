import { describe, expect, it } from '@jest/globals';
import { DropPlan } from '../../../agent/spool/drop-plan.js';
import { Status } from '../../../protocol/model.js';

const { HEALTHY, UNHEALTHY, DEAD } = Status;

/** Fates of words of ten bytes each, written `topic status`, when so many of them may stay. */
function fates(words: readonly (readonly [string, Status])[], kept: number): string[] {
  const plan = new DropPlan();
  for (const [topic, status] of words) plan.add(topic, String(status), status, 10);
  return [...plan.decide(kept * 10)];
}

describe('what a full spool leaves out', () => {
  it('is every repeat but the newest, whatever the room', () => {
    const words = [
      ['a', UNHEALTHY],
      ['a', UNHEALTHY],
      ['b', HEALTHY],
      ['a', UNHEALTHY],
    ] as const;
    expect(fates(words, 100)).toEqual(['repeat', 'repeat', 'keep', 'keep']);
  });

  it('is no word that differs from the one before it while there is room', () => {
    const words = [
      ['a', HEALTHY],
      ['a', UNHEALTHY],
      ['a', HEALTHY],
    ] as const;
    expect(fates(words, 3)).toEqual(['keep', 'keep', 'keep']);
  });

  it('is the oldest of those that are neither the newest nor the worst', () => {
    const words = [
      ['a', HEALTHY],
      ['a', DEAD],
      ['a', UNHEALTHY],
      ['a', HEALTHY],
      ['a', UNHEALTHY],
    ] as const;
    expect(fates(words, 4)).toEqual(['middle', 'keep', 'keep', 'keep', 'keep']);
    expect(fates(words, 3)).toEqual(['middle', 'keep', 'middle', 'keep', 'keep']);
    expect(fates(words, 2)).toEqual(['middle', 'keep', 'middle', 'middle', 'keep']);
  });

  it('keeps of several worst words the newest', () => {
    const words = [
      ['a', DEAD],
      ['a', HEALTHY],
      ['a', DEAD],
      ['a', HEALTHY],
    ] as const;
    expect(fates(words, 2)).toEqual(['middle', 'middle', 'keep', 'keep']);
  });

  it('is then the worst word, and at last the newest word of the topic that was silent for longest', () => {
    const words = [
      ['a', DEAD],
      ['a', HEALTHY],
      ['b', DEAD],
      ['b', HEALTHY],
    ] as const;
    expect(fates(words, 3)).toEqual(['worst', 'keep', 'keep', 'keep']);
    expect(fates(words, 2)).toEqual(['worst', 'keep', 'worst', 'keep']);
    expect(fates(words, 1)).toEqual(['worst', 'newest', 'worst', 'keep']);
  });

  it('counts a worst word that was repeated by its newest repeat', () => {
    const words = [
      ['a', DEAD],
      ['a', DEAD],
      ['a', HEALTHY],
    ] as const;
    expect(fates(words, 2)).toEqual(['repeat', 'keep', 'keep']);
  });
});
