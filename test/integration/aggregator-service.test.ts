import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { HealthClient } from '../../protocol/health-client.js';
import { Status } from '../../protocol/model.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { runAggregator } from '../support/aggregators.js';
import { observation, report } from '../support/observations.js';

const running: RunningAggregator[] = [];

async function start(parts: Parameters<typeof runAggregator>[0] = {}): Promise<HealthClient> {
  const one = await runAggregator(parts);
  running.push(one);
  return one.client;
}

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

/** A field of protobuf's: its tag, the length, the bytes. */
function lengthPrefixed(tag: number, bytes: Uint8Array): number[] {
  return [tag, bytes.length, ...bytes];
}

describe('an aggregator', () => {
  it('answers with what was submitted, at once', async () => {
    const client = await start();
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    expect(handle).toBe(10001);
    expect(await client.submitReport(handle, report())).toBe('accepted');
    expect(await client.getLatestReport('peer@2')).toEqual(report());
    expect(await client.getView('peer@1', 'peer@2')).toEqual({
      observer: 'peer@1',
      subject: 'peer@2',
      observations: [report().observation],
    });
    expect([...(await client.getPanorama('peer@2')).views.keys()]).toEqual(['peer@1']);
    expect(await client.getInference('peer@2')).toEqual({
      subject: 'peer@2',
      observers: ['peer@1'],
      observation: report().observation,
    });
    expect([...(await client.dumpPanorama()).keys()]).toEqual(['peer@2']);
    expect([...(await client.dumpInference()).keys()]).toEqual(['peer@2']);
  });

  it('watches registered observers and reported subjects', async () => {
    const client = await start({ subjects: ['nn1'] });
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    await client.submitReport(handle, report());
    expect([...(await client.getObservedSubjects()).keys()].sort()).toEqual(['nn1', 'peer@1', 'peer@2']);
  });

  it.each<[string, (client: HealthClient) => Promise<unknown>]>([
    ['No report for x', (client) => client.getLatestReport('x')],
    ['No panorama for x', (client) => client.getPanorama('x')],
    ['No view for x', (client) => client.getView('o', 'x')],
    ['inference does not exist for view', (client) => client.getInference('x')],
  ])('answers "%s"', async (message, ask) => {
    await expect(ask(await start())).rejects.toMatchObject({ code: 'NOT_FOUND', message });
  });

  it('refuses a metric whose name would get lost', async () => {
    const client = await start();
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    // As bytes, because no client of ours can say it: Observation{ts{1}, metrics{"__proto__": {value{2, 90}}}}.
    const entry = Buffer.from([...lengthPrefixed(0x0a, Buffer.from('__proto__')), 0x12, 4, 0x12, 2, 0x08, 2]);
    const seen = Buffer.concat([Buffer.from([0x0a, 2, 0x08, 1]), Buffer.from(lengthPrefixed(0x12, entry))]);
    const sent = Buffer.from([
      ...lengthPrefixed(0x0a, Buffer.from('peer@1')),
      ...lengthPrefixed(0x12, Buffer.from('peer@2')),
      ...lengthPrefixed(0x1a, seen),
    ]);
    const request = Buffer.from([0x08, (handle & 0x7f) | 0x80, handle >> 7, ...lengthPrefixed(0x12, sent)]);
    const generic = new Client(client.target, credentials.createInsecure());
    const details = await new Promise<string>((resolve) =>
      generic.makeUnaryRequest(
        '/idl.HealthService/SubmitReport',
        () => request,
        (bytes: Buffer) => bytes,
        {},
        (error) => resolve(error?.details ?? 'accepted'),
      ),
    );
    generic.close();
    expect(details).toBe('a metric is named __proto__');
  });

  it('refuses a handle that it never gave', async () => {
    const client = await start();
    await expect(client.submitReport(4711, report())).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: 'Invalid submission handle',
    });
  });

  it('forgets a subject that nobody wants to observe any more', async () => {
    const client = await start();
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    await client.submitReport(handle, report());
    expect(await client.observe('peer@2')).toBe(false);
    expect(await client.stopObserving('peer@2')).toBe(true);
    expect(await client.stopObserving('peer@2')).toBe(false);
    await expect(client.getPanorama('peer@2')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(client.getInference('peer@2')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await client.observe('peer@2')).toBe(true);
  });

  it('knows itself and its group', async () => {
    const peers = new Map([['pano0', '127.0.0.1:0']]);
    const client = await start({ peers });
    expect(await client.getId()).toEqual({ id: 'pano0', address: '127.0.0.1:0' });
    expect(await client.getPeers()).toEqual([{ id: 'pano0', address: '127.0.0.1:0' }]);
    expect((await client.ping({ id: 'x', address: 'x' }, { seconds: 1, nanos: 0 })).good).toBe(true);
  });

  it('holds what a peer says of an unwatched subject until a local report makes it interesting', async () => {
    const client = await start({ filterSubmission: true });
    const source = { id: 'pano1', address: 'h:1' };
    const learnt = report({ observer: 'peer@9', observation: observation(5, ['q', Status.HEALTHY, 90]) });
    expect(await client.learnReport({ kind: 'normal', source, report: learnt })).toBe('ignored');
    await expect(client.getPanorama('peer@2')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
    await client.submitReport(handle, report());
    expect([...(await client.getPanorama('peer@2')).views.keys()].sort()).toEqual(['peer@1', 'peer@9']);
    expect(await client.learnReport({ kind: 'normal', source, report: learnt })).toBe('accepted');
  });

  it('says so when its port is taken, and leaves nothing behind', async () => {
    const client = await start();
    await expect(runAggregator({ address: client.target })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    expect((await client.getId()).id).toBe('pano0');
  });
});
