import { describe, expect, it } from '@jest/globals';
import { Backoff } from '../../runtime/backoff.js';
import { every, sleep } from '../../runtime/clock.js';
import { HviewError, fileError } from '../../runtime/errors.js';
import { Lifecycle } from '../../runtime/lifecycle.js';
import { FakeClock, settle } from '../support/fake-clock.js';

describe('stopping what was started', () => {
  it('goes backwards, and once', async () => {
    const lifecycle = new Lifecycle(new FakeClock());
    const stopped: string[] = [];
    for (const name of ['first', 'second']) lifecycle.onStop(name, () => void stopped.push(name));
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(stopped).toEqual(['second', 'first']);
  });

  it('goes on after a failure and names each one', async () => {
    const lifecycle = new Lifecycle(new FakeClock());
    const stopped: string[] = [];
    lifecycle.onStop('disk', () => void stopped.push('disk'));
    lifecycle.onStop('network', () => Promise.reject(new Error('cable cut')));
    await expect(lifecycle.stop()).rejects.toMatchObject({
      code: 'STOP_FAILED',
      message: 'could not stop network: cable cut',
    });
    expect(stopped).toEqual(['disk']);
  });

  it('does not wait for ever', async () => {
    const clock = new FakeClock();
    const lifecycle = new Lifecycle(clock);
    lifecycle.onStop('sleeper', () => new Promise(() => undefined));
    const stopped = lifecycle.stop(1000);
    await settle();
    clock.advance(1000);
    await expect(stopped).rejects.toThrow('could not stop sleeper: not done after 1000 ms');
  });
});

describe('waiting', () => {
  it('ends at the time or when it is called off', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    let woken = 0;
    void sleep(clock, 100).then(() => (woken += 1));
    void sleep(clock, 100_000, abort.signal).then(() => (woken += 1));
    clock.advance(100);
    await settle();
    expect(woken).toBe(1);
    abort.abort();
    await settle();
    expect(woken).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('repeats until it is cancelled', () => {
    const clock = new FakeClock();
    let ticks = 0;
    const timer = every(clock, 10, () => (ticks += 1));
    clock.advance(35);
    timer.cancel();
    clock.advance(100);
    expect(ticks).toBe(3);
  });

  it('doubles up to a limit, with up to half of each pause left out at random', () => {
    const longest = new Backoff({ firstMs: 100, maxMs: 1000, random: () => 0 });
    expect([1, 2, 3, 4, 5].map(() => longest.next())).toEqual([100, 200, 400, 800, 1000]);
    longest.reset();
    expect(longest.next()).toBe(100);
    const shortest = new Backoff({ firstMs: 100, maxMs: 1000, random: () => 1 });
    expect(shortest.next()).toBe(50);
  });
});

describe('errors', () => {
  it('keep what they are, and make of anything else a defect with its cause', () => {
    const known = new HviewError('USAGE', 'wrong');
    expect(HviewError.from(known)).toBe(known);
    const cause = new TypeError('x is not a function');
    expect(HviewError.from(cause)).toMatchObject({ code: 'INTERNAL', message: 'x is not a function', cause });
  });

  it('say in words why a file cannot be used', () => {
    const error = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
    expect(fileError('FILTER_INVALID', 'cannot read', '/a/b.json', error).message).toBe(
      'cannot read /a/b.json: there is no such file',
    );
  });
});
