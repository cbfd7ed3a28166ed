import type { HttpGuard, RunningHttpServer } from '../../runtime/http-server.js';
import { startHttpServer } from '../../runtime/http-server.js';
import { systemClock } from '../../runtime/clock.js';
import type { ApiSources } from '../../server/http/api-routes.js';
import { apiRoutes } from '../../server/http/api-routes.js';
import { pageRoute } from '../../server/http/page-route.js';
import { FakeVerdicts } from './fake-verdicts.js';

/** The API and the page over a real socket, with verdicts that a test sets. */
export interface HttpService {
  readonly verdicts: FakeVerdicts;
  readonly url: string;
  stop(): Promise<void>;
}

export async function startHttpService(
  parts: Partial<ApiSources> & {
    /** Who may ask; absent: everybody. */
    readonly guard?: HttpGuard;
    readonly port?: number;
    readonly fake?: FakeVerdicts;
  } = {},
): Promise<HttpService> {
  const { guard, port = 0, fake: verdicts = new FakeVerdicts(), ...sources } = parts;
  const api = apiRoutes({
    self: { id: 'pano0', address: '127.0.0.1:6688' },
    peers: [{ id: 'pano1', address: '127.0.0.1:6689' }],
    verdicts,
    panoramas: () => verdicts.panoramas(),
    clock: systemClock,
    ...sources,
  });
  const server: RunningHttpServer = await startHttpServer({
    address: { host: '127.0.0.1', port },
    routes: [pageRoute(), ...api.routes],
    ...(guard === undefined ? {} : { guard }),
    clock: systemClock,
  });
  return {
    verdicts,
    url: `http://127.0.0.1:${server.address.port}`,
    async stop() {
      api.close();
      await server.stop(1000);
    },
  };
}
