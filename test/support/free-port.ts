import { once } from 'node:events';
import { createServer } from 'node:net';
import { systemErrorCode } from '../../runtime/errors.js';

/** Below those that systems give to whoever does not ask for one: nothing else takes it before it is used. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      if (systemErrorCode(error) !== 'EADDRINUSE') throw error;
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
