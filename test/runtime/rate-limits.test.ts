import { describe, expect, it } from '@jest/globals';
import { RateLimits } from '../../runtime/rate-limits.js';
import { FakeClock } from '../support/fake-clock.js';

describe('a limit of ten a second, and of twenty at once', () => {
  const limits = (clock: FakeClock): RateLimits => new RateLimits({ perSecond: 10, burstSeconds: 2, clock });

  it('lets twenty through at once, then ten a second', () => {
    const clock = new FakeClock();
    const rate = limits(clock);
    const taken = (): number => Array.from({ length: 100 }, () => rate.take('a', 1)).filter(Boolean).length;
    expect(taken()).toBe(20);
    clock.advance(1000);
    expect(taken()).toBe(10);
    clock.advance(60_000);
    expect(taken()).toBe(20);
  });

  it('counts each by itself', () => {
    const rate = limits(new FakeClock());
    while (rate.take('a', 1));
    expect(rate.take('b', 1)).toBe(true);
  });

  it('lets one through that takes much, and makes it wait for as long as that is worth', () => {
    const clock = new FakeClock();
    const rate = limits(clock);
    expect(rate.take('a', 120)).toBe(true);
    clock.advance(10_000);
    expect(rate.take('a', 1)).toBe(false);
    clock.advance(100);
    expect(rate.take('a', 1)).toBe(true);
  });

  it('remembers no more than ten thousand, those that took something lately', () => {
    const clock = new FakeClock();
    const rate = limits(clock);
    for (let index = 0; index < 9000; index += 1) rate.take(`early-${index}`, 1);
    clock.advance(1000);
    for (let index = 0; index < 5000; index += 1) rate.take(`late-${index}`, 20);
    expect(rate.size).toBeLessThanOrEqual(10_000);
    expect(rate.take('late-0', 1)).toBe(false);
  });
});
