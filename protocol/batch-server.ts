import type { Server, handleUnaryCall } from '@grpc/grpc-js';
import { batchResultToWire, countObservations, decodeBatch } from './batch-codec.js';
import type { BatchHandlers } from './batch-service.js';
import type { DescribeReply, DescribeRequest, SubmitBatchReply } from './generated/hview/v1/hview.js';
import { AggregatorService } from './generated/hview/v1/hview.js';
import { unary } from './unary.js';

/** The service, but for the request that is decoded only once it is to be taken. */
const SERVICE = {
  ...AggregatorService,
  submitBatch: { ...AggregatorService.submitBatch, requestDeserialize: (encoded: Buffer) => encoded },
};

type Implementation = {
  describe: handleUnaryCall<DescribeRequest, DescribeReply>;
  submitBatch: handleUnaryCall<Buffer, SubmitBatchReply>;
};

/** Offers hview.v1.Aggregator on a server that does not listen yet. */
export function addBatchService(server: Server, handlers: BatchHandlers): void {
  const implementation: Implementation = {
    // eslint-disable-next-line @typescript-eslint/require-await -- a refusal has to become a rejection
    describe: unary(async () => {
      const { version, features, maxObservations, maxBytes } = handlers.describe();
      return { version, features: [...features], maxObservations, maxBytes };
    }),
    submitBatch: unary(async (encoded) => {
      const size = { observations: countObservations(encoded), bytes: encoded.length };
      return batchResultToWire(await handlers.submitBatch(size, () => decodeBatch(encoded)));
    }),
  };
  server.addService(SERVICE, implementation);
}
