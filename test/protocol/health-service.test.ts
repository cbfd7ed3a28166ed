import { afterEach, describe, expect, it } from '@jest/globals';
import { Client, credentials, status as GrpcStatus } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { HealthClient } from '../../protocol/health-client.js';
import type { RunningHealthServer } from '../../protocol/health-server.js';
import { startHealthServer } from '../../protocol/health-server.js';
import type { HealthHandlers } from '../../protocol/health-service.js';
import type { Observation } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import { systemClock } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';

const OBSERVATION: Observation = {
  time: { seconds: 1495181595, nanos: 385767379 },
  metrics: [
    { name: 'snapshot', status: Status.UNHEALTHY, score: 30 },
    { name: 'sync', status: Status.DEAD, score: 0.5 },
  ],
};
const VIEW = { observer: 'peer@2', subject: 'peer@1', observations: [OBSERVATION] };
const TIME = { seconds: 1495353639, nanos: 1 };

/** Handlers that answer each call with fixed data and keep what they were asked. */
function handlers(asked: unknown[] = []): HealthHandlers {
  const note = <Answer>(question: unknown, answer: Answer): Promise<Answer> => {
    asked.push(question);
    return Promise.resolve(answer);
  };
  return {
    observe: (subject) => note(subject, true),
    stopObserving: (subject) => note(subject, false),
    register: (registration) => note(registration, 10001),
    submitReport: (handle, report) => note({ handle, report }, 'accepted'),
    learnReport: (request) => note(request, 'ignored'),
    getLatestReport: (subject) => note(subject, { observer: 'peer@2', subject, observation: OBSERVATION }),
    getPanorama: (subject) => note(subject, { subject, views: new Map([['peer@2', VIEW]]) }),
    getView: (observer, subject) => note({ observer, subject }, VIEW),
    getInference: (subject) => note(subject, { subject, observers: ['a', 'b'], observation: OBSERVATION }),
    getObservedSubjects: () => note(null, new Map([['peer@1', TIME]])),
    dumpPanorama: () =>
      note(null, new Map([['peer@1', { subject: 'peer@1', views: new Map([['peer@2', VIEW]]) }]])),
    dumpInference: () =>
      note(null, new Map([['peer@1', { subject: 'peer@1', observers: [], observation: OBSERVATION }]])),
    ping: (source, time) => note({ source, time }, { good: true, time: TIME }),
    getPeers: () => note(null, [{ id: 'pano0', address: 'localhost:6688' }]),
    getId: () => note(null, { id: 'pano0', address: 'localhost:6688' }),
  };
}

/** A busy machine may take this long for the largest answer. */
const LIMIT_MS = 30_000;

const running: { server?: RunningHealthServer; client?: HealthClient } = {};

async function start(implementation: HealthHandlers): Promise<HealthClient> {
  running.server = await startHealthServer({
    address: { host: '127.0.0.1', port: 0 },
    handlers: implementation,
    clock: systemClock,
  });
  running.client = new HealthClient({
    target: `127.0.0.1:${running.server.address.port}`,
    deadlineMs: LIMIT_MS,
  });
  return running.client;
}

afterEach(async () => {
  running.client?.close();
  await running.server?.stop(1000);
});

