import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Clock, Timer } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { LearnReply } from './generated/hview/v1/peering.js';

export type LearnCall = Pick<ClientDuplexStream<Buffer, LearnReply>, 'on' | 'write' | 'cancel'>;

export interface LearnStreamOptions {
  /** Begins a call of hview.v1.Peering.LearnStream. */
  readonly open: () => LearnCall;
  /** What ended a call, as an error of ours. */
  readonly reason: (error: unknown) => HviewError;
  /** That no answer came in time. */
  readonly timeout: () => HviewError;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** A batch that is not answered yet. */
interface Waiting {
  readonly encoded: Buffer;
  readonly resolve: (reply: LearnReply) => void;
  readonly reject: (error: HviewError) => void;
  readonly deadline: Timer;
  /** The calls that ended in order before they answered it. */
  ended: number;
}

/** A call that ends without an answer may have been at its age; the next one is not. */
const CALLS = 2;

/**
 * Sends batches over one call, each once the one before is answered. The call is begun by a batch that finds
 * none, so that whatever ends it, even with no batch on its way, is mended by the next batch. A call that
 * does not answer in time is broken off: nobody knows what became of its batch, and an answer that came
 * late would be taken for that of another.
 */
export class LearnStream {
  readonly #options: LearnStreamOptions;
  #call: LearnCall | null = null;
  #waiting: Waiting | null = null;

  constructor(options: LearnStreamOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#waiting !== null;
  }

  /** Rejects with what ended the call, or TIMEOUT. To be called when it is not busy. */
  send(encoded: Buffer): Promise<LearnReply> {
    const { clock, deadlineMs, timeout } = this.#options;
    return new Promise((resolve, reject) => {
      const deadline = clock.after(deadlineMs, () => this.#breakOff(timeout()), { unref: true });
      this.#waiting = { encoded, resolve, reject, deadline, ended: 0 };
      this.#write(encoded);
    });
  }

  /** Ends the call; a batch on its way is rejected with UNREACHABLE. */
  close(): void {
    this.#breakOff(new HviewError('UNREACHABLE', 'the connection was closed'));
  }

  #write(encoded: Buffer): void {
    this.#call ??= this.#open();
    this.#call.write(encoded);
  }

  #open(): LearnCall {
    const call = this.#options.open();
    const isCurrent = (): boolean => call === this.#call;
    call.on('data', (reply: LearnReply) => {
      if (isCurrent()) this.#answered(reply);
    });
    call.on('error', (error: unknown) => {
      if (!isCurrent()) return;
      this.#call = null;
      this.#settle()?.reject(this.#options.reason(error));
    });
    call.on('end', () => {
      if (isCurrent()) this.#ended();
    });
    return call;
  }

  #answered(reply: LearnReply): void {
    const waiting = this.#settle();
    if (waiting === null) this.#breakOff(null);
    else waiting.resolve(reply);
  }

  #ended(): void {
    this.#call = null;
    const waiting = this.#waiting;
    if (waiting === null) return;
    waiting.ended += 1;
    if (waiting.ended < CALLS) this.#write(waiting.encoded);
    else
      this.#settle()?.reject(new HviewError('REMOTE_FAILED', 'the peer ends every call without an answer'));
  }

  #breakOff(error: HviewError | null): void {
    const call = this.#call;
    // What it still says is heard by nobody.
    this.#call = null;
    call?.cancel();
    if (error !== null) this.#settle()?.reject(error);
  }

  /** What waited does so no longer. */
  #settle(): Waiting | null {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.deadline.cancel();
    return waiting;
  }
}
