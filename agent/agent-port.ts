import type { ServerResponse } from 'node:http';
import type { Clock } from '../runtime/clock.js';
import type { HttpRoute, RunningHttpServer } from '../runtime/http-server.js';
import { startHttpServer } from '../runtime/http-server.js';
import type { Logger } from '../runtime/logger.js';
import type { AgentCounts } from './agent-counts.js';

export interface AgentPortOptions {
  /** Port 0 takes a free one. */
  readonly address: { readonly host: string; readonly port: number };
  readonly counts: () => Promise<Pick<AgentCounts, 'sources' | 'delivery'>>;
  /** What else is shown there, to anyone; default nothing. */
  readonly routes?: readonly HttpRoute[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Answers whether the agent is well: `/healthz` while it answers at all, `/readyz` while it has a log open
 * and the aggregator takes what it reports. It says nothing of what is read, so that anyone may ask.
 * Rejects with ADDRESS_IN_USE or ADDRESS_INVALID.
 */
export function startAgentPort({
  address,
  counts,
  routes: others = [],
  clock,
  logger,
}: AgentPortOptions): Promise<RunningHttpServer> {
  const routes: readonly HttpRoute[] = [
    { method: 'GET', path: '/healthz', access: 'open', handle: (_, response) => answer(response, null) },
    {
      method: 'GET',
      path: '/readyz',
      access: 'open',
      handle: async (_, response) => answer(response, problemOf(await counts(), clock)),
    },
    ...others,
  ];
  // In plain text and for everybody: a cluster's probes come from other addresses and show no certificate.
  const security = { tls: null, authenticates: false, allowsInsecure: true };
  return startHttpServer({ address, routes, security, clock, logger });
}

/** Why what the logs say does not arrive; null: it does. */
function problemOf(
  { sources, delivery }: Pick<AgentCounts, 'sources' | 'delivery'>,
  clock: Clock,
): string | null {
  const waiting = sources.filter(({ logs }) => logs.open === 0).map(({ name }) => name);
  if (waiting.length > 0) return `no log is open of ${waiting.join(', ')}`;
  if (delivery === null || delivery.awaySinceMs === null) return null;
  const seconds = Math.round((clock.now() - delivery.awaySinceMs) / 1000);
  return `the aggregator has not answered for ${seconds} s`;
}

function answer(response: ServerResponse, problem: string | null): void {
  response.statusCode = problem === null ? 200 : 503;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(`${problem ?? 'ok'}\n`);
}
