import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settle } from '../../support/fake-clock.js';
import { setUpDelivery } from '../../support/delivery.js';
import { inFolder } from '../../support/followed-log.js';
import { numberedEntries, spoolEntry } from '../../support/spool-entries.js';

const numbers = (from: number, through: number): string[] =>
  Array.from({ length: through - from + 1 }, (_, index) => String(from + index));

describe('delivering in batches', () => {
  it('sends what there is at once, in order, and settles the spool', async () => {
    const { aggregator, spool, deliverer, outcomes, close } = await setUpDelivery();
    deliverer.start();
    await settle();
    await spool.append(numberedEntries(1, 3));
    await deliverer.drained();
    expect(aggregator.taken).toEqual(['1', '2', '3']);
    expect(aggregator.batches).toEqual([3]);
    expect(outcomes).toEqual(['1 accepted', '2 accepted', '3 accepted']);
    expect(spool.counts()).toMatchObject({ delivered: 3, waiting: { entries: 0, bytes: 0 } });
    expect(deliverer.counts()).toMatchObject({
      mode: 'batch',
      batches: 1,
      outcomes: { accepted: 3 },
      inHand: 0,
    });
    await close();
  });

  it('has one batch under way at a time, and puts what comes meanwhile into the next', async () => {
    const { aggregator, spool, deliverer, close } = await setUpDelivery();
    deliverer.start();
    await settle();
    let open: () => void = () => undefined;
    aggregator.gate = new Promise((resolve) => (open = resolve));
    for (let id = 1; id <= 5; id += 1) {
      await spool.append(numberedEntries(id, id));
      await settle();
    }
    expect(aggregator.batches).toEqual([1]);
    open();
    await deliverer.drained();
    expect(aggregator.batches).toEqual([1, 4]);
    await close();
  });

  it('makes batches no larger than it may, and than the aggregator says', async () => {
    const { aggregator, spool, deliverer, close } = await setUpDelivery({
      batch: { entries: 40, bytes: 1e6 },
    });
    aggregator.description = { version: '9', features: [], maxObservations: 30, maxBytes: 0 };
    await spool.append(numberedEntries(1, 70));
    deliverer.start();
    await deliverer.drained();
    expect(aggregator.batches).toEqual([30, 30, 10]);
    await close();
  });

  it('keeps to a number of bytes', async () => {
    const { aggregator, spool, deliverer, close } = await setUpDelivery({
      batch: { entries: 40, bytes: 1000 },
    });
    await spool.append(numberedEntries(1, 20));
    const perBatch = Math.floor(1000 / (spool.counts().waiting.bytes / 20));
    deliverer.start();
    await deliverer.drained();
    expect(Math.max(...aggregator.batches)).toBeLessThanOrEqual(perBatch + 1);
    expect(aggregator.taken).toEqual(numbers(1, 20));
    await close();
  });

  it('sends each module in batches of its own', async () => {
    const { aggregator, spool, deliverer, close } = await setUpDelivery();
    for (const [id, module] of [
      ['1', 'A'],
      ['2', 'B'],
      ['3', 'A'],
      ['4', 'B'],
    ] as const) {
      await spool.append([spoolEntry({ id, module })]);
    }
    deliverer.start();
    await deliverer.drained();
    expect(aggregator.modules).toEqual(['A', 'B']);
    expect(aggregator.taken).toEqual(['1', '3', '2', '4']);
    await close();
  });

  it('tells duplicates from what was new', async () => {
    const { aggregator, spool, deliverer, outcomes, run, close } = await setUpDelivery();
    aggregator.replies = ['taken-but-no-answer'];
    await spool.append(numberedEntries(1, 2));
    deliverer.start();
    await run(deliverer.drained());
    expect(aggregator.taken).toEqual(['1', '2']);
    expect(outcomes).toEqual(['1 duplicate', '2 duplicate']);
    await close();
  });
});

