import type { AggregatorConfig } from './config.js';

/** What became of a configuration that was read again. Keys as they stand in the file. */
export interface ConfigChange {
  /** Has changed and can take effect at once. */
  readonly live: readonly string[];
  /** Has changed and takes effect with the next start. */
  readonly needsRestart: readonly string[];
}

/** The key of each part in the file; the compiler asks for every one. */
const KEYS: Readonly<Record<keyof AggregatorConfig, string>> = {
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
  security: 'Tls, Access',
  limits: 'Limits',
  alerts: 'Alerts',
};

const LIVE: ReadonlySet<keyof AggregatorConfig> = new Set(['subjects', 'logLevel', 'retention']);

export function configChange(before: AggregatorConfig, after: AggregatorConfig): ConfigChange {
  const live: string[] = [];
  const needsRestart: string[] = [];
  // Object.keys gives texts; the table has these and no others.
  for (const name of Object.keys(KEYS) as (keyof AggregatorConfig)[]) {
    if (textOf(before[name]) === textOf(after[name])) continue;
    (LIVE.has(name) ? live : needsRestart).push(KEYS[name]);
  }
  return { live, needsRestart };
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Map ? [...part] : part));
}
