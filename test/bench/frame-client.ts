import { once } from 'node:events';
import { connect } from 'node:net';

const FRAME = { data: 0, headers: 1, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;

/** Result ACCEPTED as a gRPC message: no compression, two bytes, field 1 = 1. */
const ACCEPTED = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

export interface LoadResult {
  readonly seconds: number;
  /** Milliseconds a call, in no particular order. */
  readonly latencies: readonly number[];
}

/**
 * Sends unary calls as bare HTTP/2 frames, a fixed number of them in flight, and checks that each is
 * answered with ACCEPTED. A full gRPC client costs more than the server that is to be measured.
 */
export async function sendCalls(options: {
  readonly port: number;
  readonly path: string;
  readonly messages: number;
  readonly inFlight: number;
  /** The protobuf message of each call. */
  readonly message: (index: number) => Uint8Array;
}): Promise<LoadResult> {
  const { port, path, messages, inFlight } = options;
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  const headers = headerBlock(port, path);
  const startedMs = new Map<number, number>();
  const latencies: number[] = [];
  let sent = 0;
  let accepted = 0;

  const send = (): void => {
    const stream = sent * 2 + 1;
    const message = options.message(sent);
    sent += 1;
    const body = Buffer.alloc(5 + message.length);
    body.writeUInt32BE(message.length, 1);
    body.set(message, 5);
    startedMs.set(stream, performance.now());
    socket.write(
      Buffer.concat([
        frameHeader(headers.length, FRAME.headers, END_HEADERS, stream),
        headers,
        frameHeader(body.length, FRAME.data, END_STREAM, stream),
        body,
      ]),
    );
  };

  const beganMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    const take = (type: number, flags: number, stream: number, payload: Buffer): void => {
      if (type === FRAME.settings && (flags & ACK) === 0) {
        socket.write(frameHeader(0, FRAME.settings, ACK, 0));
      } else if (type === FRAME.ping && (flags & ACK) === 0) {
        socket.write(Buffer.concat([frameHeader(8, FRAME.ping, ACK, 0), payload]));
      } else if (type === FRAME.goAway) {
        reject(new Error('the server closes the connection'));
      } else if (type === FRAME.data && payload.equals(ACCEPTED)) {
        accepted += 1;
      } else if (type === FRAME.headers && (flags & END_STREAM) !== 0) {
        latencies.push(performance.now() - (startedMs.get(stream) ?? NaN));
        startedMs.delete(stream);
        if (sent < messages) send();
        else if (startedMs.size === 0) resolve();
      }
    };
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const end = 9 + rest.readUIntBE(0, 3);
        take(rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5) & 0x7fffffff, rest.subarray(9, end));
        rest = rest.subarray(end);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed')));
    const widerWindow = Buffer.alloc(4);
    widerWindow.writeUInt32BE(0x3fff0000);
    socket.write(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        frameHeader(0, FRAME.settings, 0, 0),
        frameHeader(4, FRAME.windowUpdate, 0, 0),
        widerWindow,
      ]),
    );
    while (sent < Math.min(inFlight, messages)) send();
  });
  const seconds = (performance.now() - beganMs) / 1000;
  socket.removeAllListeners('close');
  socket.destroy();
  if (accepted !== messages) throw new Error(`${messages - accepted} of ${messages} calls were not accepted`);
  return { seconds, latencies };
}

function frameHeader(length: number, type: number, flags: number, stream: number): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return header;
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