describe('an aggregator that is away', () => {
  it('gets everything once and in order when it is back', async () => {
    const { aggregator, spool, deliverer, clock, run, until, close } = await setUpDelivery();
    aggregator.always = 'UNREACHABLE';
    aggregator.greeting = 'UNREACHABLE';
    deliverer.start();
    for (let id = 1; id <= 50; id += 1) await spool.append(numberedEntries(id, id));
    const startMs = clock.now();
    await until(() => clock.now() > startMs + 600_000);
    expect(aggregator.taken).toEqual([]);
    expect(deliverer.counts().awaySinceMs).toBe(startMs);
    aggregator.always = 'ok';
    aggregator.greeting = 'ok';
    await run(deliverer.drained());
    expect(aggregator.taken).toEqual(numbers(1, 50));
    expect(deliverer.counts().awaySinceMs).toBeNull();
    await close();
  });

  it('is asked again after pauses that double up to ten seconds', async () => {
    const { aggregator, deliverer, clock, until, close } = await setUpDelivery();
    aggregator.greeting = 'UNREACHABLE';
    const times: number[] = [];
    let seen = 0;
    deliverer.start();
    await until(() => {
      if (aggregator.describes > seen) times.push(clock.now());
      seen = aggregator.describes;
      return times.length === 9;
    });
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    await close();
  });

  it('is asked anew what it can when it is back', async () => {
    const { aggregator, spool, deliverer, run, close } = await setUpDelivery();
    deliverer.start();
    await spool.append(numberedEntries(1, 5));
    await run(deliverer.drained());
    expect(aggregator.describes).toBe(1);
    aggregator.replies = ['UNREACHABLE'];
    aggregator.description = { version: '10', features: [], maxObservations: 2, maxBytes: 0 };
    await spool.append(numberedEntries(6, 10));
    await run(deliverer.drained());
    await spool.append(numberedEntries(11, 14));
    await run(deliverer.drained());
    expect(aggregator.describes).toBe(2);
    expect(aggregator.batches).toEqual([5, 5, 5, 2, 2]);
    await close();
  });

  it('gets smaller batches when it is too slow for large ones', async () => {
    const { aggregator, spool, deliverer, run, close } = await setUpDelivery();
    aggregator.replies = ['TIMEOUT', 'TIMEOUT'];
    await spool.append(numberedEntries(1, 8));
    deliverer.start();
    await run(deliverer.drained());
    expect(aggregator.batches).toEqual([8, 4, 2, 4, 2]);
    expect(aggregator.taken).toEqual(numbers(1, 8));
    await close();
  });
});

describe('an aggregator that is overloaded', () => {
  it('gets half as much until it takes it, and more again later', async () => {
    const { aggregator, spool, deliverer, run, close } = await setUpDelivery();
    aggregator.capacity = 5;
    await spool.append(numberedEntries(1, 20));
    deliverer.start();
    await run(deliverer.drained());
    expect(aggregator.taken).toEqual(numbers(1, 20));
    expect(aggregator.batches.slice(0, 4)).toEqual([20, 10, 5, 10]);
    aggregator.capacity = Infinity;
    for (let round = 0; round < 4; round += 1) {
      await spool.append(numberedEntries(100 * round + 100, 100 * round + 119));
      await run(deliverer.drained());
    }
    expect(aggregator.batches.at(-1)).toBe(20);
    await close();
  });
});