describe('a client and a server over a socket', () => {
  it('carry reports, nanoseconds and scores included', async () => {
    const asked: unknown[] = [];
    const client = await start(handlers(asked));
    const report = { observer: 'peer@2', subject: 'peer@1', observation: OBSERVATION };
    expect(await client.register({ module: 'ZooKeeper', observer: 'peer@2' })).toBe(10001);
    expect(await client.submitReport(10001, report)).toBe('accepted');
    const source = { id: 'pano1', address: 'h:1' };
    expect(await client.learnReport({ kind: 'subscription', source, report })).toBe('ignored');
    expect(asked).toEqual([
      { module: 'ZooKeeper', observer: 'peer@2' },
      { handle: 10001, report },
      { kind: 'subscription', source, report },
    ]);
  });

  it('carry each query and its answer', async () => {
    const client = await start(handlers());
    expect(await client.observe('peer@1')).toBe(true);
    expect(await client.stopObserving('peer@1')).toBe(false);
    expect(await client.getLatestReport('peer@1')).toEqual({
      observer: 'peer@2',
      subject: 'peer@1',
      observation: OBSERVATION,
    });
    expect(await client.getPanorama('peer@1')).toEqual({
      subject: 'peer@1',
      views: new Map([['peer@2', VIEW]]),
    });
    expect(await client.getView('peer@2', 'peer@1')).toEqual(VIEW);
    expect(await client.getInference('peer@1')).toEqual({
      subject: 'peer@1',
      observers: ['a', 'b'],
      observation: OBSERVATION,
    });
    expect(await client.getObservedSubjects()).toEqual(new Map([['peer@1', TIME]]));
    expect([...(await client.dumpPanorama()).keys()]).toEqual(['peer@1']);
    expect([...(await client.dumpInference()).keys()]).toEqual(['peer@1']);
    expect(await client.ping({ id: 'c', address: 'l' }, TIME)).toEqual({ good: true, time: TIME });
    expect(await client.getPeers()).toEqual([{ id: 'pano0', address: 'localhost:6688' }]);
    expect(await client.getId()).toEqual({ id: 'pano0', address: 'localhost:6688' });
  });

  it(
    'carry a dump that is larger than what gRPC takes by default',
    async () => {
      const observations = Array.from({ length: 10 }, () => OBSERVATION);
      const views = new Map(
        Array.from({ length: 10 }, (_, index) => {
          const observer = `peer@${index}`;
          return [observer, { observer, subject: 's', observations }] as const;
        }),
      );
      const subjects = Array.from({ length: 1000 }, (_, index) => `subject-${index}`);
      const panoramas = new Map(subjects.map((subject) => [subject, { subject, views }] as const));
      const client = await start({ ...handlers(), dumpPanorama: () => Promise.resolve(panoramas) });
      const received = await client.dumpPanorama();
      expect([...received.keys()]).toEqual(subjects);
      expect(received.get('subject-999')).toEqual({ subject: 'subject-999', views });
    },
    LIMIT_MS,
  );

  it('tell refusals apart', async () => {
    const client = await start({
      ...handlers(),
      getPanorama: () => Promise.reject(new HviewError('NOT_FOUND', 'No panorama for x')),
      register: () => Promise.reject(new HviewError('REQUEST_INVALID', 'observer is empty')),
      getPeers: () => Promise.reject(new TypeError('a defect')),
    });
    await expect(client.getPanorama('x')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'No panorama for x',
    });
    await expect(client.register({ module: '', observer: '' })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: 'observer is empty',
    });
    await expect(client.getPeers()).rejects.toMatchObject({ code: 'REMOTE_FAILED' });
  });

  it('understands the original, which answers what is not there with UNKNOWN and swaps the names of a view', async () => {
    const { Server, ServerCredentials } = await import('@grpc/grpc-js');
    const { HealthServiceService } = await import('../../protocol/generated/idl/service.js');
    const server = new Server();
    server.addService(HealthServiceService, {
      getView: (
        call: { request: { observer: string; subject: string } },
        callback: (error: Partial<ServiceError> | null, value?: unknown) => void,
      ) => {
        if (call.request.observer === 'peer@1')
          callback(null, { observer: 'peer@2', subject: 'peer@1', observations: [] });
        else callback({ code: GrpcStatus.UNKNOWN, details: `No view for ${call.request.subject}` });
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    const client = new HealthClient({ target: `127.0.0.1:${port}` });
    try {
      expect(await client.getView('peer@2', 'peer@1')).toEqual({
        observer: 'peer@2',
        subject: 'peer@1',
        observations: [],
      });
      await expect(client.getView('peer@3', 'peer@4')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    } finally {
      client.close();
      server.forceShutdown();
    }
  });

  it('offers reflection', async () => {
    const client = await start(handlers());
    const generic = new Client(client.target, credentials.createInsecure());
    // ServerReflectionRequest{list_services: ""}; the answer is read as text, which holds the names.
    const answer = await new Promise<string>((resolve, reject) => {
      const call = generic.makeBidiStreamRequest(
        '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
      );
      call.on('data', (bytes: Buffer) => {
        resolve(bytes.toString('latin1'));
        call.end();
      });
      call.on('error', reject);
      call.write(Buffer.from([0x3a, 0x00]));
    });
    generic.close();
    expect(answer).toContain('idl.HealthService');
  });
});

describe('a caller in trouble', () => {
  it('hears that nobody listens', async () => {
    const client = new HealthClient({ target: '127.0.0.1:1', deadlineMs: 2000 });
    await expect(client.getId()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    client.close();
  });

  it('does not wait for ever for one that accepts and never answers', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const client = new HealthClient({ target: `127.0.0.1:${port}`, deadlineMs: 200 });
    await expect(client.getId()).rejects.toMatchObject({ code: 'TIMEOUT' });
    client.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('gets its call ended when the client is closed', async () => {
    const client = await start({ ...handlers(), getId: () => new Promise(() => undefined) });
    const call = client.getId();
    client.close();
    await expect(call).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

describe('a server', () => {
  it('says so when its address is taken', async () => {
    const client = await start(handlers());
    const port = Number(client.target.split(':')[1]);
    await expect(
      startHealthServer({ address: { host: '127.0.0.1', port }, handlers: handlers(), clock: systemClock }),
    ).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: `another program listens on 127.0.0.1:${port}`,
    });
  });

  it('refuses bytes that are no message and goes on', async () => {
    const client = await start(handlers());
    const generic = new Client(client.target, credentials.createInsecure());
    const code = await new Promise<number>((resolve) =>
      generic.makeUnaryRequest(
        '/idl.HealthService/SubmitReport',
        () => Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]),
        (bytes: Buffer) => bytes,
        {},
        (error) => resolve(error?.code ?? GrpcStatus.OK),
      ),
    );
    generic.close();
    expect(code).not.toBe(GrpcStatus.OK);
    expect(await client.getId()).toEqual({ id: 'pano0', address: 'localhost:6688' });
  });

  it('refuses a request over its size limit', async () => {
    const client = await start(handlers());
    await expect(client.observe('x'.repeat(2 * 1024 * 1024))).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(/^the request Observe is too large for 127/) as unknown,
    });
  });
});
