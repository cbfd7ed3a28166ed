import type { Clock } from '../runtime/clock.js';
import { every } from '../runtime/clock.js';
import { healthRoutes } from '../runtime/health-routes.js';
import type { HttpRoute, RunningHttpServer } from '../runtime/http-server.js';
import { startHttpServer } from '../runtime/http-server.js';
import type { Logger } from '../runtime/logger.js';
import type { AgentCondition } from './agent-condition.js';
import { AgentHealth, HEALTH_LOOK_MS } from './agent-health.js';

export interface AgentPortOptions {
  /** Port 0 takes a free one. */
  readonly address: { readonly host: string; readonly port: number };
  readonly condition: () => Promise<AgentCondition>;
  /** What else is shown there, to anyone; default nothing. */
  readonly routes?: readonly HttpRoute[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Answers whether the agent is well: `/healthz` and `/readyz`, see AgentHealth. It says nothing of what is
 * read, so that anyone may ask. Rejects with ADDRESS_IN_USE or ADDRESS_INVALID.
 */
export async function startAgentPort(options: AgentPortOptions): Promise<RunningHttpServer> {
  const { address, condition, routes = [], clock, logger } = options;
  const health = new AgentHealth({ condition, clock });
  // In plain text and for everybody: a cluster's probes come from other addresses and show no certificate.
  const security = { tls: null, authenticates: false, allowsInsecure: true };
  const server = await startHttpServer({
    ...{ address, security, clock, logger },
    routes: [...healthRoutes(health), ...routes],
  });
  const looking = every(clock, HEALTH_LOOK_MS, () => void health.look());
  return {
    ...server,
    stop: (limitMs) => {
      looking.cancel();
      return server.stop(limitMs);
    },
  };
}
