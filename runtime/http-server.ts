import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Clock } from './clock.js';
import { describeError } from './errors.js';
import type { ConnectionCounts, ConnectionLimits, PortSecurity } from './listener.js';
import { LOOPBACK_ONLY, Listener } from './listener.js';
import type { Logger } from './logger.js';
import { silentLogger } from './logger.js';
import { isLoopbackName } from './loopback.js';

/** One thing that a program shows over HTTP. */
export interface HttpRoute {
  readonly method: 'GET' | 'POST';
  /** A path, or one that ends in `/*` for everything below it. */
  readonly path: string;
  /** `open`: for anyone who reaches the port; `query`: for those who may ask who is sick. */
  readonly access: 'open' | 'query';
  /** Its answers stay open as long as somebody listens. */
  readonly isStream?: boolean;
  /** Ends the response, now or later. What it throws is answered with 500. */
  handle(request: IncomingMessage, response: ServerResponse, url: URL): void | Promise<void>;
}

/** Why a request is not answered. */
export interface HttpRefusal {
  /** 401: it is not known who asks; 403: that one may not; 429: it asks too much. */
  readonly status: 401 | 403 | 429;
  readonly reason: string;
}

/** A request that came to its end. */
export interface AnsweredRequest {
  /** The path of the route that answered; null: there is none, or it was not looked for. */
  readonly route: string | null;
  /** Null: the connection was gone before the answer. */
  readonly status: number | null;
  readonly durationMs: number;
}

/** Stands before what is not open to everybody. */
export interface HttpGuard {
  /** Whether anybody has to show who it is. */
  readonly asksWho: boolean;
  /** Whether a browser is to ask for a password. */
  readonly takesPassword: boolean;
  /** Null: the request may go on. */
  refuse(request: IncomingMessage): HttpRefusal | null;
}

export interface HttpServerOptions {
  /** Port 0 takes a free one. */
  readonly address: { readonly host: string; readonly port: number };
  readonly routes: readonly HttpRoute[];
  readonly clock: Clock;
  /** Without it nothing is told. */
  readonly logger?: Logger;
  /** Who may connect, and how; default: this machine alone, in plain text. */
  readonly security?: PortSecurity;
  /** Without it every route is open to everybody who connects. */
  readonly guard?: HttpGuard;
  readonly limits?: ConnectionLimits;
  /** Called at the end of each request; of a stream only if it was refused. */
  readonly onAnswered?: (request: AnsweredRequest) => void;
}

export interface RunningHttpServer {
  readonly address: { readonly host: string; readonly port: number };
  connections(): ConnectionCounts;
  /** Takes no new request, lets those under way end within `limitMs`, then cuts them off. */
  stop(limitMs: number): Promise<void>;
}

/** Connections to a page and its data come from people and a few programs. */
const DEFAULT_LIMITS: ConnectionLimits = { connections: 1000, connectionsPerAddress: 200 };

/** A request's head, and all of it, have to be there in this time, milliseconds. */
const HEAD_LIMIT_MS = 10_000;
const REQUEST_LIMIT_MS = 30_000;

/** Rejects with EXPOSED, ADDRESS_IN_USE or ADDRESS_INVALID. */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningHttpServer> {
  const { clock, security = LOOPBACK_ONLY, logger = silentLogger } = options;
  let isStopping = false;
  const server = createServer((request, response) => {
    // A connection that would be kept for the next request would hold up the end.
    if (isStopping) response.setHeader('connection', 'close');
    void answer(options, listener, request, response);
  });
  server.headersTimeout = HEAD_LIMIT_MS;
  server.requestTimeout = REQUEST_LIMIT_MS;
  const listener = await Listener.open({
    address: options.address,
    purpose: { name: 'the HTTP port', flag: '-http' },
    security,
    protocol: 'http/1.1',
    limits: options.limits ?? DEFAULT_LIMITS,
    onConnection: (socket) => server.emit('connection', socket),
    ...{ clock, logger },
  });
  // Connections come from the listener; this is what makes the server watch over their time limits.
  server.emit('listening');
  return {
    address: listener.address,
    connections: () => listener.counts(),
    stop: async (limitMs) => {
      isStopping = true;
      const ended = listener.close();
      const cut = clock.after(limitMs, () => listener.cut());
      server.close();
      server.closeIdleConnections();
      await ended;
      cut.cancel();
    },
  };
}

async function answer(
  { routes, guard, onAnswered, clock }: HttpServerOptions,
  listener: Listener,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let route: HttpRoute | undefined;
  const sinceMs = clock.monotonic();
  response.once('close', () => {
    const status = response.headersSent ? response.statusCode : null;
    if (route?.isStream === true && status === 200) return;
    onAnswered?.({ route: route?.path ?? null, status, durationMs: clock.monotonic() - sinceMs });
  });
  try {
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('x-frame-options', 'DENY');
    response.setHeader('referrer-policy', 'no-referrer');
    if (guard?.asksWho !== true && !isMeant(request, listener)) {
      sendText(response, 421, `this is not ${request.headers.host ?? 'the host that was asked for'}`);
      return;
    }
    const url = urlOf(request);
    if (url === null) {
      sendText(response, 400, 'the address cannot be understood');
      return;
    }
    const here = routes.filter(({ path }) => covers(path, url.pathname));
    route = here.find(
      ({ method }) => method === request.method || (method === 'GET' && request.method === 'HEAD'),
    );
    // What there is and what is not there, only those learn that may ask.
    const refusal = route?.access === 'open' ? null : (guard?.refuse(request) ?? null);
    if (refusal !== null) sendRefusal(request, response, refusal, guard?.takesPassword === true);
    else if (route === undefined) {
      if (here.length > 0)
        response.setHeader('allow', [...new Set(here.map(({ method }) => method))].join(', '));
      sendText(response, here.length > 0 ? 405 : 404, here.length > 0 ? 'method not allowed' : 'not found');
    } else await route.handle(request, response, url);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else sendText(response, 500, describeError(error));
  }
}

/**
 * Whether the request names this machine. A page from elsewhere can have its own name point here and so have
 * the browser ask in its place; what only this machine can reach, and asks nobody, has to see through that.
 */
function isMeant(request: IncomingMessage, listener: Listener): boolean {
  if (!listener.isLoopbackOnly) return true;
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === '' || isLoopbackName(name) || name.toLowerCase() === listener.address.host.toLowerCase();
}

function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  { status, reason }: HttpRefusal,
  takesPassword: boolean,
): void {
  // A browser asks for name and password then; the password is the token. What a page asks for by itself is
  // told otherwise: the page has a better place to ask for the token.
  const isOfPage = (request.headers['sec-fetch-mode'] ?? 'navigate') !== 'navigate';
  if (status === 401 && takesPassword) {
    const scheme = isOfPage ? 'Bearer realm="hview"' : 'Basic realm="hview", charset="UTF-8"';
    response.setHeader('www-authenticate', scheme);
  }
  sendText(response, status, reason);
}

/** Null: it cannot be understood. */
function urlOf({ url = '/' }: IncomingMessage): URL | null {
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : null;
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
