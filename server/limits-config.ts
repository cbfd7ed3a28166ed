import type { CallLimits } from '../protocol/call-guard.js';
import { DEFAULT_CALL_LIMITS } from '../protocol/call-guard.js';
import type { ConnectionLimits } from '../runtime/listener.js';
import { DEFAULT_CONNECTION_LIMITS } from '../runtime/listener.js';
import type { ConfigSection } from './config-section.js';
import type { StoreLimits } from './intake/store-room.js';
import { DEFAULT_STORE_LIMITS } from './intake/store-room.js';

/** What the aggregator takes at most, so that nobody can use it up. */
export interface LimitsConfig extends ConnectionLimits, CallLimits {
  readonly store: StoreLimits;
}

export const DEFAULT_LIMITS: LimitsConfig = {
  ...DEFAULT_CONNECTION_LIMITS,
  ...DEFAULT_CALL_LIMITS,
  store: DEFAULT_STORE_LIMITS,
};

const MEGABYTE = 1024 * 1024;

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
    connections: count('Connections', DEFAULT_LIMITS.connections, 1),
    connectionsPerAddress: count('ConnectionsPerAddress', DEFAULT_LIMITS.connectionsPerAddress, 1),
    requestsPerSecond: count('RequestsPerSecond', DEFAULT_LIMITS.requestsPerSecond, 0),
    reportsPerSecond: count('ReportsPerSecond', DEFAULT_LIMITS.reportsPerSecond, 0),
  };
}
