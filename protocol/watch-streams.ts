import type { ServerWritableStream } from '@grpc/grpc-js';
import type { Clock } from '../runtime/clock.js';
import { every } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { WatchReply, WatchRequest } from './generated/hview/v1/verdicts.js';
import { toGrpcError } from './grpc-errors.js';
import { changeToWire } from './verdict-codec.js';
import type { VerdictHandlers } from './verdict-service.js';
import type { VerdictChange } from './verdict.js';

type WatchCall = ServerWritableStream<WatchRequest, WatchReply>;

/** Streams at one time; the next is sent away. */
const MAX_STREAMS = 200;

/** Changes that may wait for who reads too slowly, besides those that it missed before it came. */
const MAX_WAITING = 1000;

/** How often something is said while there is nothing to tell, milliseconds. */
const BEAT_MS = 5000;

/** The streams of those who watch. */
export class WatchStreams {
  readonly #streams = new Set<WatchStream>();

  constructor(
    private readonly handlers: VerdictHandlers,
    private readonly clock: Clock,
  ) {}

  open(call: WatchCall): void {
    if (this.#streams.size >= MAX_STREAMS) {
      const full = new HviewError('OVERLOADED', `${MAX_STREAMS} watch already`);
      call.emit('error', toGrpcError(full));
      return;
    }
    const stream = new WatchStream(call, this.handlers, this.clock, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    stream.begin();
  }

  close(): void {
    for (const stream of [...this.#streams])
      stream.end(new HviewError('UNREACHABLE', 'the aggregator stops'));
  }
}

/**
 * One watcher: what it has not read yet waits here, references to changes that are kept anyway. A watcher that
 * lets too many wait is cut off, and may come again with the last sequence it knows.
 */
class WatchStream {
  readonly #call: WatchCall;
  #waiting: VerdictChange[] = [];
  #mayWait = MAX_WAITING;
  #isBlocked = false;
  #isOver = false;
  #subscription: { close(): void } | null = null;
  #beat: { cancel(): void } | null = null;

  constructor(
    call: WatchCall,
    private readonly handlers: VerdictHandlers,
    private readonly clock: Clock,
    private readonly onGone: () => void,
  ) {
    this.#call = call;
    call.on('drain', () => {
      this.#isBlocked = false;
      this.#send();
    });
    call.on('cancelled', () => this.#leave());
    call.on('close', () => this.#leave());
    call.on('finish', () => this.#leave());
  }

  begin(): void {
    const { subjects, after } = this.#call.request;
    const request = { subjects, ...(after === undefined ? {} : { after }) };
    try {
      this.#isBlocked = true;
      const sequence = after ?? this.handlers.sequence();
      this.#subscription = this.handlers.watch(request, (change) => this.#take(change));
      this.#mayWait += this.#waiting.length;
      this.#isBlocked = !this.#call.write({ sequence, change: undefined });
      this.#send();
      this.#beat = every(this.clock, BEAT_MS, () => this.#sayNothingNew());
    } catch (error) {
      this.end(error);
    }
  }

  /** The reason reaches the watcher behind what is on its way already. */
  end(reason: unknown): void {
    if (this.#isOver) return;
    this.#stop();
    this.#call.emit('error', toGrpcError(reason));
  }

  #take(change: VerdictChange): void {
    if (this.#isOver) return;
    this.#waiting.push(change);
    if (this.#subscription !== null && this.#waiting.length > this.#mayWait) {
      this.end(new HviewError('OVERLOADED', `${this.#waiting.length} changes wait to be read`));
      return;
    }
    this.#send();
  }

  #send(): void {
    if (this.#isBlocked || this.#isOver) return;
    let sent = 0;
    while (sent < this.#waiting.length && !this.#isBlocked) {
      const change = this.#waiting[sent];
      if (change === undefined) break;
      sent += 1;
      this.#isBlocked = !this.#call.write({ sequence: change.sequence, change: changeToWire(change) });
    }
    this.#waiting.splice(0, sent);
    // What it missed is read: from now on as much may wait as for anyone.
    this.#mayWait = Math.max(MAX_WAITING, Math.min(this.#mayWait, this.#waiting.length + MAX_WAITING));
  }

  #sayNothingNew(): void {
    if (this.#isOver || this.#isBlocked || this.#waiting.length > 0) return;
    this.#isBlocked = !this.#call.write({ sequence: this.handlers.sequence(), change: undefined });
  }

  #stop(): void {
    this.#isOver = true;
    this.#beat?.cancel();
    this.#subscription?.close();
    this.#waiting = [];
  }

  #leave(): void {
    if (!this.#isOver) this.#stop();
    this.onGone();
  }
}
