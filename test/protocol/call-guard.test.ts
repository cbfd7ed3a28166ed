import { afterEach, describe, expect, it } from '@jest/globals';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { HealthClient } from '../../protocol/health-client.js';
import type { HealthServerOptions, RunningHealthServer } from '../../protocol/health-server.js';
import { startHealthServer } from '../../protocol/health-server.js';
import type { HealthHandlers } from '../../protocol/health-service.js';
import { HostileConnection } from '../fuzz/hostile-connection.js';
import { eventually } from '../support/aggregators.js';
import { FakeClock } from '../support/fake-clock.js';

const undo: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Answers nothing but who it is. */
const handlers = {
  getId: () => Promise.resolve({ id: 'pano0', address: 'localhost:6688' }),
} as unknown as HealthHandlers;

async function start(
  clock: FakeClock,
  parts: Partial<HealthServerOptions> = {},
): Promise<RunningHealthServer> {
  const server = await startHealthServer({
    address: { host: '127.0.0.1', port: 0 },
    handlers,
    clock,
    ...parts,
  });
  undo.push(() => {
    const stopped = server.stop(10);
    clock.advance(10);
    return stopped;
  });
  return server;
}

function sessionTo({ address }: RunningHealthServer): ClientHttp2Session {
  const session = connectHttp2(`http://127.0.0.1:${address.port}`);
  session.on('error', () => undefined);
  undo.push(() => session.destroy());
  return session;
}

function callOf(session: ClientHttp2Session, path = '/idl.HealthService/GetId'): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  return stream;
}

function statusOf(stream: ClientHttp2Stream): Promise<unknown> {
  return new Promise((resolve) => {
    stream.on('response', (headers) => resolve(headers['grpc-status'] ?? 'answered'));
    stream.on('close', () => resolve('closed'));
  });
}

describe('a request that does not come to its end', () => {
  it('is answered after half a minute, and counted', async () => {
    const clock = new FakeClock();
    const server = await start(clock);
    const session = sessionTo(server);
    const stream = callOf(session);
    stream.write(Buffer.from([0, 0, 0, 0, 9]));
    const status = statusOf(stream);
    // The server has it when it answers what came after it.
    const other = callOf(session);
    other.end(Buffer.alloc(5));
    expect(await statusOf(other)).toBe('answered');
    clock.advance(25_000);
    expect(server.refusals().incomplete).toBe(0);
    clock.advance(10_000);
    expect(await status).toBe('4');
    expect(server.refusals().incomplete).toBe(1);
  });
});

describe('an answer that never comes or is not read', () => {
  it('costs the connection after two minutes', async () => {
    const clock = new FakeClock();
    const server = await start(clock, {
      handlers: { ...handlers, getId: () => new Promise(() => undefined) },
    });
    const session = sessionTo(server);
    const stream = callOf(session);
    stream.end(Buffer.alloc(5));
    const status = statusOf(stream);
    await eventually(
      () => Promise.resolve(server.connections().open),
      (open) => open === 1,
    );
    const path = '/idl.HealthService/Nothing';
    const other = callOf(session, path);
    other.end(Buffer.alloc(5));
    expect(await statusOf(other)).toBe('12');
    clock.advance(100_000);
    expect(server.refusals().unread).toBe(0);
    clock.advance(30_000);
    expect(await status).toBe('closed');
    expect(server.refusals().unread).toBe(1);
  });
});

describe('a connection that rests', () => {
  it('is closed after a minute when it never carried a call', async () => {
    const clock = new FakeClock();
    const server = await start(clock);
    const socket = connect(server.address.port, '127.0.0.1');
    socket.resume();
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await eventually(
      () => Promise.resolve(server.connections().open),
      (open) => open === 1,
    );
    clock.advance(55_000);
    expect(socket.destroyed).toBe(false);
    clock.advance(10_000);
    await closed;
    expect(server.refusals().idle).toBe(1);
  });

  it('is closed after half an hour when it did, and the client makes another', async () => {
    const clock = new FakeClock();
    const server = await start(clock);
    const client = new HealthClient({ target: `127.0.0.1:${server.address.port}` });
    undo.push(() => client.close());
    await client.getId();
    // The end of a call is noted in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(20 * 60_000);
    expect(server.connections().open).toBe(1);
    clock.advance(11 * 60_000);
    await eventually(
      () => Promise.resolve(server.connections().open),
      (open) => open === 0,
    );
    expect(
      (
        await eventually(
          () => client.getId(),
          () => true,
        )
      ).id,
    ).toBe('pano0');
    expect(server.connections().accepted).toBe(2);
  });
});

