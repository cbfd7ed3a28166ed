import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { PeeringService } from '../../protocol/generated/hview/v1/peering.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { runAggregator } from '../support/aggregators.js';
import { entry } from '../support/batches.js';

let one: RunningAggregator;
let raw: Client;

beforeEach(async () => {
  one = await runAggregator();
  raw = new Client(`127.0.0.1:${one.aggregator.address.port}`, credentials.createInsecure());
});

afterEach(async () => {
  raw.close();
  await one.stop();
});

/** Sends the bytes as they are; the status of the answer. */
function send(method: keyof typeof PeeringService, bytes: Buffer): Promise<number> {
  return new Promise((resolve) => {
    raw.makeUnaryRequest(
      PeeringService[method].path,
      (encoded: Buffer) => encoded,
      (encoded) => encoded,
      bytes,
      (error: ServiceError | null) => resolve(error?.code ?? status.OK),
    );
  });
}

const position = { epoch: 'e', sequence: 1 };
const learn = { source: 'pano1', position, entries: [entry('a')] };

describe('what a peer sends', () => {
  it.each(['greet', 'learn', 'subscribe', 'compare'] as const)(
    'is refused as malformed when it is no message of %s',
    async (method) => {
      expect(await send(method, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2, 3]))).toBe(
        status.INVALID_ARGUMENT,
      );
      expect(await send(method, Buffer.alloc(0))).toBe(status.INVALID_ARGUMENT);
    },
  );

  it.each([
    ['no source', { ...learn, source: '' }],
    ['an epoch that is too long', { ...learn, position: { epoch: 'e'.repeat(65), sequence: 1 } }],
    ['an empty epoch', { ...learn, position: { epoch: '', sequence: 1 } }],
  ])('is refused with %s, and nothing of it is taken', async (_, batch) => {
    await expect(one.client.learn(batch)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(one.aggregator.counts()).toMatchObject({ accepted: 0, refused: { malformed: 1 } });
  });

  it('is taken but for the entries that are malformed', async () => {
    const entries = [entry('a', { subject: '' }), entry('b'), entry('c'.repeat(65))];
    expect(await one.client.learn({ ...learn, entries })).toMatchObject({
      accepted: 1,
      duplicates: 0,
      refused: 2,
      ignored: [],
    });
  });

  it('is taken once, however often it is sent', async () => {
    await one.client.learn({ ...learn, entries: [entry('a'), entry('b')] });
    expect(await one.client.learn({ ...learn, entries: [entry('b'), entry('a')] })).toMatchObject({
      accepted: 0,
      duplicates: 2,
    });
    // What stands elsewhere without its id is known by what it says.
    expect(await one.client.learn({ ...learn, position: null, entries: [entry('')] })).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
  });

  it('may be larger than a call by neither its subjects nor its bytes', async () => {
    const subjects = Array.from({ length: 10_001 }, (_, index) => ({ subject: `s${index}`, digest: 1 }));
    await expect(one.client.compare('pano1', subjects)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    const entries = Array.from({ length: 5000 }, (_, index) =>
      entry(`i${index}`, { subject: `${'s'.repeat(250)}${index}` }),
    );
    await expect(one.client.learn({ ...learn, entries })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(one.aggregator.counts()).toMatchObject({ accepted: 0 });
  });

  it('leaves no trace when nobody knows who sent it', async () => {
    await one.client.learn({ ...learn, source: 'stranger' });
    const greeting = await one.client.greet({ source: 'stranger', run: 'r', position });
    expect(greeting.position).toBeNull();
  });

  it('is answered with what is known otherwise here', async () => {
    const { wanted } = await one.client.compare('pano1', [{ subject: 'peer@2', digest: 77 }]);
    expect(wanted).toEqual(['peer@2']);
  });
});
