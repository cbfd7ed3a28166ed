import type { CallLimits } from '../protocol/call-guard.js';
import { DEFAULT_CALL_LIMITS } from '../protocol/call-guard.js';
import type { ConnectionLimits } from '../runtime/listener.js';
import { DEFAULT_CONNECTION_LIMITS } from '../runtime/listener.js';
import type { ConfigSection } from './config-section.js';

/** What the aggregator takes at most, so that nobody can use it up. */
export interface LimitsConfig extends ConnectionLimits, CallLimits {}

export const DEFAULT_LIMITS: LimitsConfig = { ...DEFAULT_CONNECTION_LIMITS, ...DEFAULT_CALL_LIMITS };

/** Reads the section `Limits`. */
export function readLimits(root: ConfigSection, problems: string[]): LimitsConfig {
  const section = root.section('Limits');
  const count = (key: string, absent: number, least: number): number => {
    const value = section.number(key, absent);
    if (value < least) problems.push(`Limits.${key}: ${value} is less than ${least}`);
    return value;
  };
  return {
    connections: count('Connections', DEFAULT_LIMITS.connections, 1),
    connectionsPerAddress: count('ConnectionsPerAddress', DEFAULT_LIMITS.connectionsPerAddress, 1),
    requestsPerSecond: count('RequestsPerSecond', DEFAULT_LIMITS.requestsPerSecond, 0),
    reportsPerSecond: count('ReportsPerSecond', DEFAULT_LIMITS.reportsPerSecond, 0),
  };
}
