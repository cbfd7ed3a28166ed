import type { AggregatorConfig } from './config.js';
import type { SecurityConfig } from './security-config.js';

/** What became of a configuration that was read again. Keys as they stand in the file. */
export interface ConfigChange {
  /** Has changed and can take effect at once. */
  readonly live: readonly string[];
  /** Has changed and takes effect with the next start. */
  readonly needsRestart: readonly string[];
}

/** Who may do what can change at any time, what it is guarded by cannot. */
interface Parts extends Omit<AggregatorConfig, 'security'> {
  readonly guard: Omit<SecurityConfig, 'allow'>;
  readonly allow: SecurityConfig['allow'];
}

/** The key of each part in the file; the compiler asks for every one. */
const KEYS: Readonly<Record<keyof Parts, string>> = {
  address: 'Addr',
  listen: '-addr',
  httpAddress: 'Http',
  id: 'Id',
  subjects: 'Subjects',
  peers: 'Peers',
  filterSubmission: 'FilterSubmission',
  inference: 'Inference',
  logLevel: 'LogLevel',
  dumpMemoryUsage: 'DumpMemUsage',
  databaseFile: 'DBFile',
  journal: 'Journal',
  retention: 'GCConfig',
  hold: 'BufConfig',
  guard: 'Tls, Access.TokenFile, Access.PeerTokenFile, Insecure',
  allow: 'Access',
  limits: 'Limits',
  alerts: 'Alerts',
};

const LIVE: ReadonlySet<keyof Parts> = new Set([
  'subjects',
  'logLevel',
  'retention',
  'hold',
  'allow',
  'alerts',
]);

export function configChange(before: AggregatorConfig, after: AggregatorConfig): ConfigChange {
  const live: string[] = [];
  const needsRestart: string[] = [];
  const [old, now] = [partsOf(before), partsOf(after)];
  // Object.keys gives texts; the table has these and no others.
  for (const name of Object.keys(KEYS) as (keyof Parts)[]) {
    if (textOf(old[name]) === textOf(now[name])) continue;
    (LIVE.has(name) ? live : needsRestart).push(KEYS[name]);
  }
  return { live, needsRestart };
}

function partsOf({ security, ...others }: AggregatorConfig): Parts {
  const { allow, ...guard } = security;
  return { ...others, guard, allow };
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Map ? [...part] : part));
}
