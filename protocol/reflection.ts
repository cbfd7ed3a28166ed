import type { Server } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { packageFile } from '../runtime/package-root.js';

/** Lets generic clients (grpcurl and the like) ask the server what it offers. */
export function addReflection(server: Server): void {
  const definition = loadSync('idl/service.proto', {
    includeDirs: [packageFile('protocol', 'proto')],
    keepCase: true,
  });
  new ReflectionService(definition).addToServer(server);
}
