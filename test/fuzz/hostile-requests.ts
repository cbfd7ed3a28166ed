import { gzipSync } from 'node:zlib';
import type { HostileConnection } from './hostile-connection.js';
import { END_HEADERS, END_STREAM, FRAME } from './hostile-connection.js';
import { mutate } from './mutate.js';
import type { RandomSource } from './random-source.js';
import type { ValidRequest } from './valid-requests.js';

type Header = readonly [name: string | Buffer, value: string | Buffer];

/** A gigabyte in a megabyte, or as near as that comes. */
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024));

/** Sends one request, as bad as can be, or something that should have been one. */
export async function sendHostile(
  connection: HostileConnection,
  random: RandomSource,
  requests: readonly ValidRequest[],
): Promise<void> {
  const request = random.pick(requests);
  const others = requests.map(({ message }) => message);
  const kind = random.below(1000);
  // What may cost the connection mostly waits for the answers to what went before.
  if (kind >= 880 && !random.oneIn(10)) await connection.room(0);
  // Most are requests with a body that is nearly right: those get farthest.
  if (kind < 800) sendBody(connection, random, request.path, framed(mutate(request.message, random, others)));
  else if (kind < 880) sendBody(connection, random, request.path, badlyFramed(request.message, random));
  else if (kind < 960) sendBadHeaders(connection, random, request);
  else if (kind < 998) sendBadFrame(connection, random);
  else sendGarbage(connection, random);
}

function sendBody(connection: HostileConnection, random: RandomSource, path: string, body: Buffer): void {
  const stream = connection.nextStream();
  connection.frame(FRAME.headers, END_HEADERS, stream, encode(headersFor(path)));
  const flags = random.oneIn(50) ? 0 : END_STREAM;
  if (flags === 0) connection.leaveHanging(stream);
  if (!connection.data(stream, body, flags)) connection.reset(stream);
  if (random.oneIn(100)) connection.reset(stream);
}

function headersFor(path: string): Header[] {
  return [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'localhost'],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
  ];
}

