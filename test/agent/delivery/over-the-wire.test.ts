import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Deliverer } from '../../../agent/delivery/deliverer.js';
import type { DeliveryTarget } from '../../../agent/delivery/delivery-target.js';
import { Spool } from '../../../agent/spool/spool.js';
import { HealthClient } from '../../../protocol/health-client.js';
import { systemClock } from '../../../runtime/clock.js';
import { HviewError } from '../../../runtime/errors.js';
import { silentLogger } from '../../../runtime/logger.js';
import { runAggregator } from '../../support/aggregators.js';
import { spoolEntry } from '../../support/spool-entries.js';

async function deliverTo(client: DeliveryTarget): Promise<{ spool: Spool; deliverer: Deliverer }> {
  const spool = await Spool.open({ folder: null, clock: systemClock, logger: silentLogger });
  const deliverer = new Deliverer({
    ...{ client, spool, agent: 'agent@test', stateFolder: null, giveUpAfterMs: Infinity },
    ...{ clock: systemClock, logger: silentLogger },
  });
  deliverer.start();
  return { spool, deliverer };
}

/** A peer that takes connections and never says a word, as one behind a cut cable does. */
async function silentPeer(): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The same aggregator as an older release without batches. */
function withoutBatches(client: HealthClient): DeliveryTarget {
  const unsupported = (): Promise<never> => Promise.reject(new HviewError('UNSUPPORTED', 'no such method'));
  return {
    target: client.target,
    describe: unsupported,
    submitBatch: unsupported,
    register: (registration) => client.register(registration),
    submitReport: (handle, report) => client.submitReport(handle, report),
  };
}

describe('delivery to a real aggregator', () => {
  it('falls back to single reports, which all arrive', async () => {
    const running = await runAggregator();
    const { client } = running;
    const { spool, deliverer } = await deliverTo(withoutBatches(client));
    await spool.append(
      Array.from({ length: 300 }, (_, index) => spoolEntry({ id: `${index}`, subject: `s${index % 40}` })),
    );
    await deliverer.drained();
    expect(deliverer.counts()).toMatchObject({ mode: 'single', outcomes: { accepted: 300 } });
    const { views } = await client.getPanorama('s7');
    expect(views.get('peer@1')?.observations.map(({ metrics }) => metrics[0]?.name)).toEqual(
      ['7', '47', '87', '127', '167', '207', '247', '287'].slice(-10),
    );
    await deliverer.close();
    await spool.close();
    await running.stop();
  });
});

describe('a connection that is half open', () => {
  it('is noticed by the deadline, and everything arrives once somebody answers there', async () => {
    const silent = await silentPeer();
    const client = new HealthClient({
      target: `127.0.0.1:${silent.port}`,
      deadlineMs: 300,
      maxReconnectMs: 200,
    });
    const { spool, deliverer } = await deliverTo(client);
    await spool.append([spoolEntry({ id: '1' }), spoolEntry({ id: '2' })]);
    while (deliverer.counts().retries < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(deliverer.counts().awaySinceMs).not.toBeNull();
    await silent.close();
    const other = await runAggregator({ address: `127.0.0.1:${silent.port}` });
    await deliverer.drained();
    const { views } = await other.client.getPanorama('peer@2');
    expect(views.get('peer@1')?.observations).toHaveLength(2);
    await deliverer.close();
    await spool.close();
    client.close();
    await other.stop();
  }, 20_000);
});
