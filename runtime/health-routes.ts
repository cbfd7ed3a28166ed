import type { ServerResponse } from 'node:http';
import type { HttpRoute } from './http-server.js';

type Answer = string | null | Promise<string | null>;

/** What is asked of a program's health; a text says what is wrong. */
export interface Health {
  /** What only a new start can help against. */
  failure(): Answer;
  /** Why it cannot do its work just now. */
  obstacle(): Answer;
}

/**
 * `/healthz` fails when only a new start can help, `/readyz` when the work cannot be done just now. Both
 * answer in words, and are open to all: the words are to say nothing that is not for everybody.
 */
export function healthRoutes(health: Health): readonly HttpRoute[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      access: 'open',
      handle: async (_, response) => answer(response, await health.failure()),
    },
    {
      method: 'GET',
      path: '/readyz',
      access: 'open',
      handle: async (_, response) => answer(response, await health.obstacle()),
    },
  ];
}

function answer(response: ServerResponse, problem: string | null): void {
  response.statusCode = problem === null ? 200 : 503;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(`${problem ?? 'ok'}\n`);
}
