import { afterEach, describe, expect, it } from '@jest/globals';
import { Client, credentials } from '@grpc/grpc-js';
import { batchToWire, countObservations } from '../../protocol/batch-codec.js';
import type {
  Batch,
  BatchEntry,
  BatchHandlers,
  BatchSize,
  UncheckedBatch,
} from '../../protocol/batch-service.js';
import { SubmitBatchRequest } from '../../protocol/generated/hview/v1/hview.js';
import type { HealthClientOptions } from '../../protocol/health-client.js';
import { HealthClient } from '../../protocol/health-client.js';
import type { RunningHealthServer } from '../../protocol/health-server.js';
import { startHealthServer } from '../../protocol/health-server.js';
import type { HealthHandlers } from '../../protocol/health-service.js';
import { Status } from '../../protocol/model.js';
import { systemClock } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import { observation, report } from '../support/observations.js';

const DESCRIPTION = { version: '9.9.9', features: ['provenance'], maxObservations: 3, maxBytes: 2000 };

const ENTRIES: readonly BatchEntry[] = [
  {
    id: 'one',
    report: report({ observation: observation(-5, ['Quorum', Status.DEAD, 0.5], ['Sync', Status.NA, 0]) }),
    provenance: {
      host: 'h1',
      path: '/var/log/zookeeper.log',
      offset: 2 ** 40,
      line: 'WARN Connection broken für 2 💥',
      rule: 'broken',
      why: 'A peer hung up.',
    },
  },
  {
    id: '',
    report: {
      observer: 'peer@2',
      subject: 'peer@2',
      observation: { time: { seconds: 2, nanos: 3 }, metrics: [] },
    },
    provenance: null,
  },
];
const BATCH: Batch = { agent: 'agent@h1', module: 'ZooKeeper', entries: ENTRIES };

const running: { server?: RunningHealthServer; client?: HealthClient } = {};

/** A server with these methods of the batch service, or without that service, and a client of it. */
async function start(
  given: Partial<BatchHandlers> | null,
  options: Partial<HealthClientOptions> = {},
): Promise<HealthClient> {
  const refuse = (): never => {
    throw new HviewError('INTERNAL', 'not of this test');
  };
  const handlers = new Proxy({}, { get: () => refuse }) as HealthHandlers;
  running.server = await startHealthServer({
    address: { host: '127.0.0.1', port: 0 },
    handlers,
    ...(given === null ? {} : { batchHandlers: { describe: refuse, submitBatch: refuse, ...given } }),
    clock: systemClock,
  });
  running.client = new HealthClient({ target: `127.0.0.1:${running.server.address.port}`, ...options });
  return running.client;
}

/** Handlers that take every batch and keep what they were given. */
function recorder() {
  const taken: { readonly size: BatchSize; readonly batch: UncheckedBatch }[] = [];
  const handlers: BatchHandlers = {
    describe: () => DESCRIPTION,
    // eslint-disable-next-line @typescript-eslint/require-await -- a refusal has to become a rejection
    submitBatch: async (size, decode) => {
      taken.push({ size, batch: decode() });
      return { accepted: 1, duplicates: 2, refused: [{ index: 7, reason: 'report.subject is empty' }] };
    },
  };
  return { taken, handlers };
}

/** Sends these bytes as a batch; the words of the answer. */
function submitRaw(client: HealthClient, bytes: Buffer): Promise<string> {
  const generic = new Client(client.target, credentials.createInsecure());
  return new Promise((resolve) =>
    generic.makeUnaryRequest(
      '/hview.v1.Aggregator/SubmitBatch',
      () => bytes,
      (reply: Buffer) => reply,
      {},
      (error) => {
        generic.close();
        resolve(error === null ? 'OK' : error.message);
      },
    ),
  );
}

afterEach(async () => {
  running.client?.close();
  await running.server?.stop(1000);
});

describe('a batch', () => {
  it.each(['none', 'gzip'] as const)('arrives as it was sent (compression: %s)', async (compression) => {
    const { taken, handlers } = recorder();
    const client = await start(handlers, { compression });
    expect(await client.submitBatch(BATCH)).toEqual({
      accepted: 1,
      duplicates: 2,
      refused: [{ index: 7, reason: 'report.subject is empty' }],
    });
    expect(taken.map(({ batch }) => batch)).toEqual([BATCH]);
    expect(taken[0]?.size.observations).toBe(2);
  });

  it('has each text once', () => {
    const entries = Array.from({ length: 50 }, () => ENTRIES).flat();
    expect(batchToWire({ ...BATCH, entries }).names).toEqual([
      'peer@1',
      'peer@2',
      'Quorum',
      'Sync',
      'h1',
      '/var/log/zookeeper.log',
      'broken',
      'A peer hung up.',
    ]);
  });

  it('may be empty', async () => {
    const { taken, handlers } = recorder();
    const client = await start(handlers);
    await client.submitBatch({ agent: '', module: 'm', entries: [] });
    expect(taken).toEqual([
      { size: { observations: 0, bytes: 3 }, batch: { agent: '', module: 'm', entries: [] } },
    ]);
  });

  it.each<[string, (request: SubmitBatchRequest) => void]>([
    [
      'observations[1].observer is 8, and names has 8 entries',
      ({ observations: [, second] }) => second && (second.observer = 8),
    ],
    [
      'observations[0].subject is 99, and names has 8 entries',
      ({ observations: [first] }) => first && (first.subject = 99),
    ],
    [
      'observations[0].metrics.name is 4294967295, and names has 8 entries',
      ({ observations: [first] }) => first?.metrics[0] && (first.metrics[0].name = 4294967295),
    ],
    [
      'observations[0].provenance.why is 8, and names has 8 entries',
      ({ observations: [first] }) => first?.provenance && (first.provenance.why = 8),
    ],
  ])('with an index that leads nowhere is answered "%s"', async (message, spoil) => {
    const client = await start(recorder().handlers);
    const request = batchToWire(BATCH);
    spoil(request);
    expect(await submitRaw(client, Buffer.from(SubmitBatchRequest.encode(request).finish()))).toBe(
      `3 INVALID_ARGUMENT: ${message}`,
    );
  });

  it.each([
    ['cut short', Buffer.from(SubmitBatchRequest.encode(batchToWire(BATCH)).finish()).subarray(0, -3)],
    ['noise', Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])],
    ['a time beyond all numbers', Buffer.from([0x22, 10, 0x20, ...Array<number>(8).fill(0xff), 0x7f])],
  ])('that is %s is answered INVALID_ARGUMENT', async (_, bytes) => {
    const client = await start(recorder().handlers);
    expect(await submitRaw(client, bytes)).toBe('3 INVALID_ARGUMENT: the request is no SubmitBatchRequest');
  });
});

