import { afterEach, describe, expect, it } from '@jest/globals';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { handleBidiStreamingCall } from '@grpc/grpc-js';
import type { GreetReply, LearnReply, LearnRequest } from '../../protocol/generated/hview/v1/peering.js';
import { PeeringService } from '../../protocol/generated/hview/v1/peering.js';
import { HealthClient } from '../../protocol/health-client.js';
import type { RunningHealthServer } from '../../protocol/health-server.js';
import { startHealthServer } from '../../protocol/health-server.js';
import type { HealthHandlers } from '../../protocol/health-service.js';
import type { PeerBatch, PeeringHandlers } from '../../protocol/peering-service.js';
import { unary } from '../../protocol/unary.js';
import { HviewError } from '../../runtime/errors.js';
import { eventually } from '../support/aggregators.js';
import { entry } from '../support/batches.js';
import { FakeClock } from '../support/fake-clock.js';
import { UnrulyProxy } from '../support/unruly-proxy.js';

const undo: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function batchOf(id: string): PeerBatch {
  return { source: 'pano1', position: { epoch: 'e', sequence: 1 }, entries: [entry(id)] };
}

/** An aggregator that takes everything; what it took, and which calls came. */
class Peer {
  readonly clock = new FakeClock();
  readonly taken: string[] = [];
  readonly calls: string[] = [];
  refusal: HviewError | null = null;
  /** Answers wait for it. */
  gate = Promise.resolve();
  server: RunningHealthServer | null = null;

  async start(): Promise<RunningHealthServer> {
    const handlers: Partial<PeeringHandlers> = {
      learn: async (_, decode) => {
        if (this.refusal !== null) throw this.refusal;
        this.taken.push(...decode().entries.map(({ id }) => id));
        await this.gate;
        return { run: 'run1', accepted: 1, duplicates: 0, refused: 0, ignored: [] };
      },
      greet: () => Promise.resolve({ run: 'run1', position: null }),
    };
    this.server = await startHealthServer({
      address: { host: '127.0.0.1', port: 0 },
      handlers: {} as HealthHandlers,
      peeringHandlers: handlers as PeeringHandlers,
      policy: {
        decide: (role) => {
          this.calls.push(role);
          return { kind: 'allowed', name: null };
        },
      },
      clock: this.clock,
    });
    undo.push(() => this.stop());
    return this.server;
  }

  /** Cuts off at once what does not end by itself. */
  async stop(): Promise<void> {
    const stopped = this.server?.stop(10);
    this.clock.advance(10);
    await stopped;
  }
}

function clientOf(target: string, deadlineMs = 5000): HealthClient {
  const client = new HealthClient({ target, deadlineMs, maxReconnectMs: 100 });
  undo.push(() => client.close());
  return client;
}

async function setUp() {
  const peer = new Peer();
  const { address } = await peer.start();
  const target = `127.0.0.1:${address.port}`;
  return { peer, target, client: clientOf(target) };
}

