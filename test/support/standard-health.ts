import type { Client, ClientReadableStream } from '@grpc/grpc-js';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';

export interface HealthAnswer {
  readonly status: string;
}

/** A client of the standard health service as an orchestrator has it, made of the standard's own definition. */
export interface StandardHealthClient extends Client {
  check(request: { service: string }, done: (error: Error | null, answer: HealthAnswer) => void): void;
  watch(request: { service: string }): ClientReadableStream<HealthAnswer>;
}

/** Call `close` on it. */
export function standardHealthClient(port: number): StandardHealthClient {
  const definition = loadPackageDefinition(loadSync(protoPath, { enums: String }));
  const { Health } = (definition as unknown as { grpc: { health: { v1: { Health: unknown } } } }).grpc.health
    .v1;
  const Constructor = Health as new (target: string, how: unknown) => StandardHealthClient;
  return new Constructor(`127.0.0.1:${port}`, credentials.createInsecure());
}

/** The status of a service; the empty name is the server as a whole. */
export function checkHealth(client: StandardHealthClient, service: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.check({ service }, (error, answer) => (error === null ? resolve(answer.status) : reject(error)));
  });
}
