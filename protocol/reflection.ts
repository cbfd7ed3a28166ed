import type { Server } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { packageFile } from '../runtime/package-root.js';

/** Lets generic clients (grpcurl and the like) ask the server what it offers: the services in these files. */
export function addReflection(server: Server, protoFiles: readonly string[]): void {
  const definition = loadSync([...protoFiles], {
    includeDirs: [packageFile('protocol', 'proto')],
    keepCase: true,
  });
  new ReflectionService(definition).addToServer(server);
}