/** gRPC's prefix: not compressed, and how long it is. */
function framed(message: Buffer, isCompressed = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = isCompressed;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

function badlyFramed(message: Buffer, random: RandomSource): Buffer {
  switch (random.below(9)) {
    case 0:
      return framed(message, 0, message.length + 1 + random.below(1000));
    case 1:
      return framed(message, 0, random.below(message.length + 1));
    case 2:
      return framed(message, 0, 0xffffffff);
    case 3:
      return framed(message, 1);
    case 4:
      return framed(random.oneIn(20) ? BOMB : gzipSync(message), 1);
    case 5:
      return Buffer.concat([framed(message), framed(message)]);
    case 6:
      return framed(message).subarray(0, random.below(6));
    case 7:
      return random.bytes(random.below(60));
    default:
      return framed(message, random.below(256));
  }
}

function sendBadHeaders(
  connection: HostileConnection,
  random: RandomSource,
  { path, message }: ValidRequest,
): void {
  const headers = headersFor(path);
  const at = random.below(headers.length);
  const [name = '', value = ''] = headers[at] ?? [];
  switch (random.below(12)) {
    case 0:
      headers.splice(at, 1);
      break;
    case 1:
      headers[at] = [name, random.bytes(random.below(30))];
      break;
    case 2:
      headers[at] = [random.bytes(1 + random.below(10)), value];
      break;
    case 3:
      headers[2] = [':path', mutate(Buffer.from(path), random, [Buffer.from('/%00/..//\u00e9')])];
      break;
    case 4:
      headers.push(['grpc-timeout', random.pick(['0n', '99999999H', '-1S', 'soon', '1m', '', '123456789S'])]);
      break;
    case 5:
      headers.push([
        'grpc-encoding',
        random.pick(['gzip', 'deflate', 'identity', 'snappy', '', 'x'.repeat(5000)]),
      ]);
      break;
    case 6:
      headers.push(['big', 'x'.repeat(random.below(30_000))]);
      break;
    case 7:
      for (let count = random.below(300); count > 0; count -= 1) headers.push([`h${count}`, 'x']);
      break;
    case 8:
      headers.push([
        'authorization',
        random.pick(['Bearer x', 'Basic !!!', 'Basic OjE=', '\u00ff', 'Bearer ']),
      ]);
      break;
    case 9:
      headers.push([`key${random.below(9)}-bin`, random.pick(['!!!', 'AAAA', '', '====', '\u00e9'])]);
      break;
    case 10:
      headers[5] = [
        'content-type',
        random.pick(['application/grpc+json', 'application/grpc-web', 'text/html', 'grpc', '']),
      ];
      break;
    default:
      headers[0] = [':method', random.pick(['GET', 'PUT', 'CONNECT', 'OPTIONS', 'HEAD', '', 'p'])];
  }
  const stream = connection.nextStream();
  const block = encode(headers);
  // A frame is 16 kB at most; what is longer goes on in others, or does not.
  connection.frame(
    FRAME.headers,
    block.length <= 16_384 ? END_HEADERS : 0,
    stream,
    block.subarray(0, 16_384),
  );
  for (let start = 16_384; start < block.length; start += 16_384) {
    const isLast = start + 16_384 >= block.length;
    const part = block.subarray(start, start + 16_384);
    connection.frame(FRAME.continuation, isLast ? END_HEADERS : 0, stream, part);
  }
  if (!connection.data(stream, framed(message), END_STREAM)) connection.reset(stream);
}

function sendBadFrame(connection: HostileConnection, random: RandomSource): void {
  const streams = connection.openStreams;
  const stream = streams.length > 0 && !random.oneIn(4) ? random.pick(streams) : random.below(2 ** 31);
  switch (random.below(11)) {
    case 0:
      // Opened and taken back at once, many times.
      for (let count = 0; count < 50; count += 1) {
        const own = connection.nextStream();
        connection.frame(FRAME.headers, END_HEADERS, own, encode(headersFor('/idl.HealthService/GetId')));
        connection.reset(own);
      }
      break;
    case 1:
      for (let count = 0; count < 100; count += 1) connection.frame(FRAME.ping, 0, 0, random.bytes(8));
      break;
    case 2:
      for (let count = 0; count < 50; count += 1)
        connection.frame(FRAME.settings, 0, 0, Buffer.from([0, 1 + random.below(6), ...random.bytes(4)]));
      break;
    case 3:
      connection.frame(FRAME.windowUpdate, 0, random.oneIn(2) ? 0 : stream, random.bytes(4));
      break;
    case 4:
      connection.frame(FRAME.data, random.below(256), stream, random.bytes(random.below(100)));
      break;
    case 5:
      connection.frame(FRAME.headers, random.below(256), stream, random.bytes(random.below(100)));
      break;
    case 6:
      connection.frame(FRAME.continuation, random.below(256), stream, random.bytes(random.below(100)));
      break;
    case 7:
      connection.frame(FRAME.priority, 0, stream, random.bytes(random.oneIn(2) ? 5 : random.below(9)));
      break;
    case 8:
      connection.frame(FRAME.goAway, 0, 0, random.bytes(8 + random.below(20)));
      break;
    case 9:
      sendHalfTrailers(connection);
      break;
    default:
      connection.frame(random.below(256), random.below(256), stream, random.bytes(random.below(200)));
  }
}

/**
 * They never come to their end: whatever the connection sends next breaks it. On a stream of changes, as
 * nothing else ends that before the connection itself is ended.
 */
function sendHalfTrailers(connection: HostileConnection): void {
  const stream = connection.nextStream();
  connection.frame(FRAME.headers, END_HEADERS, stream, encode(headersFor('/hview.v1.Verdicts/Watch')));
  connection.frame(FRAME.headers, END_STREAM, stream, encode([['half', 'x'.repeat(100)]]));
}

/** Not HTTP/2 at all any more. */
function sendGarbage(connection: HostileConnection, random: RandomSource): void {
  connection.raw(
    random.pick([
      random.bytes(random.below(500)),
      Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
      Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]),
    ]),
  );
  if (random.oneIn(2)) connection.close();
  else connection.end();
}

/** HPACK's plainest form: each header in full, not to be remembered. */
function encode(headers: readonly Header[]): Buffer {
  return Buffer.concat(
    headers.flatMap(([name, value]) => [Buffer.from([0]), text(Buffer.from(name)), text(Buffer.from(value))]),
  );
}

function text(bytes: Buffer): Buffer {
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length: number[] = [127];
  let rest = bytes.length - 127;
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}
