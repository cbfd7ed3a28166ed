import type { CallLimits } from '../protocol/call-guard.js';
import { DEFAULT_CALL_LIMITS } from '../protocol/call-guard.js';
import type { ConnectionLimits } from '../runtime/listener.js';
import { DEFAULT_CONNECTION_LIMITS } from '../runtime/listener.js';
import { memoryAtMost } from '../runtime/process-memory.js';
import type { ConfigSection } from './config-section.js';
import type { StoreLimits } from './intake/store-room.js';
import { DEFAULT_STORE_LIMITS } from './intake/store-room.js';

/** What the aggregator takes at most, so that nobody can use it up. */
export interface LimitsConfig extends ConnectionLimits, CallLimits {
  readonly store: StoreLimits;
  /** Resident memory beyond which no reports are taken, bytes; 0: any. */
  readonly memoryBytes: number;
}

/**
 * Of what the process can have before it is ended. The rest is for what comes between two looks, and for what
 * the system counts besides: buffers of connections, threads.
 */
const MEMORY_SHARE = 0.8;

export const DEFAULT_LIMITS: LimitsConfig = {
  ...DEFAULT_CONNECTION_LIMITS,
  ...DEFAULT_CALL_LIMITS,
  store: DEFAULT_STORE_LIMITS,
  memoryBytes: Math.floor(memoryAtMost() * MEMORY_SHARE),
};

const MEGABYTE = 1024 * 1024;

/** With less, bytes, an aggregator that knows hardly anything would take no reports. */
const LEAST_MEMORY = 100e6;

/** Reads the section `Limits`. */
export function readLimits(root: ConfigSection, problems: string[]): LimitsConfig {
  const section = root.section('Limits');
  const count = (key: string, absent: number, least: number): number => {
    const value = section.number(key, absent);
    if (value < least) problems.push(`Limits.${key}: ${value} is less than ${least}`);
    return value;
  };
  const { store } = DEFAULT_LIMITS;
  return {
    store: {
      subjects: count('Subjects', store.subjects, 1),
      observersPerSubject: count('ObserversPerSubject', store.observersPerSubject, 1),
      metricsPerSubject: count('MetricsPerSubject', store.metricsPerSubject, 1),
      bytes: count('StoreMegabytes', store.bytes / MEGABYTE, 1) * MEGABYTE,
    },
    memoryBytes: readMaxMemory(section, problems),
    connections: count('Connections', DEFAULT_LIMITS.connections, 1),
    connectionsPerAddress: count('ConnectionsPerAddress', DEFAULT_LIMITS.connectionsPerAddress, 1),
    requestsPerSecond: count('RequestsPerSecond', DEFAULT_LIMITS.requestsPerSecond, 0),
    reportsPerSecond: count('ReportsPerSecond', DEFAULT_LIMITS.reportsPerSecond, 0),
  };
}

function readMaxMemory(section: ConfigSection, problems: string[]): number {
  const bytes = section.bytes('MaxMemory', DEFAULT_LIMITS.memoryBytes);
  if (section.has('MaxMemory') && bytes !== 0 && bytes < LEAST_MEMORY) {
    problems.push(`Limits.MaxMemory: ${bytes} bytes are less than ${LEAST_MEMORY}`);
  }
  return bytes;
}
