import { beforeEach, describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { LearnReply } from '../../protocol/generated/hview/v1/peering.js';
import { LearnStream } from '../../protocol/learn-stream.js';
import { HviewError } from '../../runtime/errors.js';
import { FakeClock } from '../support/fake-clock.js';

/** A call that says what the test lets it say. */
class Call extends EventEmitter {
  readonly written: string[] = [];
  isCancelled = false;

  write(encoded: Buffer): boolean {
    this.written.push(encoded.toString());
    return true;
  }

  cancel(): void {
    this.isCancelled = true;
  }

  answer(accepted: number): void {
    this.emit('data', replyOf(accepted));
  }
}

function replyOf(accepted: number): LearnReply {
  return { run: 'run1', accepted, duplicates: 0, refused: 0, ignored: [] };
}

let calls: Call[];
let clock: FakeClock;
let stream: LearnStream;

beforeEach(() => {
  calls = [];
  clock = new FakeClock();
  stream = new LearnStream({
    open: () => {
      const call = new Call();
      calls.push(call);
      return call as unknown as ReturnType<ConstructorParameters<typeof LearnStream>[0]['open']>;
    },
    reason: (error) => new HviewError('UNREACHABLE', String(error)),
    timeout: () => new HviewError('TIMEOUT', 'no answer'),
    deadlineMs: 3000,
    clock,
  });
});

function send(text: string): Promise<LearnReply> {
  return stream.send(Buffer.from(text));
}

/** Of the calls that were begun. */
function written(): string[][] {
  return calls.map((call) => call.written);
}

describe('a stream of batches', () => {
  it('sends one after the other over one call, each answered by its own answer', async () => {
    const first = send('a');
    expect(stream.isBusy).toBe(true);
    calls[0]?.answer(1);
    expect(await first).toEqual(replyOf(1));
    expect(stream.isBusy).toBe(false);
    const second = send('b');
    calls[0]?.answer(2);
    expect(await second).toEqual(replyOf(2));
    expect(written()).toEqual([['a', 'b']]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('breaks off a call that does not answer in time, and takes no late answer for that of the next', async () => {
    const late = send('a');
    clock.advance(2999);
    expect(calls[0]?.isCancelled).toBe(false);
    clock.advance(1);
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(calls[0]?.isCancelled).toBe(true);
    const next = send('b');
    calls[0]?.answer(1);
    calls[0]?.emit('error', 'cancelled');
    calls[1]?.answer(2);
    expect(await next).toEqual(replyOf(2));
    expect(written()).toEqual([['a'], ['b']]);
  });

  it('fails with what ends the call, and begins another with the next batch', async () => {
    const failed = send('a');
    calls[0]?.emit('error', 'connection reset');
    calls[0]?.emit('end');
    await expect(failed).rejects.toThrow('connection reset');
    const next = send('b');
    calls[1]?.answer(1);
    expect(await next).toEqual(replyOf(1));
  });

  it('sends again over another call what one that ended in order has not answered', async () => {
    const sent = send('a');
    calls[0]?.emit('end');
    calls[1]?.answer(1);
    expect(await sent).toEqual(replyOf(1));
    expect(written()).toEqual([['a'], ['a']]);
  });

  it('fails when call after call ends without an answer', async () => {
    const sent = send('a');
    calls[0]?.emit('end');
    calls[1]?.emit('end');
    await expect(sent).rejects.toMatchObject({ code: 'REMOTE_FAILED' });
    expect(calls).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['end', 'error'])('begins another call after one that rested came to its %s', async (event) => {
    const first = send('a');
    calls[0]?.answer(1);
    await first;
    calls[0]?.emit(event, 'gone');
    const next = send('b');
    calls[1]?.answer(2);
    expect(await next).toEqual(replyOf(2));
    expect(written()).toEqual([['a'], ['b']]);
  });

  it('breaks off a call that answers what nobody asked, so that no batch is taken for answered', async () => {
    const first = send('a');
    calls[0]?.answer(1);
    calls[0]?.answer(1);
    await first;
    expect(calls[0]?.isCancelled).toBe(true);
    const next = send('b');
    calls[1]?.answer(2);
    expect(await next).toEqual(replyOf(2));
  });

  it('rejects what is on its way when it is closed', async () => {
    const sent = send('a');
    stream.close();
    await expect(sent).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(calls[0]?.isCancelled).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
