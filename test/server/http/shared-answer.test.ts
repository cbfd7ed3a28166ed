import { describe, expect, it } from '@jest/globals';
import { SharedAnswer } from '../../../server/http/shared-answer.js';
import { FakeClock, settle } from '../../support/fake-clock.js';

describe('a shared answer', () => {
  it('is made once for all who ask within its moment', async () => {
    const clock = new FakeClock();
    let made = 0;
    const answer = new SharedAnswer(() => (made += 1), clock, 250);
    const [first, second] = await Promise.all([answer.get(), answer.get()]);
    expect(second).toBe(first);
    clock.advance(249);
    expect(await answer.get()).toBe(first);
    clock.advance(1);
    expect(await answer.get()).not.toBe(first);
    expect(made).toBe(2);
  });

  it('is made again for who asks after a change, though not at once when it was just made', async () => {
    const clock = new FakeClock();
    let made = 0;
    const answer = new SharedAnswer(() => (made += 1), clock, 250);
    const first = await answer.get();
    answer.forget();
    const pending = [answer.get(), answer.get(), answer.get()];
    clock.advance(99);
    expect(made).toBe(1);
    clock.advance(1);
    const [second, ...others] = await Promise.all(pending);
    expect(made).toBe(2);
    expect(second).not.toBe(first);
    expect(others).toEqual([second, second]);
  });

  it('is old at once when something changes while it is made', async () => {
    const clock = new FakeClock();
    let finish: (() => void) | undefined;
    let made = 0;
    const answer = new SharedAnswer(
      () => new Promise((resolve) => (finish = () => resolve((made += 1)))),
      clock,
      250,
    );
    const first = answer.get();
    await settle();
    answer.forget();
    finish?.();
    await first;
    const second = answer.get();
    clock.advance(100);
    await settle();
    finish?.();
    expect(await second).not.toBe(await first);
  });

  it('is tried again after it could not be made', async () => {
    let made = 0;
    const answer = new SharedAnswer(
      () => {
        made += 1;
        if (made === 1) throw new Error('not yet');
        return made;
      },
      new FakeClock(),
      250,
    );
    await expect(answer.get()).rejects.toThrow('not yet');
    expect((await answer.get()).etag).toMatch(/^W\//);
  });
});
