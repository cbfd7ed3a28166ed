import { describe, expect, it } from '@jest/globals';
import { Spool } from '../../../agent/spool/spool.js';
import { silentLogger } from '../../../runtime/logger.js';
import { setUpDelivery } from '../../support/delivery.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { inFolder } from '../../support/followed-log.js';
import { numberedEntries } from '../../support/spool-entries.js';

describe('the end of delivery', () => {
  it('delivers within the limit what waits, without waiting for the end of a pause', async () => {
    const { aggregator, spool, deliverer, clock, until, close } = await setUpDelivery();
    aggregator.always = 'UNREACHABLE';
    deliverer.start();
    await spool.append(numberedEntries(1, 3));
    const startMs = clock.now();
    await until(() => clock.now() > startMs + 60_000);
    aggregator.always = 'ok';
    expect(await deliverer.drain(1000)).toBe(0);
    expect(aggregator.taken).toEqual(['1', '2', '3']);
    await close();
  });

  it('does not wait for an observer to be announced while the aggregator is away', async () => {
    const { aggregator, deliverer, clock, close } = await setUpDelivery();
    aggregator.greeting = 'UNREACHABLE';
    deliverer.start();
    deliverer.announce('ZooKeeper', 'peer@1');
    const startMs = clock.now();
    expect(await deliverer.drain(5000)).toBe(0);
    expect(clock.now()).toBe(startMs);
    await close();
  });

  it('leaves in the spool what it could not deliver in time', async () => {
    await inFolder(async (folder) => {
      const { aggregator, spool, deliverer, run, close } = await setUpDelivery({ spool: { folder } });
      aggregator.always = 'UNREACHABLE';
      deliverer.start();
      await spool.append(numberedEntries(1, 3));
      expect(await run(deliverer.drain(5000))).toBe(3);
      await close();
      const again = await Spool.open({ folder, clock: new FakeClock(), logger: silentLogger });
      expect(again.counts().recovered).toBe(3);
      await again.close();
    });
  });

  it('ends in time also while a call hangs', async () => {
    const { aggregator, spool, deliverer, run, close } = await setUpDelivery();
    deliverer.start();
    await settle();
    aggregator.gate = new Promise(() => undefined);
    await spool.append(numberedEntries(1, 3));
    expect(await run(deliverer.drain(5000))).toBe(3);
    await close();
  });

  it('is given up after the time set for that, and says why; who waits for room goes on', async () => {
    const { aggregator, spool, deliverer, outcomes, run, close } = await setUpDelivery({
      giveUpAfterMs: 10_000,
      spool: { maxMemoryBytes: 500 },
    });
    aggregator.greeting = 'UNREACHABLE';
    deliverer.start();
    const appended = (async () => {
      for (let id = 1; id <= 20; id += 1) await spool.append(numberedEntries(id, id));
    })();
    await expect(run(deliverer.drained())).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await run(appended);
    await settle();
    expect(outcomes).toHaveLength(20);
    expect(deliverer.counts().outcomes['given-up']).toBe(20);
    await close();
  });

  it('given up, leaves a spool on disk as it is', async () => {
    await inFolder(async (folder) => {
      const { aggregator, spool, deliverer, run, close } = await setUpDelivery({
        giveUpAfterMs: 10_000,
        spool: { folder },
      });
      aggregator.greeting = 'UNREACHABLE';
      deliverer.start();
      await spool.append(numberedEntries(1, 2));
      await expect(run(deliverer.drained())).rejects.toMatchObject({ code: 'UNREACHABLE' });
      expect(spool.waiting).toBe(2);
      await close();
    });
  });

  it('is not reached before an observer was announced', async () => {
    const { aggregator, deliverer, run, close } = await setUpDelivery({ giveUpAfterMs: 10_000 });
    aggregator.greeting = 'UNREACHABLE';
    deliverer.announce('ZooKeeper', 'peer@1');
    deliverer.start();
    await expect(run(deliverer.drained())).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await close();
  });
});
