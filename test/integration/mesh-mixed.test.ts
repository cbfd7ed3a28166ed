import { afterEach, describe, expect, it } from '@jest/globals';
import type { RunningAggregator } from '../support/aggregators.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import { batchOf, entry } from '../support/batches.js';
import { freePort } from '../support/free-port.js';
import { startIdlPeer } from '../support/idl-peer.js';
import { observation, report } from '../support/observations.js';
import { Status } from '../../protocol/model.js';

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const at = (subject: string, second: number) => ({
  subject,
  observation: observation(second, ['Quorum', Status.UNHEALTHY, 20]),
});

async function start(
  id: string,
  peers: ReadonlyMap<string, string>,
  filterSubmission = false,
): Promise<RunningAggregator> {
  const one = await runAggregator({ id, address: peers.get(id) ?? '', peers, filterSubmission });
  cleanups.push(() => one.stop());
  return one;
}

async function addresses(count: number): Promise<string[]> {
  const ports: string[] = [];
  for (let index = 0; index < count; index += 1) ports.push(`127.0.0.1:${await freePort()}`);
  return ports;
}

describe('a mesh with an aggregator that knows idl only', () => {
  it('tells it single reports and the others batches, and takes what it says', async () => {
    const [a = '', b = ''] = await addresses(2);
    const old = await startIdlPeer();
    cleanups.push(() => old.stop());
    const peers = new Map([
      ['pano0', a],
      ['pano1', b],
      ['old', old.address],
    ]);
    const one = await start('pano0', peers);
    const other = await start('pano1', peers);
    await one.client.submitBatch(batchOf(entry('x', at('s1', 1)), entry('y', at('s2', 2))));
    await eventually(
      () => Promise.resolve(old.told),
      (told) => told.length === 2,
    );
    // It has several calls under way at a time, so their order is not promised.
    expect([...old.told].sort()).toEqual(['normal s1 from pano0', 'normal s2 from pano0']);
    await eventually(
      () => other.client.getPanorama('s2'),
      () => true,
    );
    await one.client.learnReport({
      kind: 'normal',
      source: { id: 'old', address: old.address },
      report: report(at('s3', 3)),
    });
    expect((await one.client.getPanorama('s3')).views.size).toBe(1);
    const { relay } = one.aggregator.counts();
    expect(relay['old']).toMatchObject({ mode: 'singles', acknowledged: 2, waiting: 0, dropped: 0 });
    expect(relay['pano1']).toMatchObject({
      mode: 'batches',
      acknowledged: 2,
      waiting: 0,
      dropped: 0,
      behind: { reports: 0, seconds: 0 },
    });
  }, 20_000);

  it('tells it what it missed, once it is there', async () => {
    const [a = '', b = ''] = await addresses(2);
    const one = await start(
      'pano0',
      new Map([
        ['pano0', a],
        ['old', b],
      ]),
    );
    await one.client.submitBatch(batchOf(entry('x', at('s1', 1)), entry('y', at('s2', 2))));
    const late = await startIdlPeer(Number(b.split(':')[1]));
    cleanups.push(() => late.stop());
    await eventually(
      () => Promise.resolve(late.told),
      (told) => told.length === 2,
    );
    const counts = await eventually(
      () => Promise.resolve(one.aggregator.counts().relay['old']),
      (relay) => relay?.waiting === 0,
    );
    expect(counts).toMatchObject({ mode: 'singles', dropped: 0, behind: { reports: 0, seconds: 0 } });
  }, 20_000);
});

describe('an aggregator that takes only what it watches', () => {
  it('is spared a subject until it subscribes, and then gets what stands of it as well', async () => {
    const [a = '', b = ''] = await addresses(2);
    const peers = new Map([
      ['pano0', a],
      ['pano1', b],
    ]);
    const teller = await start('pano0', peers);
    const picky = await start('pano1', peers, true);
    await teller.client.submitBatch(batchOf(entry('x1', at('x', 1)), entry('y1', at('y', 2))));
    await eventually(
      () => Promise.resolve(teller.aggregator.counts().relay['pano1']?.ignored),
      (ignored) => ignored === 2,
    );
    await teller.client.submitBatch(batchOf(entry('x2', at('x', 3)), entry('x3', at('x', 4))));
    expect(picky.aggregator.counts()).toMatchObject({ received: { relayed: 2 }, held: 2 });
    await picky.client.observe('x');
    const panorama = await eventually(
      () => picky.client.getPanorama('x'),
      ({ views }) => views.get('peer@1')?.observations.length === 3,
    );
    expect(panorama.views.get('peer@1')?.observations.map(({ time }) => time.seconds)).toEqual([1, 3, 4]);
    await expect(picky.client.getPanorama('y')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await teller.client.submitBatch(batchOf(entry('x4', at('x', 5))));
    await eventually(
      () => picky.client.getPanorama('x'),
      ({ views }) => views.get('peer@1')?.observations.length === 4,
    );
    expect(teller.aggregator.counts().relay['pano1']).toMatchObject({ caughtUp: 3 });
  }, 20_000);
});