describe('the count of observations', () => {
  it('passes over fields of all kinds that a later release may add', () => {
    const known = SubmitBatchRequest.encode(batchToWire(BATCH)).finish();
    // Field 9 as a number, as eight bytes, as text and as four bytes.
    const added = [
      0x48,
      0x96,
      0x01,
      0x49,
      ...Array<number>(8).fill(0x22),
      0x4a,
      2,
      0x22,
      0x22,
      0x4d,
      1,
      2,
      3,
      4,
    ];
    expect(countObservations(Buffer.from([...added, ...known, ...added, ...known]))).toBe(4);
  });

  it.each([[[]], [[0x22]], [[0x22, 0xff]], [[0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]], [[0xff]], [[0]]])(
    'ends with the bytes %j',
    (bytes) => {
      expect(countObservations(Buffer.from(bytes))).toBe(bytes[0] === 0x22 ? 1 : 0);
    },
  );
});

describe('a caller of the batch service', () => {
  it('hears that an aggregator has none', async () => {
    const client = await start(null);
    const unsupported = {
      code: 'UNSUPPORTED',
      message: expect.stringContaining('takes no batches') as unknown,
    };
    await expect(client.describe()).rejects.toMatchObject(unsupported);
    await expect(client.submitBatch(BATCH)).rejects.toMatchObject(unsupported);
  });

  it('hears that nothing was taken because there is too much to do', async () => {
    const client = await start({
      submitBatch: () => Promise.reject(new HviewError('OVERLOADED', '50000 reports wait to be written')),
    });
    await expect(client.submitBatch(BATCH)).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: `${client.target} is overloaded: 50000 reports wait to be written`,
    });
  });

  it('hears what is wrong with its batch', async () => {
    const client = await start({
      submitBatch: () => Promise.reject(new HviewError('REQUEST_INVALID', 'module is empty')),
    });
    await expect(client.submitBatch(BATCH)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: 'module is empty',
    });
  });

  it('hears what the aggregator can do, and from then on which batch is too large for it', async () => {
    const { taken, handlers } = recorder();
    const client = await start(handlers);
    const [first, second] = ENTRIES as [BatchEntry, BatchEntry];
    await client.submitBatch({ ...BATCH, entries: [first, second, first, second] });
    expect(await client.describe()).toEqual(DESCRIPTION);
    await expect(
      client.submitBatch({ ...BATCH, entries: [first, second, first, second] }),
    ).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: `the batch has 4 observations, and ${client.target} takes 3`,
    });
    const long = { ...second, id: 'x'.repeat(2000) };
    await expect(client.submitBatch({ ...BATCH, entries: [long] })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(/^the batch has 20\d\d bytes, and 127.* takes 2000$/) as unknown,
    });
    expect(taken).toHaveLength(1);
  });

  it.each(['none', 'gzip'] as const)(
    'hears that a batch is too large also from an aggregator that it did not ask (compression: %s)',
    async (compression) => {
      const client = await start(recorder().handlers, { compression });
      const entries = [{ ...ENTRIES[1], id: 'x'.repeat(3_000_000) } as BatchEntry];
      await expect(client.submitBatch({ ...BATCH, entries })).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
        message: expect.stringMatching(/^the request SubmitBatch is too large for 127/) as unknown,
      });
    },
  );
});

describe('reflection', () => {
  /** The names of all services, in the midst of other bytes. */
  async function services(target: string): Promise<string> {
    const generic = new Client(target, credentials.createInsecure());
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
      // ServerReflectionRequest{list_services: ""}
      call.write(Buffer.from([0x3a, 0x00]));
    });
    generic.close();
    return answer;
  }

  it('shows the batch service where it is offered', async () => {
    const { target } = await start(recorder().handlers);
    expect(await services(target)).toMatch(/idl\.HealthService[^]*hview\.v1\.Aggregator/);
  });

  it('does not show it where it is not', async () => {
    const { target } = await start(null);
    expect(await services(target)).not.toContain('hview.v1');
  });
});
