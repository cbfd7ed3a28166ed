import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CertificateFiles } from './certificates.js';

/** What it does with a request, once it has read it: a status to answer, no answer at all, or cutting the line. */
export type Behaviour = number | 'silence' | 'reset' | 'half';

export interface ReceivedPost {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server that keeps what is posted to it. */
export class HttpReceiver {
  readonly posts: ReceivedPost[] = [];
  behaviour: Behaviour = 200;
  readonly #server: Server;
  readonly #protocol: string;
  #waiting: (() => void)[] = [];

  private constructor(tls: CertificateFiles | null) {
    const take = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#take(request, response);
    this.#protocol = tls === null ? 'http' : 'https';
    this.#server =
      tls === null
        ? createServer(take)
        : createTlsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, take);
  }

  static async start(port = 0, tls: CertificateFiles | null = null): Promise<HttpReceiver> {
    const receiver = new HttpReceiver(tls);
    receiver.#server.listen(port, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#protocol}://127.0.0.1:${this.port}`;
  }

  /** Resolves when so many were received, whatever became of them. */
  async received(count: number): Promise<void> {
    while (this.posts.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    request.setEncoding('utf8');
    for await (const chunk of request) body += String(chunk);
    this.posts.push({ path: request.url ?? '', headers: request.headers, body });
    if (this.behaviour === 'reset') request.socket.destroy();
    else if (this.behaviour === 'half') {
      response.writeHead(200, { 'content-length': '100' }).write('half of ');
      setImmediate(() => request.socket.destroy());
    } else if (typeof this.behaviour === 'number') {
      response.writeHead(this.behaviour, { location: 'http://elsewhere/' }).end('so it is');
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
