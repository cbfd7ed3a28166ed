import { describe, expect, it } from '@jest/globals';
import type { TakenEntry } from '../../protocol/batch-service.js';
import type { PeerBatch, Position } from '../../protocol/peering-service.js';
import { HviewError } from '../../runtime/errors.js';
import { silentLogger } from '../../runtime/logger.js';
import { PeerRoute } from '../../server/relay/peer-route.js';
import { RelayLog } from '../../server/relay/relay-log.js';
import { entry } from '../support/batches.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { refusePeering } from '../support/fake-peering.js';

const AWAY = new HviewError('UNREACHABLE', 'nobody listens');

/** A peer that takes all, unless it is told to fail. */
class Peer {
  readonly learnReport = refusePeering;
  readonly batches: string[][] = [];
  readonly compared: string[][] = [];
  run = 'run1';
  position: Position | null = null;
  failure: HviewError | null = null;

  greet() {
    return this.#answer({ run: this.run, position: this.position });
  }

  learn({ entries }: PeerBatch) {
    if (this.failure === null) this.batches.push(entries.map(({ id }) => id));
    return this.#answer({ run: this.run, accepted: entries.length, duplicates: 0, refused: 0, ignored: [] });
  }

  subscribe() {
    return this.#answer(undefined);
  }

  compare(_source: string, subjects: readonly { readonly subject: string }[]) {
    const wanted = subjects.map(({ subject }) => subject);
    this.compared.push(wanted);
    return this.#answer({ run: this.run, wanted });
  }

  #answer<Answer>(answer: Answer): Promise<Answer> {
    return this.failure === null ? Promise.resolve(answer) : Promise.reject(this.failure);
  }
}

function setUp(reports = 100) {
  const peer = new Peer();
  const clock = new FakeClock();
  const log = new RelayLog({ reports, bytes: 1_000_000 });
  const route = new PeerRoute({
    peer: { id: 'pano1', address: 'h:1' },
    self: { id: 'pano0', address: 'h:0' },
    service: peer,
    clock,
    random: () => 0,
    logger: silentLogger,
    queueLength: 100,
    log,
    views: {
      watched: () => [],
      subjects: () => ['s'],
      digest: () => 1,
      standing: (): TakenEntry[] => [entry('stands', { subject: 's' })],
    },
    run: 'run0',
    epoch: 'run0',
  });
  const report = async (...ids: string[]): Promise<void> => {
    for (const id of ids) log.add(entry(id), clock.monotonic());
    route.logged();
    await settle();
  };
  return { peer, clock, log, route, report };
}

describe('the route to a peer', () => {
  it('sends what is reported in order, and then compares what stands', async () => {
    const { peer, route, report } = setUp();
    await report('a', 'b');
    route.start();
    await settle();
    expect(peer.batches).toEqual([['a', 'b'], ['stands']]);
    expect(peer.compared).toEqual([['s']]);
    await report('c');
    expect(peer.batches.at(-1)).toEqual(['c']);
    expect(route.counts).toMatchObject({ sent: 4, acknowledged: 4, caughtUp: 1, waiting: 0, dropped: 0 });
  });

  it('goes on behind the position that the peer tells, if it is one of this start', async () => {
    const { peer, route, report } = setUp();
    await report('a', 'b', 'c');
    peer.position = { epoch: 'run0', sequence: 2 };
    route.start();
    await settle();
    expect(peer.batches[0]).toEqual(['c']);
  });

  it('keeps no more for a peer that is away than the log holds, and says how far it is behind', async () => {
    const { peer, clock, log, route, report } = setUp(10);
    route.start();
    await settle();
    peer.batches.length = 0;
    peer.failure = AWAY;
    for (let index = 0; index < 1000; index += 1) await report(`r${index}`);
    clock.advance(5000);
    expect(log.size).toBe(10);
    expect(route.counts).toMatchObject({ waiting: 10, behind: { reports: 1000, seconds: 5 } });
    await settle();
    peer.failure = null;
    peer.position = { epoch: 'run0', sequence: 0 };
    clock.advance(2000);
    await settle();
    await settle();
    expect(peer.batches[0]).toEqual(Array.from({ length: 10 }, (_, index) => `r${990 + index}`));
    expect(peer.batches[1]).toEqual(['stands']);
    expect(route.counts).toMatchObject({ dropped: 990, waiting: 0, behind: { reports: 0, seconds: 0 } });
  });

  it('gives up what the peer refuses, and goes on with what comes after it', async () => {
    const { peer, clock, route, report } = setUp();
    route.start();
    await settle();
    peer.failure = new HviewError('REQUEST_INVALID', 'names is too long');
    await report('refused');
    peer.failure = null;
    await report('next');
    clock.advance(200);
    await settle();
    expect(peer.batches.flat()).not.toContain('refused');
    expect(peer.batches.flat()).toContain('next');
    expect(route.counts.dropped).toBe(1);
  });

  it('gives up what makes the peer fail three times', async () => {
    const { peer, clock, route, report } = setUp();
    route.start();
    await settle();
    peer.failure = new HviewError('REMOTE_FAILED', 'out of memory');
    await report('poison');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      clock.advance(2000);
      await settle();
    }
    peer.failure = null;
    await report('next');
    clock.advance(2000);
    await settle();
    expect(route.counts.dropped).toBe(1);
    expect(peer.batches.flat()).not.toContain('poison');
    expect(peer.batches.flat()).toContain('next');
  });

  it('is silent once closed', async () => {
    const { peer, clock, route, report } = setUp();
    route.start();
    await settle();
    route.close();
    const before = peer.batches.length;
    await report('a');
    expect(peer.batches).toHaveLength(before);
    expect(clock.pendingTimers).toBe(0);
  });
});
