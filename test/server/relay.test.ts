import { describe, expect, it } from '@jest/globals';
import type { Intake, LearnRequest } from '../../protocol/health-service.js';
import { HviewError } from '../../runtime/errors.js';
import { silentLogger } from '../../runtime/logger.js';
import { PeerRoute } from '../../server/relay/peer-route.js';
import { RelayLog } from '../../server/relay/relay-log.js';
import { Relay } from '../../server/relay/relay.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { entry } from '../support/batches.js';
import { refusePeering } from '../support/fake-peering.js';

/** A peer that knows idl only, and whose answers are given by hand. */
class Peer {
  readonly greet = refusePeering;
  readonly learn = refusePeering;
  readonly subscribe = refusePeering;
  readonly compare = refusePeering;
  readonly asked: string[] = [];
  #answers: ((answer: Intake | HviewError) => void)[] = [];

  learnReport({ report: { subject } }: LearnRequest): Promise<Intake> {
    this.asked.push(subject);
    return new Promise((resolve, reject) => {
      this.#answers.push((answer) => (answer instanceof HviewError ? reject(answer) : resolve(answer)));
    });
  }

  /** Answers all that it was asked. */
  async answer(answer: Intake | HviewError): Promise<void> {
    for (const give of this.#answers.splice(0)) give(answer);
    await settle();
  }
}

async function setUp(names: readonly string[]) {
  const clock = new FakeClock();
  const log = new RelayLog();
  const peers = names.map((id) => ({ id, service: new Peer() }));
  const routes = peers.map(
    ({ id, service }) =>
      [
        id,
        new PeerRoute({
          peer: { id, address: `${id}:1` },
          self: { id: 'pano0', address: 'h:0' },
          service,
          clock,
          random: () => 0,
          logger: silentLogger,
          queueLength: 100,
          log,
          views: NOTHING_STANDS,
          run: 'run0',
          epoch: 'run0',
        }),
      ] as const,
  );
  const relay = new Relay({ routes: new Map(routes), log, clock, random: () => 0, run: 'run0' });
  relay.start();
  await settle();
  return { clock, relay, services: peers.map(({ service }) => service), timers: clock.pendingTimers };
}

const NOTHING_STANDS = { watched: () => [], subjects: () => [], digest: () => 0, standing: () => [] };

const FAILING = new HviewError('REMOTE_FAILED', 'LearnReport at pano1:1 failed: out of memory');

describe('the relay', () => {
  it('tells every peer at once, also when another has not answered yet', async () => {
    const { relay, services } = await setUp(['pano1', 'pano2']);
    for (const subject of ['a', 'b']) relay.propagate([entry('', { subject })]);
    expect(services.map(({ asked }) => asked)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('keeps what one peer does not want apart from what another wants', async () => {
    const { relay, services } = await setUp(['pano1', 'pano2']);
    relay.uninterested('pano1', 'a');
    relay.uninterested('stranger', 'a');
    relay.propagate([entry('', { subject: 'a' })]);
    expect(services.map(({ asked }) => asked)).toEqual([[], ['a']]);
    relay.interested('pano1', 'a');
    relay.propagate([entry('', { subject: 'a' })]);
    expect(services[0]?.asked).toEqual(['a']);
  });

  it('closes once the peers that answer have what was on its way', async () => {
    const { clock, relay, services } = await setUp(['pano1', 'away']);
    const [peer, away] = services;
    for (let index = 0; index < 40; index += 1) relay.propagate([entry('', { subject: `s${index}` })]);
    await away?.answer(new HviewError('UNREACHABLE', 'nobody listens'));
    let isClosed = false;
    const closing = relay.close(clock, 500).then(() => (isClosed = true));
    await settle();
    expect(isClosed).toBe(false);
    await peer?.answer('accepted');
    await peer?.answer('accepted');
    await closing;
    expect(peer?.asked).toHaveLength(40);
    relay.propagate([entry('')]);
    expect(peer?.asked).toHaveLength(40);
  });

  it('closes at its limit when a peer takes too long', async () => {
    const { clock, relay } = await setUp(['slow']);
    relay.propagate([entry('')]);
    let isClosed = false;
    const closing = relay.close(clock, 500).then(() => (isClosed = true));
    clock.advance(499);
    await settle();
    expect(isClosed).toBe(false);
    clock.advance(1);
    await closing;
  });

  it('gives a message up after three failures of a peer that is there, and goes on with the next', async () => {
    const { clock, relay, services, timers } = await setUp(['pano1']);
    const [peer] = services;
    relay.propagate([entry('', { subject: 'poison' })]);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(peer?.asked).toHaveLength(attempt);
      await peer?.answer(FAILING);
      if (attempt < 3) clock.advance(clock.nextDelayMs);
    }
    expect(clock.pendingTimers).toBe(timers);
    relay.propagate([entry('', { subject: 'next' })]);
    expect(peer?.asked).toEqual(['poison', 'poison', 'poison', 'next']);
  });

  it('never gives up on a peer that is away or has too much to do', async () => {
    const { clock, relay, services, timers } = await setUp(['pano1']);
    const [peer] = services;
    relay.propagate([entry('', { subject: 'a' })]);
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      const codes = ['TIMEOUT', 'UNREACHABLE', 'OVERLOADED'] as const;
      await peer?.answer(new HviewError(codes[attempt % 3] ?? 'TIMEOUT', 'no answer'));
      clock.advance(10_000);
      await settle();
    }
    await peer?.answer('accepted');
    expect(peer?.asked).toHaveLength(21);
    expect(clock.pendingTimers).toBe(timers);
  });
});
