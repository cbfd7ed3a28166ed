/**
 * Tells HTTP/2 servers stories that end in the middle of a header block, while garbage is collected all the
 * time: `broken` and `unread` to a plain server, whose sessions are `kept` or left `bare`; `aggregator` to a
 * real one. Prints `alive` if the process lives on. Runs with --expose-gc.
 */
import { once } from 'node:events';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { SessionKeeper } from '../../protocol/session-keeper.js';
import { END_HEADERS, END_STREAM, FRAME, HostileConnection } from '../fuzz/hostile-connection.js';
import { startIdlPeer } from '../support/idl-peer.js';

const [story = '', guard = ''] = process.argv.slice(2);
const CONNECTIONS = 20;
const ROUNDS = 5;

const PATH = '/idl.HealthService/GetId';
/** `:method: POST`, `:scheme: http`, `:authority: x`, `:path`, `content-type: application/grpc`. */
const REQUEST = Buffer.concat([
  Buffer.from([0x83, 0x86, 0x01, 1, 0x78, 0x04, PATH.length]),
  Buffer.from(PATH),
  Buffer.from([0x0f, 0x10, 16]),
  Buffer.from('application/grpc'),
]);
/** `name: value`, longer than what is copied out of the session's memory. */
const TRAILER = Buffer.concat([Buffer.from([0, 1, 0x6e, 100]), Buffer.alloc(100, 0x76)]);

const collect = (): void => globalThis.gc?.();
const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens a stream whose trailers never come to their end. */
function leaveHalfHeaders(port: number): HostileConnection {
  const connection = new HostileConnection(port, { ended: 0, reset: 0 });
  if (story === 'unread') connection.stopReading();
  const stream = connection.nextStream();
  connection.frame(FRAME.headers, END_HEADERS, stream, REQUEST);
  connection.frame(FRAME.headers, END_STREAM, stream, TRAILER);
  return connection;
}

/** Nothing but the rest of the trailers may follow: the session is beyond help, and the server ends it. */
function breakRules(connection: HostileConnection): void {
  connection.frame(FRAME.ping, 0, 0, Buffer.alloc(8));
}

/** Each session is ended by the server soon after it began. */
async function startPlainServer(): Promise<number> {
  const http2 = createHttp2Server();
  http2.on('sessionError', () => undefined);
  http2.on('session', (session) => {
    endSoon(session);
    // In the same turn of the event loop as the end.
    for (let count = 0; count < 2; count += 1) setTimeout(collect, 50);
  });
  http2.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined);
    if (story !== 'unread') return;
    stream.respond();
    // More than the sockets hold, so that some of it is on its way when the end comes.
    setImmediate(() => stream.write(Buffer.alloc(16_000_000)));
  });
  const keeper = new SessionKeeper();
  const begin = (socket: Socket): boolean => http2.emit('connection', socket);
  const server = createServer((socket) => {
    if (guard === 'kept') keeper.connect(socket, () => begin(socket));
    else begin(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** No closure holds the session afterwards. */
function endSoon(session: ServerHttp2Session): void {
  setTimeout((ended: ServerHttp2Session) => ended.destroy(), 50, session);
}

async function startAggregator(): Promise<number> {
  const { address } = await startIdlPeer(0, { signOfLife: { everyMs: 50, withinMs: 50 } });
  setInterval(collect, 1);
  return Number(address.split(':').pop());
}

const port = await (story === 'aggregator' ? startAggregator() : startPlainServer());
for (let round = 0; round < ROUNDS; round += 1) {
  const connections = Array.from({ length: CONNECTIONS }, () => leaveHalfHeaders(port));
  await rest(30);
  if (story !== 'unread') connections.forEach(breakRules);
  await rest(story === 'aggregator' ? 400 : 100);
  for (const connection of connections) connection.close();
  await rest(10);
  for (let count = 0; count < 4; count += 1) {
    collect();
    await rest(5);
  }
}
process.stdout.write('alive\n');
process.exit();
