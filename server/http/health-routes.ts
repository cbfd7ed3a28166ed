import type { ServerResponse } from 'node:http';
import type { HttpRoute } from '../../runtime/http-server.js';

/** What is asked of the aggregator's health; a text says what is wrong. */
export interface Health {
  failure(): string | null;
  obstacle(): string | null;
}

/**
 * `/healthz` fails when only a new start can help, `/readyz` when no reports can be taken just now. Both
 * answer in words, and are open to all, as they say nothing of what is kept.
 */
export function healthRoutes(health: Health): readonly HttpRoute[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      access: 'open',
      handle: (_, response) => answer(response, health.failure()),
    },
    {
      method: 'GET',
      path: '/readyz',
      access: 'open',
      handle: (_, response) => answer(response, health.obstacle()),
    },
  ];
}

function answer(response: ServerResponse, problem: string | null): void {
  response.statusCode = problem === null ? 200 : 503;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(`${problem ?? 'ok'}\n`);
}
