import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

export interface HealthChecks {
  /** What whoever asks is told from now on; those that watch are told of a change. */
  setServing(isServing: boolean): void;
}

/**
 * Adds the standard service by which load balancers, orchestrators and other clients ask whether a server
 * serves: grpc.health.v1.Health, for the server as a whole (the empty name) and for each of its services.
 */
export function addHealthChecks(server: Server, services: readonly string[]): HealthChecks {
  const names = ['', ...services];
  let wasServing = false;
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'NOT_SERVING'])));
  health.addToServer(server);
  return {
    setServing: (isServing) => {
      if (isServing === wasServing) return;
      wasServing = isServing;
      for (const name of names) health.setStatus(name, isServing ? 'SERVING' : 'NOT_SERVING');
    },
  };
}
