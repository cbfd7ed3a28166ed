import { afterEach, describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { systemClock } from '../../runtime/clock.js';
import type { AnsweredRequest, HttpServerOptions, RunningHttpServer } from '../../runtime/http-server.js';
import { sendText, startHttpServer } from '../../runtime/http-server.js';
import { silentLogger } from '../../runtime/logger.js';
import { TlsFiles } from '../../runtime/tls-files.js';
import { eventually } from '../support/aggregators.js';
import { TestAuthority } from '../support/certificates.js';
import { FakeClock } from '../support/fake-clock.js';

const undo: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const ROUTES: HttpServerOptions['routes'] = [
  {
    method: 'GET',
    path: '/healthz',
    access: 'open',
    handle: (_, response) => sendText(response, 200, 'well'),
  },
  {
    method: 'GET',
    path: '/secret',
    access: 'query',
    handle: (_, response) => sendText(response, 200, 'told'),
  },
];

async function start(options: Partial<HttpServerOptions> = {}): Promise<RunningHttpServer> {
  const address = { host: '127.0.0.1', port: 0 };
  const server = await startHttpServer({ address, routes: ROUTES, clock: systemClock, ...options });
  undo.push(() => server.stop(100));
  return server;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

function ask(
  { address }: RunningHttpServer,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  ca?: string,
): Promise<Answer> {
  const { port } = address;
  return new Promise((resolve, reject) => {
    const send = ca === undefined ? plainRequest : tlsRequest;
    const tls = ca === undefined ? {} : { ca: readFileSync(ca) };
    send({ host: '127.0.0.1', port, path, headers, ...tls, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    })
      .on('error', reject)
      .end();
  });
}

describe('an HTTP port', () => {
  it('answers with what there is', async () => {
    const server = await start();
    expect(await ask(server, '/secret')).toMatchObject({ status: 200, text: 'told\n' });
    expect((await ask(server, '/nothing')).status).toBe(404);
    expect((await ask(server, '//[')).status).toBe(400);
  });

  it('does not open itself to the network unprotected', async () => {
    await expect(start({ address: { host: '0.0.0.0', port: 0 } })).rejects.toMatchObject({
      code: 'EXPOSED',
      message: expect.stringContaining('the HTTP port would be open to the network') as unknown,
    });
  });

  it('does so when it is told to', async () => {
    const server = await start({
      address: { host: '0.0.0.0', port: 0 },
      security: { tls: null, authenticates: false, allowsInsecure: true },
    });
    expect((await ask(server, '/secret')).status).toBe(200);
  });

  it.each([
    ['127.0.0.1:8080', 200],
    ['localhost', 200],
    ['[::1]:80', 200],
    ['pages.example.org', 421],
    ['127.0.0.1.example.org:8080', 421],
  ])('on this machine alone answers a request for %s with %d', async (host, status) => {
    expect((await ask(await start(), '/secret', { host })).status).toBe(status);
  });

  it('asks who it is where that counts, and leaves open what is open', async () => {
    const guard = {
      asksWho: true,
      takesPassword: true,
      refuse: ({ headers }: IncomingMessage) =>
        headers.authorization === undefined ? ({ status: 401, reason: 'who are you?' } as const) : null,
    };
    const server = await start({ guard });
    expect(await ask(server, '/secret')).toMatchObject({
      status: 401,
      text: 'who are you?\n',
      headers: { 'www-authenticate': 'Basic realm="hview", charset="UTF-8"' },
    });
    // What a page asks for by itself, the page asks the token for.
    expect(await ask(server, '/secret', { 'sec-fetch-mode': 'cors' })).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="hview"' },
    });
    expect((await ask(server, '/nothing')).status).toBe(401);
    expect((await ask(server, '/healthz')).status).toBe(200);
    expect((await ask(server, '/secret', { authorization: 'Bearer x' })).status).toBe(200);
  });

  it('tells of each request which route answered what, and how long it took', async () => {
    const ended: AnsweredRequest[] = [];
    const clock = new FakeClock();
    const server = await start({
      clock,
      routes: [
        ...ROUTES,
        {
          ...{ method: 'GET', path: '/slow/*', access: 'open' },
          handle: (_, response) => {
            clock.advance(40);
            sendText(response, 404, 'not here');
          },
        },
        {
          ...{ method: 'GET', path: '/stream', access: 'open', isStream: true },
          handle: (_, response, { search }) => sendText(response, search === '' ? 200 : 503, 'told'),
        },
      ],
      onAnswered: (request) => ended.push(request),
    });
    for (const path of ['/secret', '/slow/one', '/nothing', '/stream', '/stream?full'])
      await ask(server, path);
    await eventually(
      () => Promise.resolve(ended.length),
      (length) => length === 4,
    );
    expect(ended).toEqual([
      { route: '/secret', status: 200, durationMs: 0 },
      { route: '/slow/*', status: 404, durationMs: 40 },
      { route: null, status: 404, durationMs: 0 },
      { route: '/stream', status: 503, durationMs: 0 },
    ]);
  });

  it('speaks TLS', async () => {
    const authority = await TestAuthority.create();
    const paths = await authority.issue('page');
    const tls = new TlsFiles({ paths, clock: systemClock, logger: silentLogger });
    undo.push(() => tls.close());
    const server = await start({ security: { tls, authenticates: false, allowsInsecure: false } });
    expect((await ask(server, '/secret', {}, authority.ca)).text).toBe('told\n');
    await expect(ask(server, '/secret')).rejects.toThrow();
  });

  it('closes connections beyond its limits', async () => {
    const server = await start({ limits: { connections: 10, connectionsPerAddress: 2 } });
    const sockets = [1, 2, 3].map(() => connect(server.address.port, '127.0.0.1'));
    undo.push(() => sockets.forEach((socket) => socket.destroy()));
    await new Promise((resolve) => sockets[2]?.on('close', resolve));
    expect(server.connections()).toMatchObject({ open: 2, refused: 1 });
  });

  it('ends with a request under way when the time is over', async () => {
    const held: HttpServerOptions['routes'][number] = {
      method: 'GET',
      path: '/',
      access: 'open',
      handle: () => undefined,
    };
    const server = await start({ routes: [held] });
    const answer = ask(server, '/').catch((error: unknown) => error);
    await new Promise((resolve) => systemClock.after(50, () => resolve(undefined)));
    await server.stop(50);
    expect(await answer).toMatchObject({ code: 'ECONNRESET' });
    expect(server.connections().open).toBe(0);
  });
});
