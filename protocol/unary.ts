import type { ServerUnaryCall, handleUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { toGrpcError } from './grpc-errors.js';

/** A promise-returning function as gRPC's handler of a method with one request and one reply. */
export function unary<Request, Reply>(
  handle: (request: Request) => Promise<Reply>,
): handleUnaryCall<Request, Reply> {
  return (call: ServerUnaryCall<Request, Reply>, callback: sendUnaryData<Reply>) => {
    handle(call.request).then(
      (reply) => callback(null, reply),
      (error: unknown) => callback(toGrpcError(error)),
    );
  };
}