describe('an entry that the aggregator will not take', () => {
  it('is set aside, with the reason, and the others of the batch are taken', async () => {
    await inFolder(async (folder) => {
      const { aggregator, spool, deliverer, outcomes, run, close } = await setUpDelivery({
        stateFolder: folder,
      });
      aggregator.refused.add('2');
      await spool.append(numberedEntries(1, 3));
      deliverer.start();
      await run(deliverer.drained());
      expect(aggregator.taken).toEqual(['1', '3']);
      expect([...outcomes].sort()).toEqual(['1 accepted', '2 refused', '3 accepted']);
      const lines = readFileSync(join(folder, 'set-aside.jsonl'), 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        expect.objectContaining({ id: '2', code: 'REQUEST_INVALID', reason: 'a score is NaN' }),
      ]);
      await close();
    });
  });

  it('is found by halving when it spoils the whole batch', async () => {
    const { aggregator, spool, deliverer, outcomes, run, close } = await setUpDelivery();
    aggregator.invalid.add('700');
    await spool.append(numberedEntries(1, 1000));
    deliverer.start();
    await run(deliverer.drained());
    expect(aggregator.taken).toEqual(numbers(1, 1000).filter((id) => id !== '700'));
    expect(outcomes).toContain('700 refused');
    expect(aggregator.batches.length).toBeLessThan(25);
    await close();
  });

  it('is found and set aside when the aggregator fails on it again and again', async () => {
    const { aggregator, spool, deliverer, outcomes, clock, run, close } = await setUpDelivery();
    for (const id of ['1', '500', '501', '1000']) aggregator.poison.add(id);
    await spool.append(numberedEntries(1, 1000));
    const startMs = clock.now();
    deliverer.start();
    // The last of all is proven only by one that comes after it.
    await run(spool.append(numberedEntries(1001, 1001)).then(() => deliverer.drained()));
    expect(aggregator.taken).toEqual(numbers(1, 1001).filter((id) => !aggregator.poison.has(id)));
    expect(outcomes.filter((line) => line.endsWith('set-aside'))).toEqual([
      '1 set-aside',
      '500 set-aside',
      '501 set-aside',
      '1000 set-aside',
    ]);
    expect(clock.now() - startMs).toBeLessThan(60_000);
    await close();
  });

  it.each([
    ['fails on', 'REMOTE_FAILED'],
    ['calls wrong', 'REQUEST_INVALID'],
  ] as const)('is not suspected while the aggregator %s everything', async (_, answer) => {
    const { aggregator, spool, deliverer, outcomes, clock, run, until, close } = await setUpDelivery();
    aggregator.always = answer;
    await spool.append(numberedEntries(1, 20));
    deliverer.start();
    const startMs = clock.now();
    await until(() => clock.now() > startMs + 300_000);
    expect(outcomes).toEqual([]);
    aggregator.always = 'ok';
    await run(deliverer.drained());
    expect(aggregator.taken).toEqual(numbers(1, 20));
    expect(deliverer.counts().outcomes).toMatchObject({ accepted: 20, 'set-aside': 0 });
    await close();
  });

  it('does not hold up the others when it is one of many in a row', async () => {
    const { aggregator, spool, deliverer, run, close } = await setUpDelivery();
    for (const id of numbers(10, 40)) aggregator.poison.add(id);
    await spool.append(numberedEntries(1, 100));
    deliverer.start();
    await run(deliverer.drained());
    expect([...aggregator.taken].sort((a, b) => Number(a) - Number(b))).toEqual([
      ...numbers(1, 9),
      ...numbers(41, 100),
    ]);
    expect(deliverer.counts().outcomes).toMatchObject({ accepted: 69, 'set-aside': 31 });
    await close();
  });

  it('waits alone for another that proves it to blame', async () => {
    const { aggregator, spool, deliverer, outcomes, clock, run, until, close } = await setUpDelivery();
    aggregator.poison.add('1');
    await spool.append(numberedEntries(1, 1));
    deliverer.start();
    const startMs = clock.now();
    await until(() => clock.now() > startMs + 60_000);
    expect(outcomes).toEqual([]);
    await spool.append(numberedEntries(2, 2));
    await run(deliverer.drained());
    expect(outcomes.sort()).toEqual(['1 set-aside', '2 accepted']);
    await close();
  });

  it('is refused here when it is larger than the aggregator takes', async () => {
    const { aggregator, spool, deliverer, outcomes, run, close } = await setUpDelivery();
    aggregator.description = { version: '9', features: [], maxObservations: 0, maxBytes: 2000 };
    await spool.append([spoolEntry({ id: '1', subject: 'x'.repeat(3000) }), spoolEntry({ id: '2' })]);
    deliverer.start();
    await run(deliverer.drained());
    expect(outcomes).toEqual(['1 refused', '2 accepted']);
    expect(aggregator.taken).toEqual(['2']);
    await close();
  });
});