describe('what is told of a call at its end', () => {
  const GET_ID = '/idl.HealthService/GetId';
  const PING = '/idl.HealthService/Ping';

  it('is its method, how it ended, and how long it took', async () => {
    const clock = new FakeClock();
    const ended: unknown[] = [];
    const server = await start(clock, {
      handlers: {
        ...handlers,
        getId: () => {
          clock.advance(250);
          return Promise.resolve({ id: 'pano0', address: 'localhost:6688' });
        },
      },
      maxRequestBytes: 100,
      onCallEnd: (...call) => void ended.push(call),
    });
    const call = async (path: string, request: Buffer): Promise<unknown> => {
      const stream = callOf(sessionTo(server), path);
      stream.end(request);
      await statusOf(stream);
      await eventually(
        () => Promise.resolve(ended.length),
        (length) => length === 1,
      );
      return ended.pop();
    };
    expect(await call(GET_ID, frame(''))).toEqual([GET_ID, 'OK', 250]);
    // No time is given.
    expect(await call(PING, frame(''))).toEqual([PING, 'INVALID_ARGUMENT', 0]);
    expect(await call(PING, frame('not a message'))).toEqual([PING, 'INTERNAL', 0]);
    expect(await call(PING, frame('x'.repeat(101)))).toEqual([PING, 'RESOURCE_EXHAUSTED', 0]);
  });

  it('tells one that was not let through from one that nobody waited for', async () => {
    const ended: unknown[] = [];
    const reached = new Promise<void>((resolve) => {
      void start(new FakeClock(), {
        handlers: {
          ...handlers,
          getId: () => {
            resolve();
            return new Promise(() => undefined);
          },
        },
        policy: {
          decide: (role) =>
            role === 'known' ? { kind: 'allowed', name: null } : { kind: 'unknown', reason: 'who are you?' },
        },
        onCallEnd: (path, code) => void ended.push([path, code]),
      }).then((server) => {
        const session = sessionTo(server);
        callOf(session, '/idl.HealthService/DumpPanorama').end(frame(''));
        const left = callOf(session);
        left.end(frame(''));
        void reached.then(() => left.close());
      });
    });
    await eventually(
      () => Promise.resolve(ended.length),
      (length) => length === 2,
    );
    expect(ended).toEqual([
      ['/idl.HealthService/DumpPanorama', 'UNAUTHENTICATED'],
      [GET_ID, 'CANCELLED'],
    ]);
  });

  it('is nothing while somebody listens to a stream, nor afterwards', async () => {
    const ended: unknown[] = [];
    const server = await start(new FakeClock(), { onCallEnd: (path) => void ended.push(path) });
    const session = sessionTo(server);
    const stream = callOf(session, '/grpc.health.v1.Health/Watch');
    stream.end(frame(''));
    expect(await statusOf(stream)).toBe('answered');
    stream.close();
    const other = callOf(session);
    other.end(frame(''));
    await eventually(
      () => Promise.resolve(ended.length),
      (length) => length > 0,
    );
    expect(ended).toEqual([GET_ID]);
  });
});

/** A message as gRPC puts it on the wire. */
function frame(message: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, Buffer.from(message)]);
}

describe('a connection that gives no sign of life', () => {
  it('is closed', async () => {
    const server = await start(new FakeClock(), { signOfLife: { everyMs: 50, withinMs: 50 } });
    const mute = new Mute(server.address.port);
    undo.push(() => mute.close());
    await eventually(
      () => Promise.resolve(mute.isClosed),
      (isClosed) => isClosed,
    );
    await eventually(
      () => Promise.resolve(server.connections().open),
      (open) => open === 0,
    );
  });
});

/** Greets, and answers nothing afterwards. */
class Mute extends HostileConnection {
  constructor(port: number) {
    super(port, { ended: 0, reset: 0 });
  }

  override frame(type: number, flags: number, stream: number, content: Buffer): void {
    const isAnswer = type === 6;
    if (!isAnswer) super.frame(type, flags, stream, content);
  }
}