describe('batches of a peer', () => {
  it('go over one call, but for one that comes beside another', async () => {
    const { peer, client } = await setUp();
    for (const id of ['a', 'b', 'c']) await client.learn(batchOf(id));
    expect(peer.taken).toEqual(['a', 'b', 'c']);
    expect(peer.calls).toEqual(['relay']);
    await Promise.all([client.learn(batchOf('d')), client.learn(batchOf('e'))]);
    expect(peer.taken.sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(peer.calls).toEqual(['relay', 'relay']);
  });

  it('end their call when one is refused, with the reason; the next is taken', async () => {
    const { peer, client } = await setUp();
    peer.refusal = new HviewError('OVERLOADED', '9 reports wait already');
    await expect(client.learn(batchOf('a'))).rejects.toMatchObject({ code: 'OVERLOADED' });
    peer.refusal = new HviewError('REQUEST_INVALID', 'source is empty');
    await expect(client.learn(batchOf('b'))).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: 'source is empty',
    });
    peer.refusal = null;
    expect(await client.learn(batchOf('c'))).toMatchObject({ accepted: 1 });
    expect(peer.taken).toEqual(['c']);
  });

  it('go over another call after a minute, so that it is asked anew who may relay', async () => {
    const { peer, client } = await setUp();
    await client.learn(batchOf('a'));
    peer.clock.advance(59_999);
    await client.learn(batchOf('b'));
    expect(peer.calls).toHaveLength(1);
    let open = (): void => undefined;
    peer.gate = new Promise((resolve) => (open = resolve));
    const underWay = client.learn(batchOf('c'));
    await eventually(
      () => Promise.resolve(peer.taken),
      (taken) => taken.includes('c'),
    );
    peer.clock.advance(1);
    open();
    expect(await underWay).toMatchObject({ accepted: 1 });
    await client.learn(batchOf('d'));
    expect(peer.taken).toEqual(['a', 'b', 'c', 'd']);
    expect(peer.calls).toHaveLength(2);
  });

  it('do not keep an aggregator from stopping; one that is being taken is answered before', async () => {
    const { peer, client } = await setUp();
    let open = (): void => undefined;
    peer.gate = new Promise((resolve) => (open = resolve));
    const underWay = client.learn(batchOf('a'));
    await eventually(
      () => Promise.resolve(peer.taken),
      (taken) => taken.length === 1,
    );
    const stopped = peer.server?.stop(10_000);
    open();
    expect(await underWay).toMatchObject({ accepted: 1 });
    // The clock stands still: it stops because nothing is under way any more.
    await stopped;
    await expect(client.learn(batchOf('b'))).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('fail in time when nothing gets through and nobody says so, and get through when it does again', async () => {
    const { peer, target } = await setUp();
    const proxy = await UnrulyProxy.open(Number(target.split(':')[1]));
    undo.push(() => proxy.close());
    const client = clientOf(proxy.address, 300);
    await client.learn(batchOf('a'));
    proxy.cut('silence');
    await expect(client.learn(batchOf('b'))).rejects.toMatchObject({ code: 'TIMEOUT' });
    proxy.heal();
    await eventually(
      () => client.learn(batchOf('c')),
      ({ accepted }) => accepted === 1,
    );
    expect(peer.taken.filter((id) => id === 'a')).toHaveLength(1);
    expect(peer.taken).toContain('c');
  });

  it('go by single calls to an older release, until it is greeted as a newer one', async () => {
    const { greet, learn, subscribe, compare, learnStream } = PeeringService;
    const server = new Server();
    const came: string[] = [];
    const reply = { run: 'run1', accepted: 1, duplicates: 0, refused: 0, ignored: [] };
    const empty = unary<unknown, GreetReply>(() => Promise.resolve({ run: 'run1', position: undefined }));
    const single = unary<LearnRequest, LearnReply>(({ observations }) => {
      came.push(...observations.map(({ id }) => `single ${id}`));
      return Promise.resolve(reply);
    });
    server.addService(
      { greet, learn, subscribe, compare },
      { greet: empty, learn: single, subscribe: empty, compare: empty },
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    undo.push(() => server.forceShutdown());
    const client = clientOf(`127.0.0.1:${port}`);
    await client.learn(batchOf('a'));
    const stream: handleBidiStreamingCall<LearnRequest, LearnReply> = (call) => {
      call.on('data', ({ observations }: LearnRequest) => {
        came.push(...observations.map(({ id }) => `stream ${id}`));
        call.write(reply);
      });
    };
    const { path, responseSerialize, requestDeserialize } = learnStream;
    server.register(path, stream, responseSerialize, requestDeserialize, 'bidi');
    await client.learn(batchOf('b'));
    await client.greet({ source: 'pano1', run: 'r', position: { epoch: 'e', sequence: 1 } });
    await client.learn(batchOf('c'));
    expect(came).toEqual(['single a', 'single b', 'stream c']);
  });
});
