import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { LearnReply } from './generated/hview/v1/peering.js';
import { toGrpcError } from './grpc-errors.js';

export type LearnStreamCall = ServerDuplexStream<Buffer, LearnReply>;

/** Streams at one time; the next is sent away. More than there are peers. */
const MAX_STREAMS = 2000;

/**
 * How long a call lasts, milliseconds. Whether its caller may relay is asked at its beginning, so that it is
 * asked anew now and then; and one that nobody uses does not stay.
 */
const LASTS_MS = 60_000;

/** The calls over which peers send one batch after the other. */
export class LearnStreams {
  readonly #streams = new Set<LearnStream>();

  constructor(
    /** Rejects when the batch is refused as a whole. */
    private readonly learn: (encoded: Buffer) => Promise<LearnReply>,
    private readonly clock: Clock,
  ) {}

  open(call: LearnStreamCall): void {
    if (this.#streams.size >= MAX_STREAMS) {
      call.emit('error', toGrpcError(new HviewError('OVERLOADED', `${MAX_STREAMS} peers send already`)));
      return;
    }
    const stream = new LearnStream(call, this.learn, () => {
      this.#streams.delete(stream);
      age.cancel();
    });
    const age = this.clock.after(LASTS_MS, () => stream.end(), { unref: true });
    this.#streams.add(stream);
  }

  /** Ends every stream; batches that are being taken are answered before. */
  close(): void {
    for (const stream of [...this.#streams]) stream.end();
  }
}

/** One peer's call: no batch is read before the one before is taken and its answer is on its way. */
class LearnStream {
  readonly #call: LearnStreamCall;
  #isTaking = false;
  #isEnding = false;

  constructor(
    call: LearnStreamCall,
    private readonly learn: (encoded: Buffer) => Promise<LearnReply>,
    onGone: () => void,
  ) {
    this.#call = call;
    call.on('data', (encoded: Buffer) => void this.#take(encoded));
    call.on('drain', () => this.#readOn());
    call.on('end', () => this.end());
    call.on('cancelled', onGone);
    call.on('finish', onGone);
  }

  /** Once the batch that is being taken is answered; what comes after it is not read. */
  end(): void {
    this.#isEnding = true;
    if (this.#isTaking) return;
    this.#call.pause();
    this.#call.end();
  }

  async #take(encoded: Buffer): Promise<void> {
    const call = this.#call;
    call.pause();
    this.#isTaking = true;
    try {
      const reply = await this.learn(encoded);
      this.#isTaking = false;
      if (call.cancelled) return;
      const isRead = call.write(reply);
      if (this.#isEnding) this.end();
      else if (isRead) call.resume();
    } catch (error) {
      this.#isTaking = false;
      this.#isEnding = true;
      call.emit('error', toGrpcError(error));
    }
  }

  /** Somebody who does not read the answers brings no more. */
  #readOn(): void {
    if (!this.#isTaking && !this.#isEnding) this.#call.resume();
  }
}
