import { SOURCE_DEFAULTS } from '../agent/sources/source-settings.js';
import { DEFAULT_PORT } from '../protocol/address.js';
import type { FlagTable, FlagValues } from '../runtime/flags.js';
import { CLIENT_SECURITY_FLAGS } from './security-flags.js';
import { NO_STATE } from './state-folder.js';

/** What stands before the plugin's name; with -config some of it stands in the file. */
export const LOGTAIL_FLAGS = {
  log: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: 'The log to read, or a glob in quotes for several. Required without -config.',
  },
  config: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: 'Configuration (JSON) for several sources, each with its plugin and rules, instead of -log and a plugin.',
  },
  server: {
    kind: 'text',
    default: `localhost:${DEFAULT_PORT}`,
    placeholder: 'host:port',
    help: 'The aggregator to report to.',
  },
  ...CLIENT_SECURITY_FLAGS,
  report: {
    kind: 'switch',
    default: true,
    help: 'Whether to report; -report=false only prints what would be reported, and remembers nothing.',
  },
  state: {
    kind: 'text',
    default: '',
    placeholder: 'folder',
    help:
      'Where it is kept how far the log was read and what is not delivered yet. Without it a folder for this log ' +
      `below /var/lib/hview (root) or ~/.local/state/hview; "${NO_STATE}": nowhere.`,
  },
  spool_megabytes: {
    kind: 'number',
    default: 64,
    placeholder: 'MB',
    help: 'How much may wait for an aggregator that is away; beyond it the newest and the worst is kept.',
  },
  start: {
    kind: 'text',
    default: 'beginning',
    placeholder: 'beginning|end',
    help: 'Where to begin in a log that is read for the first time.',
  },
  stale: {
    kind: 'number',
    default: SOURCE_DEFAULTS.staleSeconds,
    placeholder: 'seconds',
    help: 'Skip events older than this; -1: never.',
  },
  merge: {
    kind: 'number',
    default: SOURCE_DEFAULTS.mergeSeconds,
    placeholder: 'seconds',
    help: 'Skip an event that repeats the last one on its subject and context within this time; 0: never.',
  },
  once: {
    kind: 'switch',
    default: false,
    help: 'Read to the end of the log, deliver, and exit, instead of following it. Remembers nothing.',
  },
  json: { kind: 'switch', default: false, help: 'Print each event as a JSON object on a line of its own.' },
  tz: {
    kind: 'text',
    default: '',
    placeholder: 'zone',
    help: "Time zone of the log's time stamps, such as UTC or Europe/Berlin. Without it this machine's.",
  },
  http: {
    kind: 'text',
    default: '',
    placeholder: 'host:port',
    help: 'Where to answer, to anyone, /healthz (503: start it again) and /readyz (503: why nothing arrives). Without it nowhere.',
  },
  metrics: {
    kind: 'switch',
    default: false,
    help: 'Answer /metrics at -http too, for Prometheus. It names logs and rules, to anyone who reaches the port.',
  },
  log_level: {
    kind: 'text',
    default: 'info',
    placeholder: 'level',
    help: 'How much the agent says about itself on standard error: debug, info, warn or error.',
  },
} as const satisfies FlagTable;
export type LogtailValues = FlagValues<typeof LOGTAIL_FLAGS>;
