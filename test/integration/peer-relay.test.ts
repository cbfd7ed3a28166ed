import { afterEach, describe, expect, it } from '@jest/globals';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { RunningAggregator } from '../support/aggregators.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import { report } from '../support/observations.js';

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Server>((resolve) => {
          const server = createServer();
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function group(
  count: number,
): Promise<{ start: (index: number, filter?: boolean) => Promise<RunningAggregator> }> {
  const ports = await freePorts(count);
  const peers = new Map<string, string>(ports.map((port, index) => [`pano${index}`, `127.0.0.1:${port}`]));
  return {
    start: async (index, filterSubmission = false) => {
      const id = `pano${index}`;
      const one = await runAggregator({ id, address: peers.get(id) ?? '', peers, filterSubmission });
      cleanups.push(() => one.stop());
      return one;
    },
  };
}

async function submit(one: RunningAggregator, subject: string, observer = 'peer@1'): Promise<void> {
  const handle = await one.client.register({ module: 'ZooKeeper', observer });
  await one.client.submitReport(handle, report({ observer, subject }));
}

const observersOf = (one: RunningAggregator, subject: string) => async (): Promise<string[]> =>
  [...(await one.client.getPanorama(subject)).views.keys()].sort();

describe('aggregators in a group', () => {
  it('tell each other what their observers say, and pass nothing on twice', async () => {
    const { start } = await group(3);
    const all = [await start(0), await start(1), await start(2)] as const;
    await submit(all[0], 'peer@5', 'peer@1');
    await submit(all[1], 'peer@5', 'peer@2');
    for (const one of all) {
      expect(await eventually(observersOf(one, 'peer@5'), (observers) => observers.length === 2)).toEqual([
        'peer@1',
        'peer@2',
      ]);
      const panorama = await one.client.getPanorama('peer@5');
      expect([...panorama.views.values()].map(({ observations }) => observations.length)).toEqual([1, 1]);
    }
  });

  it('tell one that starts late what it missed', async () => {
    const { start } = await group(2);
    const early = await start(0);
    await submit(early, 'peer@5');
    const late = await start(1);
    expect(await eventually(observersOf(late, 'peer@5'), () => true)).toEqual(['peer@1']);
  });

  it('stop telling one that does not watch the subject, until it does', async () => {
    const { start } = await group(2);
    const teller = await start(0);
    const picky = await start(1, true);
    await submit(teller, 'peer@5');
    await expect(picky.client.getPanorama('peer@5')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await picky.client.observe('peer@5')).toBe(true);
    // The subscription travels by itself; reports sent before it arrives are not repeated.
    await eventually(
      async () => {
        await submit(teller, 'peer@5');
        return picky.client.getPanorama('peer@5');
      },
      () => true,
    );
  });

  it('are not held up by one that accepts connections and never answers', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const address = silent.address();
    const silentPort = typeof address === 'object' && address !== null ? address.port : 0;
    const [first = 0, second = 0] = await freePorts(2);
    const peers = new Map([
      ['pano0', `127.0.0.1:${first}`],
      ['pano1', `127.0.0.1:${second}`],
      ['silent', `127.0.0.1:${silentPort}`],
    ]);
    const one = await runAggregator({ id: 'pano0', address: `127.0.0.1:${first}`, peers });
    cleanups.push(() => one.stop());
    const other = await runAggregator({ id: 'pano1', address: `127.0.0.1:${second}`, peers });
    cleanups.push(() => other.stop());
    for (let index = 0; index < 100; index += 1) await submit(one, `s${index}`);
    expect(await eventually(observersOf(other, 's99'), () => true)).toEqual(['peer@1']);
  });
});
