import { afterEach, describe, expect, it } from '@jest/globals';
import { Client, credentials } from '@grpc/grpc-js';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { VerdictsService } from '../../protocol/generated/hview/v1/verdicts.js';
import type { WatchReply } from '../../protocol/generated/hview/v1/verdicts.js';
import { HealthClient } from '../../protocol/health-client.js';
import type { RunningHealthServer } from '../../protocol/health-server.js';
import { startHealthServer } from '../../protocol/health-server.js';
import type { HealthHandlers } from '../../protocol/health-service.js';
import { Status } from '../../protocol/model.js';
import type { WatchEvent } from '../../protocol/verdict-service.js';
import { systemClock } from '../../runtime/clock.js';
import { verdictHandlers } from '../../server/rpc/verdict-handlers.js';
import type { Saying } from '../support/fake-verdicts.js';
import { FakeVerdicts, evidence } from '../support/fake-verdicts.js';

let server: RunningHealthServer | null = null;
let client: HealthClient | null = null;

afterEach(async () => {
  client?.close();
  await server?.stop(500);
  server = null;
  client = null;
});

/** Nobody calls it here. */
const NO_HANDLERS = {} as HealthHandlers;

async function start(verdicts: FakeVerdicts | null): Promise<HealthClient> {
  server = await startHealthServer({
    address: { host: '127.0.0.1', port: 0 },
    handlers: new Proxy(NO_HANDLERS, { get: () => () => Promise.reject(new Error('not asked')) }),
    ...(verdicts === null ? {} : { verdictHandlers: verdictHandlers(verdicts) }),
    clock: systemClock,
  });
  client = new HealthClient({ target: `127.0.0.1:${server.address.port}` });
  return client;
}

/** The next events of a stream that go with a change. */
async function changes(stream: AsyncIterable<WatchEvent>, count: number): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { change } of stream) {
    if (change !== null) sequences.push(change.sequence);
    if (sequences.length === count) break;
  }
  return sequences;
}

const SICK = [
  { observer: 'peer@1', status: Status.UNHEALTHY, evidence: evidence() },
  { observer: 'peer@3', status: Status.HEALTHY },
];
const WELL = [{ observer: 'peer@1', status: Status.HEALTHY }];

