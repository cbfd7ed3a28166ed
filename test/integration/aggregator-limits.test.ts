import { afterEach, describe, expect, it } from '@jest/globals';
import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import type { Report } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import type { LimitsConfig } from '../../server/limits-config.js';
import { DEFAULT_LIMITS } from '../../server/limits-config.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { runAggregator } from '../support/aggregators.js';

const undo: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function limited(limits: Partial<LimitsConfig>): Promise<RunningAggregator> {
  const running = await runAggregator({ limits: { ...DEFAULT_LIMITS, ...limits } });
  undo.push(() => running.stop());
  return running;
}

function reportOf(observer: string, subject: string, seconds = 1): Report {
  const metrics = [{ name: 'm', status: Status.HEALTHY, score: 90 }];
  return { observer, subject, observation: { time: { seconds, nanos: 0 }, metrics } };
}

describe('a limit on subjects', () => {
  const store = { ...DEFAULT_LIMITS.store, subjects: 3 };

  it('refuses single reports, registrations and subscriptions for what is new', async () => {
    const { client, aggregator } = await limited({ store });
    const handle = await client.register({ module: 'm', observer: 'o' });
    await client.submitReport(handle, reportOf('o', 'a'));
    await client.submitReport(handle, reportOf('o', 'b'));
    const refusal = {
      code: 'REQUEST_INVALID',
      message: 'limit of 3 subjects reached: there is no room for "c"',
    };
    await expect(client.submitReport(handle, reportOf('o', 'c'))).rejects.toMatchObject(refusal);
    await expect(client.observe('c')).rejects.toMatchObject(refusal);
    await expect(client.register({ module: 'm', observer: 'c' })).rejects.toMatchObject(refusal);
    expect(await client.submitReport(handle, reportOf('o', 'b', 2))).toBe('accepted');
    expect(aggregator.counts()).toMatchObject({ accepted: 3, refused: { crowded: 1 } });
    expect([...(await client.getObservedSubjects()).keys()].sort()).toEqual(['a', 'b', 'o']);
  });

  it('refuses in a batch what is new, each by itself, and takes the rest', async () => {
    const { client, aggregator } = await limited({ store });
    const bad: Report = { ...reportOf('o', 'a'), subject: '' };
    const reports = [reportOf('o', 'a'), bad, reportOf('o', 'b'), reportOf('o', 'c'), reportOf('p', 'a')];
    const entries = reports.map((report, place) => ({ id: `id-${place}`, report, provenance: null }));
    const batch = { agent: 'agent', module: 'm', entries };
    expect(await client.submitBatch(batch)).toEqual({
      accepted: 2,
      duplicates: 0,
      refused: [
        { index: 1, reason: 'report.subject is empty' },
        { index: 3, reason: 'limit of 3 subjects reached: there is no room for "c"' },
        { index: 4, reason: 'limit of 3 subjects reached: there is no room for "p"' },
      ],
    });
    expect(aggregator.counts()).toMatchObject({
      received: { batched: 5 },
      accepted: 2,
      refused: { malformed: 1, crowded: 2 },
    });
    // What was refused may come again when there is room.
    await client.stopObserving('b');
    const again = { ...batch, entries: entries.slice(3, 4) };
    expect(await client.submitBatch(again)).toMatchObject({ accepted: 1, duplicates: 0 });
  });
});

describe('a limit on registrations', () => {
  it('holds also for one observer in ever new systems', async () => {
    const { client } = await limited({ store: { ...DEFAULT_LIMITS.store, subjects: 2 } });
    await client.register({ module: 'a', observer: 'o' });
    await client.register({ module: 'b', observer: 'o' });
    await expect(client.register({ module: 'c', observer: 'o' })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: 'limit of 2 registrations reached',
    });
    expect(await client.register({ module: 'a', observer: 'o' })).toBe(10001);
  });
});

describe('a limit on requests a second', () => {
  it('sends those away that ask more, with a word that passes', async () => {
    const { client, aggregator } = await limited({ requestsPerSecond: 5 });
    const answers = await Promise.allSettled(Array.from({ length: 100 }, () => client.getId()));
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(50);
    expect(refused[0]).toMatchObject({
      reason: {
        code: 'OVERLOADED',
        message: expect.stringContaining('127.0.0.1 sends more than 5 requests a second') as unknown,
      },
    });
    expect(aggregator.counts().calls?.tooFast).toBe(refused.length);
  });
});

describe('a limit on reports a second', () => {
  it('counts the observations in batches', async () => {
    const { client } = await limited({ reportsPerSecond: 10 });
    const batchOf = (name: string) => ({
      agent: 'agent',
      module: 'm',
      entries: Array.from({ length: 100 }, (_, place) => ({
        id: `${name}-${place}`,
        report: reportOf('o', 'a', place),
        provenance: null,
      })),
    });
    expect(await client.submitBatch(batchOf('first'))).toMatchObject({ accepted: 100 });
    await expect(client.submitBatch(batchOf('second'))).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringContaining('more than 10 reports a second') as unknown,
    });
    expect((await client.getId()).id).toBe('pano0');
  });
});

describe('a limit on connections', () => {
  it('closes one more at once', async () => {
    const { aggregator, client } = await limited({ connectionsPerAddress: 2 });
    await client.getId();
    const sockets = [1, 2].map(() => connect(aggregator.address.port, '127.0.0.1'));
    undo.push(() => sockets.forEach((socket) => socket.destroy()));
    await new Promise((resolve) => sockets[1]?.on('close', resolve));
    expect(aggregator.counts().connections.grpc).toMatchObject({ open: 2, refused: 1 });
    expect((await client.getId()).id).toBe('pano0');
  });
});

describe('answers with all there is', () => {
  it('are few at a time when nobody reads them', async () => {
    const { aggregator, client } = await limited({});
    const handle = await client.register({ module: 'm', observer: 'o' });
    // More than the windows of one stream hold.
    for (let number = 0; number < 1500; number += 50) {
      const some = Array.from({ length: 50 }, (_, place) =>
        reportOf('o', `${'s'.repeat(100)}${number + place}`),
      );
      await Promise.all(some.map((report) => client.submitReport(handle, report)));
    }
    const session = connectHttp2(`http://127.0.0.1:${aggregator.address.port}`);
    undo.push(() => session.destroy());
    const streams: ClientHttp2Stream[] = [];
    const status = (): Promise<unknown> => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/idl.HealthService/DumpPanorama',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      streams.push(stream);
      stream.end(Buffer.alloc(5));
      return new Promise((resolve) => {
        stream.on('response', (headers) => resolve(headers['grpc-status']));
      });
    };
    const statuses = [];
    for (let count = 0; count < 5; count += 1) statuses.push(await status());
    expect(statuses).toEqual([undefined, undefined, undefined, undefined, '8']);
    // Whoever reads gets more.
    for (const stream of streams) stream.resume();
    await Promise.all(
      streams.map(async (stream) => {
        if (!stream.closed) await new Promise((resolve) => stream.on('close', resolve));
      }),
    );
    expect((await client.dumpPanorama()).size).toBe(1500);
    expect(aggregator.counts().calls?.tooManyLarge).toBe(1);
  });
});
