import type { Address } from '../../protocol/address.js';
import { parseAddress } from '../../protocol/address.js';
import type { Clock } from '../../runtime/clock.js';
import type { AnsweredRequest, HttpRoute, RunningHttpServer } from '../../runtime/http-server.js';
import { startHttpServer } from '../../runtime/http-server.js';
import type { ConnectionCounts, PortSecurity } from '../../runtime/listener.js';
import type { Logger } from '../../runtime/logger.js';
import { RateLimits } from '../../runtime/rate-limits.js';
import type { Access } from '../access/access.js';
import { QueryGuard } from '../access/http-guard.js';
import type { ApiSources } from './api-routes.js';
import { apiRoutes } from './api-routes.js';
import { pageRoute } from './page-route.js';

export interface HttpPortOptions extends ApiSources {
  /** host:port */
  readonly listenOn: string;
  readonly security: { readonly port: PortSecurity; readonly access: Access };
  /** Of one client; 0: as many as it likes. */
  readonly limits: { readonly requestsPerSecond: number };
  readonly clock: Clock;
  readonly logger: Logger;
  /** What else is shown there. */
  readonly routes?: readonly HttpRoute[];
  /** See HttpServerOptions. */
  readonly onAnswered?: (request: AnsweredRequest) => void;
}

/** How many seconds' worth of requests may come at once. */
const BURST_SECONDS = 2;

/** Where the aggregator is looked at: the page, the JSON API, and what else it shows over HTTP. */
export class HttpPort {
  private constructor(
    private readonly server: RunningHttpServer,
    private readonly endStreams: () => void,
  ) {}

  /** Rejects with FILE_UNREADABLE, EXPOSED, ADDRESS_IN_USE or ADDRESS_INVALID. */
  static async open(options: HttpPortOptions): Promise<HttpPort> {
    const { listenOn, security, limits, clock, logger, routes = [], onAnswered } = options;
    const page = pageRoute();
    const api = apiRoutes(options);
    const perSecond = limits.requestsPerSecond;
    const rate = perSecond === 0 ? null : new RateLimits({ perSecond, burstSeconds: BURST_SECONDS, clock });
    const guard = new QueryGuard(security.access, rate);
    try {
      const server = await startHttpServer({
        address: parseAddress(listenOn, 0),
        routes: [page, ...api.routes, ...routes],
        security: security.port,
        ...{ guard, clock, logger },
        ...(onAnswered === undefined ? {} : { onAnswered }),
      });
      return new HttpPort(server, api.close);
    } catch (error) {
      api.close();
      throw error;
    }
  }

  get address(): Address {
    return this.server.address;
  }

  connections(): ConnectionCounts {
    return this.server.connections();
  }

  stop(limitMs: number): Promise<void> {
    this.endStreams();
    return this.server.stop(limitMs);
  }
}