describe('verdicts over the wire', () => {
  it('are what the aggregator has', async () => {
    const verdicts = new FakeVerdicts();
    verdicts.say('peer@2', SICK);
    verdicts.say('peer@4', WELL, 1_700_000_000_123.5);
    const { verdicts: service } = await start(verdicts);
    expect(await service.explain('peer@2')).toEqual(verdicts.explain('peer@2'));
    const list = await service.list();
    expect(list.sequence).toBe(2);
    expect(list.verdicts).toEqual(
      verdicts.list().map(({ subject, status, score, sinceMs, timeMs, metrics, observers }) => ({
        ...{ subject, status, score, sinceMs, timeMs, metrics, observers },
      })),
    );
    expect(await service.history({ limit: 10 })).toEqual(verdicts.history({ limit: 10 }));
    expect(await service.history({ subject: 'peer@4', limit: 10 })).toHaveLength(1);
    expect(await service.history({ sinceMs: 1_700_000_000_001, limit: 10 })).toHaveLength(1);
    expect(await service.history({ limit: 1 })).toMatchObject([{ subject: 'peer@4' }]);
  });

  it('of whom nothing was said are not found', async () => {
    const { verdicts } = await start(new FakeVerdicts());
    await expect(verdicts.explain('nobody')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'nothing was said of nobody',
    });
    await expect(verdicts.explain('')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('are not offered by an aggregator of another make, which is said plainly', async () => {
    const { verdicts, target } = await start(null);
    const expected = {
      code: 'UNSUPPORTED',
      message: `${target} tells no reasons for its verdicts: it does not know Explain`,
      hint: expect.stringContaining('get panorama SUBJECT') as unknown,
    };
    await expect(verdicts.explain('peer@2')).rejects.toMatchObject(expected);
    await expect(changes(verdicts.watch({}), 1)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describe('a watch', () => {
  it('begins with where it stands, and tells every later change', async () => {
    const verdicts = new FakeVerdicts();
    verdicts.say('peer@2', SICK);
    const { verdicts: service } = await start(verdicts);
    const events: WatchEvent[] = [];
    for await (const event of service.watch({})) {
      events.push(event);
      if (events.length === 1) verdicts.say('peer@2', WELL);
      if (event.change !== null) break;
    }
    expect(events[0]).toEqual({ sequence: 1, change: null });
    expect(events.at(-1)).toMatchObject({
      sequence: 2,
      change: { sequence: 2, subject: 'peer@2', before: Status.UNHEALTHY, after: Status.HEALTHY },
    });
  });

  it('is resumed where it ended', async () => {
    const verdicts = new FakeVerdicts();
    for (const subject of ['a', 'b', 'c', 'd']) verdicts.say(subject, SICK);
    const { verdicts: service } = await start(verdicts);
    expect(await changes(service.watch({ after: 2 }), 2)).toEqual([3, 4]);
  });

  it('tells only of those that it names', async () => {
    const verdicts = new FakeVerdicts();
    for (const subject of ['a', 'b', 'a', 'b']) verdicts.say(subject, SICK);
    verdicts.say('a', WELL);
    const { verdicts: service } = await start(verdicts);
    expect(await changes(service.watch({ after: 0, subjects: ['a'] }), 2)).toEqual([1, 3]);
  });

  it('says that what came in between is gone', async () => {
    const verdicts = new FakeVerdicts();
    verdicts.forgottenUpTo = 5;
    const { verdicts: service } = await start(verdicts);
    await expect(changes(service.watch({ after: 4 }), 1)).rejects.toMatchObject({
      code: 'HISTORY_GONE',
      message: 'changes after 4 are no longer kept',
    });
  });

  it('leaves nothing behind when the caller ends it', async () => {
    const verdicts = new FakeVerdicts();
    const { verdicts: service } = await start(verdicts);
    const abort = new AbortController();
    for await (const { change } of service.watch({}, abort.signal)) {
      expect(change).toBeNull();
      expect(verdicts.watchers).toBe(1);
      abort.abort();
    }
    while (verdicts.watchers > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('ends at once when the server stops', async () => {
    const verdicts = new FakeVerdicts();
    const { verdicts: service } = await start(verdicts);
    const begun = performance.now();
    await expect(
      (async () => {
        for await (const { change } of service.watch({})) {
          expect(change).toBeNull();
          void server?.stop(20_000);
        }
      })(),
    ).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await server?.stop(20_000);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(verdicts.watchers).toBe(0);
  });

  it('that nobody reads is cut off, and what waited for it let go', async () => {
    const verdicts = new FakeVerdicts();
    const { target } = await start(verdicts);
    const generic = new Client(target, credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = VerdictsService.watch;
    const stream: ClientReadableStream<WatchReply> = generic.makeServerStreamRequest(
      ...([path, requestSerialize, responseDeserialize] as const),
      { subjects: [] },
    );
    const first = new Promise((resolve) => stream.once('data', resolve));
    await first;
    // From here on it reads nothing; the evidence is long, so that no buffer on the way takes it all.
    stream.pause();
    const saying = (status: Status): Saying[] => [
      { observer: 'o', status, evidence: evidence({ line: 'x'.repeat(900) }) },
    ];
    let told = 0;
    while (verdicts.watchers > 0) {
      for (let count = 0; count < 100; count += 1, told += 1)
        verdicts.say('a', saying(told % 2 === 0 ? Status.UNHEALTHY : Status.DEAD));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const ended = new Promise<ServiceError>((resolve) => stream.once('error', resolve));
    stream.resume();
    expect(await ended).toMatchObject({
      code: 8,
      details: expect.stringMatching(/^\d+ changes wait/) as unknown,
    });
    expect(told).toBeGreaterThan(1000);
    generic.close();
  });

  it('of more than 200 at a time is sent away', async () => {
    const verdicts = new FakeVerdicts();
    const { target } = await start(verdicts);
    const abort = new AbortController();
    const clients = [1, 2, 3].map(() => new HealthClient({ target }));
    const open = async (service: HealthClient['verdicts']): Promise<void> => {
      const first = await service.watch({}, abort.signal)[Symbol.asyncIterator]().next();
      expect(first.done).toBe(false);
    };
    for (const each of clients) {
      const room = Math.min(90, 200 - verdicts.watchers);
      await Promise.all(Array.from({ length: room }, () => open(each.verdicts)));
    }
    expect(verdicts.watchers).toBe(200);
    const [last] = clients.slice(-1);
    await expect(changes(last?.verdicts.watch({}) ?? noEvents(), 1)).rejects.toMatchObject({
      code: 'OVERLOADED',
    });
    abort.abort();
    for (const each of clients) each.close();
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- an empty stream
async function* noEvents(): AsyncGenerator<WatchEvent> {
  yield* [];
}
