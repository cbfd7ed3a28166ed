import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from './clock.js';
import { HviewError, describeError, systemErrorCode } from './errors.js';

/** One thing that a program shows over HTTP. */
export interface HttpRoute {
  readonly method: 'GET' | 'POST';
  /** A path, or one that ends in `/*` for everything below it. */
  readonly path: string;
  /** `open`: for anyone who reaches the port; `query`: for those who may ask who is sick. */
  readonly access: 'open' | 'query';
  /** Ends the response, now or later. What it throws is answered with 500. */
  handle(request: IncomingMessage, response: ServerResponse, url: URL): void | Promise<void>;
}

export interface HttpServerOptions {
  /** Port 0 takes a free one. */
  readonly address: { readonly host: string; readonly port: number };
  readonly routes: readonly HttpRoute[];
  readonly clock: Clock;
}

export interface RunningHttpServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Takes no new request, lets those under way end within `limitMs`, then cuts them off. */
  stop(limitMs: number): Promise<void>;
}

/** Rejects with ADDRESS_IN_USE or ADDRESS_INVALID. */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningHttpServer> {
  const server = createServer((request, response) => void answer(options.routes, request, response));
  await listen(server, options.address);
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: options.address.host, port },
    stop: (limitMs) => stop(server, options.clock, limitMs),
  };
}

async function answer(
  routes: readonly HttpRoute[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const here = routes.filter(({ path }) => covers(path, url.pathname));
    const route = here.find(
      ({ method }) => method === request.method || (method === 'GET' && request.method === 'HEAD'),
    );
    if (route === undefined) {
      if (here.length > 0)
        response.setHeader('allow', [...new Set(here.map(({ method }) => method))].join(', '));
      sendText(response, here.length > 0 ? 405 : 404, here.length > 0 ? 'method not allowed' : 'not found');
    } else await route.handle(request, response, url);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else sendText(response, 500, describeError(error));
  }
}

function covers(path: string, asked: string): boolean {
  return path.endsWith('/*') ? asked.startsWith(path.slice(0, -1)) : asked === path;
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${text}\n`);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(value));
}

function listen(server: Server, { host, port }: HttpServerOptions['address']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const isTaken = systemErrorCode(error) === 'EADDRINUSE';
      const message = isTaken
        ? `another program listens on ${host}:${port}`
        : `cannot listen on ${host}:${port}: ${describeError(error)}`;
      reject(
        new HviewError(isTaken ? 'ADDRESS_IN_USE' : 'ADDRESS_INVALID', message, {
          cause: error,
          hint: 'Choose another address with -http host:port.',
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

function stop(server: Server, clock: Clock, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = clock.after(limitMs, () => server.closeAllConnections());
    server.close(() => {
      cut.cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}
