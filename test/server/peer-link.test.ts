import { describe, expect, it } from '@jest/globals';
import type { Intake, LearnRequest } from '../../protocol/health-service.js';
import { HviewError } from '../../runtime/errors.js';
import { silentLogger } from '../../runtime/logger.js';
import { PeerLink } from '../../server/relay/peer-link.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { report } from '../support/observations.js';

/** A peer that answers when told to, or at once when `reply` is set. */
class ScriptedPeer {
  readonly asked: LearnRequest[] = [];
  reply: Intake | HviewError | null = 'accepted';

  learnReport(request: LearnRequest): Promise<Intake> {
    this.asked.push(request);
    if (this.reply instanceof HviewError) return Promise.reject(this.reply);
    return this.reply === null ? new Promise(() => undefined) : Promise.resolve(this.reply);
  }

  get subjects(): string[] {
    return this.asked.map(({ kind, report: { subject } }) =>
      kind === 'normal' ? subject : `${kind} ${subject}`,
    );
  }
}

function setUp(queueLength = 100) {
  const peer = new ScriptedPeer();
  const clock = new FakeClock();
  const link = new PeerLink({
    peer: { id: 'pano1', address: 'h:1' },
    self: { id: 'pano0', address: 'h:0' },
    service: peer,
    clock,
    random: () => 0,
    logger: silentLogger,
    queueLength,
  });
  return { peer, clock, link };
}

const AWAY = new HviewError('UNREACHABLE', 'nobody listens');

describe('the link to a peer', () => {
  it('passes a report on with its own name as the source', async () => {
    const { peer, link } = setUp();
    link.relay(report());
    await settle();
    expect(peer.asked).toEqual([
      { kind: 'normal', source: { id: 'pano0', address: 'h:0' }, report: report() },
    ]);
  });

  it('sends no more on a subject that the peer ignores, until it is interested', async () => {
    const { peer, link } = setUp();
    peer.reply = 'ignored';
    link.relay(report({ subject: 'a' }));
    await settle();
    link.relay(report({ subject: 'a' }));
    link.relay(report({ subject: 'b' }));
    await settle();
    expect(peer.subjects).toEqual(['a', 'b']);
    link.interested('a');
    link.relay(report({ subject: 'a' }));
    await settle();
    expect(peer.subjects).toEqual(['a', 'b', 'a']);
  });

  it('says so when we (no longer) want a subject, also to a peer that ignores it', async () => {
    const { peer, link } = setUp();
    link.uninterested('a');
    link.subscribe('subscription', 'a');
    link.subscribe('unsubscription', 'a');
    await settle();
    expect(peer.subjects).toEqual(['subscription a', 'unsubscription a']);
    expect(peer.asked[0]?.report.observer).toBe('pano0');
  });

  it('has a limited number of calls under way', async () => {
    const { peer, link } = setUp();
    peer.reply = null;
    for (let index = 0; index < 50; index += 1) link.relay(report({ subject: `s${index}` }));
    await settle();
    expect(peer.asked).toHaveLength(32);
    expect(link.counts).toMatchObject({ waiting: 50, dropped: 0 });
  });

  it('gives a peer that was away everything once it is back', async () => {
    const { peer, clock, link } = setUp();
    peer.reply = AWAY;
    for (const subject of ['a', 'b', 'c']) link.relay(report({ subject }));
    for (let step = 0; step < 20; step += 1) {
      await settle();
      clock.advance(1000);
    }
    peer.reply = 'accepted';
    peer.asked.length = 0;
    clock.advance(10_000);
    await settle();
    await settle();
    expect(peer.subjects).toEqual(['a', 'b', 'c']);
    expect(link.counts.waiting).toBe(0);
  });

  it('keeps the order of what comes while earlier calls are failing', async () => {
    const { peer, clock, link } = setUp();
    peer.reply = AWAY;
    const subjects = Array.from({ length: 40 }, (_, index) => `s${index}`);
    for (const subject of subjects) link.relay(report({ subject }));
    await settle();
    link.relay(report({ subject: 'last' }));
    peer.reply = 'accepted';
    peer.asked.length = 0;
    clock.advance(10_000);
    await settle();
    await settle();
    expect(peer.subjects).toEqual([...subjects, 'last']);
  });

  it('goes on after a message that the peer refuses as malformed', async () => {
    const { peer, clock, link } = setUp();
    peer.reply = new HviewError('REQUEST_INVALID', 'report.subject is longer than 10 bytes');
    link.relay(report({ subject: 'refused' }));
    await settle();
    peer.reply = 'accepted';
    link.relay(report({ subject: 'next' }));
    await settle();
    expect(peer.subjects).toEqual(['refused', 'next']);
    expect(link.counts).toMatchObject({ waiting: 0, dropped: 1 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not send what was waiting on a subject that the peer ignores by then', async () => {
    const { peer, clock, link } = setUp();
    peer.reply = AWAY;
    for (const subject of ['a', 'b', 'a']) link.relay(report({ subject }));
    await settle();
    link.uninterested('a');
    peer.reply = 'accepted';
    peer.asked.length = 0;
    clock.advance(10_000);
    await settle();
    expect(peer.subjects).toEqual(['b']);
    expect(link.counts.waiting).toBe(0);
  });

  it('asks a peer that is away after growing pauses, with one call at a time', async () => {
    const { peer, clock, link } = setUp();
    peer.reply = AWAY;
    link.relay(report({ subject: 'a' }));
    await settle();
    const pausesMs: number[] = [];
    for (let attempt = 2; attempt <= 9; attempt += 1) {
      pausesMs.push(clock.nextDelayMs);
      clock.advance(clock.nextDelayMs);
      await settle();
      expect(peer.asked).toHaveLength(attempt);
    }
    expect(pausesMs).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });

  it('drops the oldest reports when the queue is full, never a subscription', async () => {
    const { peer, clock, link } = setUp(3);
    peer.reply = AWAY;
    link.relay(report({ subject: 'first' }));
    await settle();
    link.subscribe('subscription', 'wanted');
    for (const subject of ['a', 'b', 'c', 'd']) link.relay(report({ subject }));
    expect(link.counts.dropped).toBe(3);
    peer.reply = 'accepted';
    peer.asked.length = 0;
    clock.advance(60_000);
    await settle();
    await settle();
    expect(peer.subjects).toEqual(['subscription wanted', 'c', 'd']);
  });

  it('is silent once closed', async () => {
    const { peer, clock, link } = setUp();
    link.close();
    link.relay(report());
    await settle();
    expect(peer.asked).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not try again once closed', async () => {
    const { peer, clock, link } = setUp();
    peer.reply = AWAY;
    link.relay(report());
    await settle();
    expect(clock.pendingTimers).toBe(1);
    link.close();
    expect(clock.pendingTimers).toBe(0);
    expect(peer.asked).toHaveLength(1);
  });
});
