import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

const FRAME = { data: 0, headers: 1, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;

const INITIAL_WINDOW_SIZE = 4;
const DEFAULT_WINDOW = 65_535;
const MAX_FRAME_BYTES = 16_384;

export interface LoadResult {
  readonly seconds: number;
  /** Milliseconds a call, in no particular order. */
  readonly latencies: readonly number[];
}

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly calls: number;
  readonly inFlight: number;
  /** The protobuf message of each call. */
  readonly request: (index: number) => Uint8Array;
  /** The protobuf message that each call is to be answered with. */
  readonly reply: Uint8Array;
}

/** What is left to be sent of a call. */
interface Sending {
  readonly stream: number;
  rest: Buffer;
}

/**
 * Sends unary calls as bare HTTP/2 frames, a fixed number of them in flight, and checks that each is
 * answered as it should be. A full gRPC client costs more than the server that is to be measured.
 */
export async function sendCalls(load: Load): Promise<LoadResult> {
  const socket = connect(load.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  const beganMs = performance.now();
  const connection = new FrameConnection(socket, load);
  const accepted = await connection.finished;
  const seconds = (performance.now() - beganMs) / 1000;
  socket.removeAllListeners('close');
  socket.destroy();
  if (accepted !== load.calls)
    throw new Error(`${load.calls - accepted} of ${load.calls} calls were not accepted`);
  return { seconds, latencies: connection.latencies };
}

class FrameConnection {
  readonly latencies: number[] = [];
  /** Resolves to the number of calls that were answered as they should be. */
  readonly finished: Promise<number>;
  readonly #socket: Socket;
  readonly #load: Load;
  readonly #headers: Buffer;
  readonly #expected: Buffer;
  readonly #startedMs = new Map<number, number>();
  readonly #queue: Sending[] = [];
  readonly #streamWindows = new Map<number, number>();
  #window = DEFAULT_WINDOW;
  #streamWindow = DEFAULT_WINDOW;
  #sent = 0;
  #accepted = 0;
  #received: Buffer = Buffer.alloc(0);
  #finish: (accepted: number) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor(socket: Socket, load: Load) {
    this.#socket = socket;
    this.#load = load;
    this.#headers = headerBlock(load.port, load.path);
    this.#expected = grpcMessage(load.reply);
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
    const widerWindow = Buffer.alloc(4);
    widerWindow.writeUInt32BE(0x3fff0000);
    socket.write(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        frame(FRAME.settings, 0, 0),
        frame(FRAME.windowUpdate, 0, 0, widerWindow),
      ]),
    );
    while (this.#sent < Math.min(load.inFlight, load.calls)) this.#begin();
  }

  #begin(): void {
    const stream = this.#sent * 2 + 1;
    const rest = grpcMessage(this.#load.request(this.#sent));
    this.#sent += 1;
    this.#startedMs.set(stream, performance.now());
    this.#streamWindows.set(stream, this.#streamWindow);
    this.#queue.push({ stream, rest });
    this.#pump([frame(FRAME.headers, END_HEADERS, stream, this.#headers)]);
  }

  /** Sends the parts, and of the bodies what the other side's windows allow, the oldest first. */
  #pump(parts: Buffer[] = []): void {
    for (const sending of this.#queue) {
      const { stream } = sending;
      while (sending.rest.length > 0) {
        const window = this.#streamWindows.get(stream) ?? 0;
        const length = Math.min(sending.rest.length, MAX_FRAME_BYTES, this.#window, window);
        if (length <= 0) break;
        const isLast = length === sending.rest.length;
        parts.push(frame(FRAME.data, isLast ? END_STREAM : 0, stream, sending.rest.subarray(0, length)));
        sending.rest = sending.rest.subarray(length);
        this.#window -= length;
        this.#streamWindows.set(stream, window - length);
      }
      if (this.#window <= 0) break;
    }
    while (this.#queue[0]?.rest.length === 0) this.#queue.shift();
    if (parts.length > 0) this.#socket.write(parts.length === 1 ? (parts[0] ?? '') : Buffer.concat(parts));
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (;;) {
      const buffer = this.#received;
      if (buffer.length < 9) return;
      const end = 9 + buffer.readUIntBE(0, 3);
      if (buffer.length < end) return;
      this.#received = buffer.subarray(end);
      const stream = buffer.readUInt32BE(5) & 0x7fffffff;
      this.#take(buffer.readUInt8(3), buffer.readUInt8(4), stream, buffer.subarray(9, end));
    }
  }

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === FRAME.settings && (flags & ACK) === 0) {
      this.#adapt(payload);
      this.#socket.write(frame(FRAME.settings, ACK, 0));
    } else if (type === FRAME.windowUpdate) {
      const more = payload.readUInt32BE(0) & 0x7fffffff;
      if (stream === 0) this.#window += more;
      else this.#streamWindows.set(stream, (this.#streamWindows.get(stream) ?? 0) + more);
      this.#pump();
    } else if (type === FRAME.ping && (flags & ACK) === 0) {
      this.#socket.write(frame(FRAME.ping, ACK, 0, payload));
    } else if (type === FRAME.goAway) {
      this.#fail(new Error('the server closes the connection'));
    } else if (type === FRAME.data && payload.equals(this.#expected)) {
      this.#accepted += 1;
    } else if (type === FRAME.headers && (flags & END_STREAM) !== 0) {
      this.latencies.push(performance.now() - (this.#startedMs.get(stream) ?? NaN));
      this.#startedMs.delete(stream);
      this.#streamWindows.delete(stream);
      if (this.#sent < this.#load.calls) this.#begin();
      else if (this.#startedMs.size === 0) this.#finish(this.#accepted);
    }
  }

  #adapt(settings: Buffer): void {
    for (let at = 0; at + 6 <= settings.length; at += 6) {
      if (settings.readUInt16BE(at) !== INITIAL_WINDOW_SIZE) continue;
      const wider = settings.readUInt32BE(at + 2) - this.#streamWindow;
      this.#streamWindow += wider;
      for (const [stream, window] of this.#streamWindows) this.#streamWindows.set(stream, window + wider);
    }
    this.#pump();
  }
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return payload.length === 0 ? header : Buffer.concat([header, payload]);
}

/** Not compressed, four bytes of length, the message. */
function grpcMessage(message: Uint8Array): Buffer {
  const body = Buffer.alloc(5 + message.length);
  body.writeUInt32BE(message.length, 1);
  body.set(message, 5);
  return body;
}

/** The request's headers in HPACK, each a literal without indexing, so that every call can send the same bytes. */
function headerBlock(port: number, path: string): Buffer {
  const fields = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', `127.0.0.1:${port}`],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ];
  return Buffer.concat(
    fields.flatMap(([name = '', value = '']) => [Buffer.from([0]), text(name), text(value)]),
  );
}

/** A text in HPACK without Huffman coding; all of ours are shorter than 127 bytes. */
function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}
