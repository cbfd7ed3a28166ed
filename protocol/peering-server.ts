import type { Server, handleBidiStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import type { Clock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import { countObservations } from './batch-codec.js';
import type { CompareReply, GreetReply, LearnReply, SubscribeReply } from './generated/hview/v1/peering.js';
import {
  CompareRequest,
  GreetRequest,
  PeeringService,
  SubscribeRequest,
} from './generated/hview/v1/peering.js';
import { LearnStreams } from './learn-streams.js';
import { comparisonToWire, decodePeerBatch, decodePeerMessage } from './peering-codec.js';
import type { PeeringHandlers } from './peering-service.js';
import { unary } from './unary.js';

const asItIs = (encoded: Buffer): Buffer => encoded;

/** The service, but for requests that are decoded where it can be told what is wrong with them. */
const SERVICE = {
  greet: { ...PeeringService.greet, requestDeserialize: asItIs },
  learn: { ...PeeringService.learn, requestDeserialize: asItIs },
  learnStream: { ...PeeringService.learnStream, requestDeserialize: asItIs },
  subscribe: { ...PeeringService.subscribe, requestDeserialize: asItIs },
  compare: { ...PeeringService.compare, requestDeserialize: asItIs },
};

type Implementation = {
  greet: handleUnaryCall<Buffer, GreetReply>;
  learn: handleUnaryCall<Buffer, LearnReply>;
  learnStream: handleBidiStreamingCall<Buffer, LearnReply>;
  subscribe: handleUnaryCall<Buffer, SubscribeReply>;
  compare: handleUnaryCall<Buffer, CompareReply>;
};

/** Offers hview.v1.Peering on a server that does not listen yet: the one place where peers' calls come in. */
export function addPeeringService(
  server: Server,
  handlers: PeeringHandlers,
  clock: Clock,
): { /** Ends every stream: they never end by themselves. */ close(): void } {
  const learn = async (encoded: Buffer): Promise<LearnReply> => {
    const size = { observations: countObservations(encoded), bytes: encoded.length };
    const result = await handlers.learn(size, () => decodePeerBatch(encoded));
    return { ...result, ignored: [...result.ignored] };
  };
  const streams = new LearnStreams(learn, clock);
  const implementation: Implementation = {
    greet: unary(async (encoded) => {
      const { source, run, position } = decodePeerMessage(GreetRequest, encoded, 'GreetRequest');
      if (position === undefined) throw new HviewError('REQUEST_INVALID', 'position is missing');
      const greeting = await handlers.greet({ source, run, position });
      return { run: greeting.run, position: greeting.position ?? undefined };
    }),
    learn: unary(learn),
    learnStream: (call) => streams.open(call),
    subscribe: unary(async (encoded) => {
      await handlers.subscribe(decodePeerMessage(SubscribeRequest, encoded, 'SubscribeRequest'));
      return {};
    }),
    compare: unary(async (encoded) => {
      const { source, subjects } = decodePeerMessage(CompareRequest, encoded, 'CompareRequest');
      return comparisonToWire(await handlers.compare(source, subjects), subjects);
    }),
  };
  server.addService(SERVICE, implementation);
  return { close: () => streams.close() };
}
