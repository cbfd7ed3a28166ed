import { describe, expect, it } from '@jest/globals';
import type { DeliverySetUp } from '../../support/delivery.js';
import { setUpDelivery } from '../../support/delivery.js';
import { settle } from '../../support/fake-clock.js';
import { numberedEntries, spoolEntry } from '../../support/spool-entries.js';

async function setUp(options: Parameters<typeof setUpDelivery>[0] = {}): Promise<DeliverySetUp> {
  const delivery = await setUpDelivery(options);
  delivery.aggregator.hasBatches = false;
  return delivery;
}

describe('an aggregator without batches', () => {
  it('gets single reports under one registration an observer', async () => {
    const { aggregator, spool, deliverer, outcomes, run, close } = await setUp();
    deliverer.announce('ZooKeeper', 'peer@1');
    await spool.append(numberedEntries(1, 3));
    deliverer.start();
    await run(deliverer.drained());
    expect(aggregator.registered).toEqual(['ZooKeeper peer@1']);
    expect(aggregator.taken).toEqual(['1', '2', '3']);
    expect(aggregator.batches).toEqual([]);
    expect(outcomes).toEqual(['1 accepted', '2 accepted', '3 accepted']);
    expect(deliverer.counts()).toMatchObject({ mode: 'single', singleReports: 3 });
    await close();
  });

  it('gets those on one subject one after the other and others beside them, and no more than it may', async () => {
    const { aggregator, spool, deliverer, close } = await setUp({ inFlight: 3 });
    deliverer.start();
    await settle();
    await spool.append([
      spoolEntry({ id: 'a1', subject: 'a' }),
      spoolEntry({ id: 'a2', subject: 'a' }),
      spoolEntry({ id: 'b1', subject: 'b' }),
      spoolEntry({ id: 'c1', subject: 'c' }),
      spoolEntry({ id: 'd1', subject: 'd' }),
    ]);
    let open: () => void = () => undefined;
    aggregator.gate = new Promise((resolve) => (open = resolve));
    await settle();
    await settle();
    open();
    await deliverer.drained();
    expect(aggregator.taken.slice(0, 3)).toEqual(['a1', 'b1', 'c1']);
    expect([...aggregator.taken].sort()).toEqual(['a1', 'a2', 'b1', 'c1', 'd1']);
    await close();
  });

  it('settles the spool in its order', async () => {
    const { aggregator, spool, deliverer, run, close } = await setUp();
    aggregator.poison.add('1');
    await spool.append([spoolEntry({ id: '1', subject: 'a' }), spoolEntry({ id: '2', subject: 'b' })]);
    deliverer.start();
    await settle();
    await settle();
    expect(aggregator.taken).toEqual(['2']);
    expect(spool.counts().delivered).toBe(0);
    await spool.append([spoolEntry({ id: '3', subject: 'b' })]);
    await run(deliverer.drained());
    expect(aggregator.taken).toEqual(['2', '3']);
    expect(spool.counts().delivered).toBe(3);
    await close();
  });

  it('gets them all, in order, after it was away', async () => {
    const { aggregator, spool, deliverer, clock, run, until, close } = await setUp();
    aggregator.always = 'UNREACHABLE';
    deliverer.start();
    await spool.append(numberedEntries(1, 5));
    const startMs = clock.now();
    await until(() => clock.now() > startMs + 60_000);
    aggregator.always = 'ok';
    await run(deliverer.drained());
    expect(aggregator.taken).toEqual(['1', '2', '3', '4', '5']);
    await close();
  });

  it('is registered with anew when it has forgotten the handle', async () => {
    const { aggregator, spool, deliverer, run, close } = await setUp();
    deliverer.start();
    await spool.append(numberedEntries(1, 1));
    await run(deliverer.drained());
    aggregator.forgetHandles();
    await spool.append(numberedEntries(2, 2));
    await run(deliverer.drained());
    expect(aggregator.taken).toEqual(['1', '2']);
    expect(aggregator.registered).toHaveLength(2);
    await close();
  });

  it('gets batches when another release has taken its place', async () => {
    const { aggregator, spool, deliverer, run, close } = await setUp();
    deliverer.start();
    await spool.append(numberedEntries(1, 2));
    await run(deliverer.drained());
    aggregator.hasBatches = true;
    aggregator.replies = ['UNREACHABLE'];
    await spool.append(numberedEntries(3, 3));
    await run(deliverer.drained());
    await spool.append(numberedEntries(4, 6));
    await run(deliverer.drained());
    expect(aggregator.batches).toEqual([3]);
    expect(aggregator.taken).toEqual(['1', '2', '3', '4', '5', '6']);
    await close();
  });

  it('gets single reports from the middle of a batch on when an older release takes its place', async () => {
    const { aggregator, spool, deliverer, run, close } = await setUpDelivery({
      batch: { entries: 2, bytes: 1e6 },
    });
    deliverer.start();
    await spool.append(numberedEntries(1, 2));
    await run(deliverer.drained());
    aggregator.hasBatches = false;
    await spool.append(numberedEntries(3, 7));
    await run(deliverer.drained());
    expect(aggregator.taken).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(deliverer.counts().mode).toBe('single');
    await close();
  });
});

describe('a report that an aggregator without batches will not take', () => {
  it('is refused and does not hold up those behind it', async () => {
    const { aggregator, spool, deliverer, outcomes, run, close } = await setUp();
    aggregator.invalid.add('1');
    await spool.append(numberedEntries(1, 2));
    deliverer.start();
    await run(deliverer.drained());
    expect(outcomes).toEqual(['1 refused', '2 accepted']);
    await close();
  });

  it('is set aside when it fails again and again while others get through', async () => {
    const { aggregator, spool, deliverer, outcomes, run, close } = await setUp();
    aggregator.poison.add('1');
    await spool.append([
      spoolEntry({ id: '1', subject: 'a' }),
      spoolEntry({ id: '2', subject: 'a' }),
      spoolEntry({ id: '3', subject: 'b' }),
    ]);
    deliverer.start();
    await run(deliverer.drained());
    expect([...outcomes].sort()).toEqual(['1 set-aside', '2 accepted', '3 accepted']);
    await close();
  });

  it('is set aside when only another on the same subject can prove it', async () => {
    const { aggregator, spool, deliverer, outcomes, run, close } = await setUp();
    aggregator.poison.add('1').add('2');
    await spool.append(numberedEntries(1, 4));
    deliverer.start();
    await run(deliverer.drained());
    expect([...outcomes].sort()).toEqual(['1 set-aside', '2 set-aside', '3 accepted', '4 accepted']);
    expect(aggregator.taken).toEqual(['3', '4']);
    await close();
  });

  it('is tried for ever while nothing else gets through either', async () => {
    const { aggregator, spool, deliverer, outcomes, clock, run, until, close } = await setUp();
    aggregator.always = 'REMOTE_FAILED';
    await spool.append(numberedEntries(1, 3));
    deliverer.start();
    const startMs = clock.now();
    await until(() => clock.now() > startMs + 120_000);
    expect(outcomes).toEqual([]);
    aggregator.always = 'ok';
    await run(deliverer.drained());
    expect(aggregator.taken).toEqual(['1', '2', '3']);
    await close();
  });
});
