import { describe, expect, it } from '@jest/globals';
import { boundedLookup } from '../../plugins/host-lookup.js';
import { FakeClock } from '../support/fake-clock.js';

/** A name server whose answers the test gives. */
function nameServer() {
  const asked: string[] = [];
  const answers = new Map<string, (addresses: string[]) => void>();
  const ask = (host: string): Promise<readonly string[]> => {
    asked.push(host);
    return new Promise((resolve) => answers.set(host, resolve));
  };
  return { asked, ask, answer: (host: string, ...addresses: string[]) => answers.get(host)?.(addresses) };
}

describe('the lookup of host names', () => {
  it('asks for two at a time, and for the next when one is answered', async () => {
    const server = nameServer();
    const lookup = boundedLookup(server.ask, new FakeClock());
    const [first] = ['a', 'b', 'c'].map(lookup);
    expect(server.asked).toEqual(['a', 'b']);
    server.answer('a', '10.0.0.1');
    await expect(first).resolves.toEqual(['10.0.0.1']);
    expect(server.asked).toEqual(['a', 'b', 'c']);
  });

  it('gives up after five seconds, also on names whose turn has not come', async () => {
    const server = nameServer();
    const clock = new FakeClock();
    const lookup = boundedLookup(server.ask, clock);
    const results = Promise.allSettled(['a', 'b', 'c'].map(lookup));
    clock.advance(5000);
    const reasons = (await results).map((result) =>
      result.status === 'rejected' ? String(result.reason) : '',
    );
    expect(reasons).toEqual(Array(3).fill('Error: no answer within 5 s'));
  });

  it('goes on with later names when the server comes back', async () => {
    const server = nameServer();
    const clock = new FakeClock();
    const lookup = boundedLookup(server.ask, clock);
    const early = Promise.allSettled(['a', 'b', 'c'].map(lookup));
    clock.advance(5000);
    await early;
    const late = lookup('d');
    server.answer('a', '10.0.0.1');
    await Promise.resolve().then(() => undefined);
    await new Promise(setImmediate);
    server.answer('d', '10.0.0.4');
    await expect(late).resolves.toEqual(['10.0.0.4']);
    expect(server.asked).toEqual(['a', 'b', 'd']);
  });
});
