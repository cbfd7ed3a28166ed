import { connect } from 'node:net';
import type { Socket } from 'node:net';

export const FRAME = {
  ...{ data: 0, headers: 1, priority: 2, reset: 3, settings: 4, pushPromise: 5 },
  ...{ ping: 6, goAway: 7, windowUpdate: 8, continuation: 9 },
} as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;
const ACK = 1;
const PADDED = 8;

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
/** SETTINGS_INITIAL_WINDOW_SIZE: replies are never held up. */
const SETTINGS = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
const HUGE_WINDOW = Buffer.from([0x3f, 0xff, 0x00, 0x00]);
const DEFAULT_WINDOW = 65_535;

/** The oldest stream is given up when so many are open. */
const MAX_OPEN = 80;

/** Whoever has not answered by then waits for something that does not come; milliseconds. */
const PATIENCE_MS = 2000;

/** One connection that sends whatever frames it is told to, and reads just enough of what comes back. */
export class HostileConnection {
  readonly #socket: Socket;
  readonly #open = new Set<number>();
  /** Those of them that will not end by themselves. */
  readonly #hanging = new Set<number>();
  readonly #count: { ended: number; reset: number };
  #rest = Buffer.alloc(0);
  #window = DEFAULT_WINDOW;
  #lastStream = -1;
  #wake: (() => void) | null = null;
  #isClosed = false;

  /** `from`: the address that it comes from, one of this machine. */
  constructor(
    port: number,
    count: { ended: number; reset: number },
    { greet = true, from = '127.0.0.1' }: { readonly greet?: boolean; readonly from?: string } = {},
  ) {
    this.#count = count;
    this.#socket = connect({ port, host: '127.0.0.1', localAddress: from });
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (data: Buffer) => this.#read(data));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#isClosed = true;
      this.#wake?.();
    });
    if (!greet) return;
    this.#socket.write(PREFACE);
    this.frame(FRAME.settings, 0, 0, SETTINGS);
    this.frame(FRAME.windowUpdate, 0, 0, HUGE_WINDOW);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get openStreams(): readonly number[] {
    return [...this.#open];
  }

  nextStream(): number {
    this.#lastStream += 2;
    this.#open.add(this.#lastStream);
    if (this.#open.size > MAX_OPEN) {
      const [oldest = 1] = this.#open;
      this.reset(oldest);
    }
    return this.#lastStream;
  }

  /** The request on this stream has no end. */
  leaveHanging(stream: number): void {
    this.#hanging.add(stream);
  }

  reset(stream: number): void {
    this.#open.delete(stream);
    this.#hanging.delete(stream);
    this.frame(FRAME.reset, 0, stream, Buffer.from([0, 0, 0, 8]));
  }

  frame(type: number, flags: number, stream: number, content: Buffer): void {
    const head = Buffer.alloc(9);
    head.writeUIntBE(content.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(stream >>> 0, 5);
    this.raw(Buffer.concat([head, content]));
  }

  raw(bytes: Buffer): void {
    if (!this.#isClosed) this.#socket.write(bytes);
  }

  /** As DATA frames, as far as the server's window lets them; false: it did not. */
  data(stream: number, content: Buffer, flags: number): boolean {
    if (content.length > this.#window) return false;
    this.#window -= content.length;
    for (let start = 0; start === 0 || start < content.length; start += 16_384) {
      const part = content.subarray(start, start + 16_384);
      this.frame(FRAME.data, start + 16_384 >= content.length ? flags : 0, stream, part);
    }
    return true;
  }

  /** Resolves when fewer streams are open, when the connection ends, or after a short while. */
  async room(limit: number): Promise<void> {
    if (this.#open.size > limit) for (const stream of this.#hanging) this.reset(stream);
    const deadline = performance.now() + PATIENCE_MS;
    while (!this.#isClosed && (this.#open.size > limit || this.#socket.writableLength > 1_000_000)) {
      if (performance.now() > deadline) {
        this.close();
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 20);
      });
    }
  }

  stopReading(): void {
    this.#socket.pause();
  }

  /** Sends nothing more, and reads what still comes. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
    this.#isClosed = true;
  }

  #read(data: Buffer): void {
    let rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    while (rest.length >= 9) {
      const length = rest.readUIntBE(0, 3);
      if (rest.length < 9 + length) break;
      this.#take(rest[3] ?? 0, rest[4] ?? 0, rest.readUInt32BE(5) & 0x7fffffff, rest.subarray(9, 9 + length));
      rest = rest.subarray(9 + length);
    }
    this.#rest = Buffer.from(rest);
    this.#wake?.();
  }

  #take(type: number, flags: number, stream: number, content: Buffer): void {
    switch (type) {
      case FRAME.settings:
        if ((flags & ACK) === 0) this.frame(FRAME.settings, ACK, 0, Buffer.alloc(0));
        break;
      case FRAME.ping:
        if ((flags & ACK) === 0) this.frame(FRAME.ping, ACK, 0, content);
        break;
      case FRAME.windowUpdate:
        if (stream === 0 && content.length === 4) this.#window += content.readUInt32BE(0);
        break;
      case FRAME.reset:
        if (this.#open.delete(stream)) this.#count.reset += 1;
        break;
      case FRAME.goAway:
        this.close();
        break;
      case FRAME.headers:
      case FRAME.data:
        if (type === FRAME.data && content.length > 0 && (flags & PADDED) === 0)
          this.#giveBack(content.length);
        if ((flags & END_STREAM) !== 0 && this.#open.delete(stream)) this.#count.ended += 1;
        break;
      default:
    }
  }

  #giveBack(bytes: number): void {
    const increment = Buffer.alloc(4);
    increment.writeUInt32BE(bytes);
    this.frame(FRAME.windowUpdate, 0, 0, increment);
  }
}
