import { formatAddress } from '../../protocol/address.js';
import type { HealthServerOptions } from '../../protocol/health-server.js';
import { startHealthServer } from '../../protocol/health-server.js';
import type { HealthHandlers, Intake } from '../../protocol/health-service.js';
import { systemClock } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';

/** An aggregator that knows idl only, as the original does; it only learns, and notes what it is told as `normal peer@2`. */
export interface IdlPeer {
  readonly address: string;
  readonly told: string[];
  reply: Intake;
  stop(): Promise<void>;
}

/** On a free port unless one is given. */
export async function startIdlPeer(
  port = 0,
  options: Pick<HealthServerOptions, 'signOfLife'> = {},
): Promise<IdlPeer> {
  const told: string[] = [];
  let reply: Intake = 'accepted';
  const unasked = (): Promise<never> => Promise.reject(new HviewError('INTERNAL', 'nobody asks a peer this'));
  const handlers: HealthHandlers = {
    observe: unasked,
    stopObserving: unasked,
    register: unasked,
    submitReport: unasked,
    learnReport({ kind, source, report: learnt }) {
      told.push(`${kind} ${learnt?.subject ?? ''} from ${source.id}`);
      return Promise.resolve(reply);
    },
    getLatestReport: unasked,
    getPanorama: unasked,
    getView: unasked,
    getInference: unasked,
    getObservedSubjects: unasked,
    dumpPanorama: unasked,
    dumpInference: unasked,
    ping: unasked,
    getPeers: unasked,
    getId: unasked,
  };
  const server = await startHealthServer({
    address: { host: '127.0.0.1', port },
    handlers,
    clock: systemClock,
    ...options,
  });
  return {
    address: formatAddress(server.address),
    told,
    stop: () => server.stop(1000),
    get reply() {
      return reply;
    },
    set reply(value) {
      reply = value;
    },
  };
}
