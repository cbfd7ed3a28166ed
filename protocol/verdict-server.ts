import type { Server } from '@grpc/grpc-js';
import type { Clock } from '../runtime/clock.js';
import { VerdictsService } from './generated/hview/v1/verdicts.js';
import type { VerdictsServer } from './generated/hview/v1/verdicts.js';
import { unary } from './unary.js';
import { changeToWire, summaryToWire, timeFromWire, verdictToWire } from './verdict-codec.js';
import type { VerdictHandlers } from './verdict-service.js';
import { WatchStreams } from './watch-streams.js';

/** Changes in one answer when nothing is said. */
const DEFAULT_HISTORY = 100;

/** Offers hview.v1.Verdicts on a server that does not listen yet. */
export function addVerdictService(
  server: Server,
  handlers: VerdictHandlers,
  clock: Clock,
): { /** Ends every stream: they never end by themselves. */ close(): void } {
  const streams = new WatchStreams(handlers, clock);
  const implementation: VerdictsServer = {
    // eslint-disable-next-line @typescript-eslint/require-await -- a refusal has to become a rejection
    explain: unary(async ({ subject }) => verdictToWire(handlers.explain(subject))),
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    list: unary(async () => {
      const { verdicts, sequence } = handlers.list();
      return { verdicts: verdicts.map(summaryToWire), sequence };
    }),
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    history: unary(async ({ subject, since, limit }) => {
      const changes = handlers.history({
        limit: limit === 0 ? DEFAULT_HISTORY : limit,
        ...(subject === '' ? {} : { subject }),
        ...(since === undefined ? {} : { sinceMs: timeFromWire(since) }),
      });
      return { changes: changes.map(changeToWire) };
    }),
    watch: (call) => streams.open(call),
  };
  server.addService(VerdictsService, implementation);
  return { close: () => streams.close() };
}
