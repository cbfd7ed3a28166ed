import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AgentConfig, AgentSecurity } from '../agent/sources/agent-config.js';
import { loadAgentConfig } from '../agent/sources/agent-config.js';
import type { SourceSettings } from '../agent/sources/source-settings.js';
import { SOURCE_DEFAULTS } from '../agent/sources/source-settings.js';
import { loadPlugin } from '../plugins/registry.js';
import { HviewError, fileError } from '../runtime/errors.js';
import type { FlagTable, FlagValues } from '../runtime/flags.js';
import { parseFlags } from '../runtime/flags.js';
import type { Logger } from '../runtime/logger.js';
import type { LogtailValues } from './logtail-flags.js';
import { LOGTAIL_FLAGS } from './logtail-flags.js';
import { FILTER_FLAG, pluginFlags, pluginNames } from './plugin-flags.js';
import { InfoRequest } from './run.js';
import type { CLIENT_SECURITY_FLAGS } from './security-flags.js';
import { stateFolder } from './state-folder.js';

const MEGABYTE = 1024 * 1024;

/** What the command line, or the configuration that it names, asks for. */
export interface LogtailSetup {
  readonly server: string;
  readonly state: string | null;
  readonly spoolBytes: number;
  readonly security: FlagValues<typeof CLIENT_SECURITY_FLAGS>;
  /** Where its health can be asked for, host:port; empty: nowhere. */
  readonly http: string;
  readonly showsMetrics: boolean;
  readonly sources: readonly SourceSettings[];
}

export async function setupOf(
  values: LogtailValues,
  given: ReadonlySet<string>,
  rest: readonly string[],
  logger: Logger,
): Promise<LogtailSetup> {
  // An agent that tells nobody, or that is done when it ends, has nothing to remember.
  const remembers = values.report && !values.once;
  const spoolBytes = values.spool_megabytes * MEGABYTE;
  if (values.config === '') {
    const source = await sourceOf(values, rest);
    const state = remembers ? stateFolder(values.state, source.logs[0] ?? '', logger) : null;
    const { server, http, metrics: showsMetrics } = values;
    return { server, state, spoolBytes, security: values, http, showsMetrics, sources: [source] };
  }
  const misplaced = ['log', 'start', 'stale', 'merge', 'tz'].find((flag) => given.has(flag));
  if (misplaced !== undefined || rest.length > 0) {
    throw new HviewError(
      'USAGE',
      `-config says which logs to read and how, not ${misplaced === undefined ? (rest[0] ?? '') : `-${misplaced}`}`,
    );
  }
  const config = readAgentConfig(values.config);
  for (const warning of config.warnings) logger.warn('the configuration has something odd', { warning });
  const named = given.has('state') ? values.state : (config.state ?? '');
  return {
    server: given.has('server') ? values.server : (config.server ?? values.server),
    state: remembers ? stateFolder(named, resolve(values.config), logger) : null,
    spoolBytes: given.has('spool_megabytes') ? spoolBytes : (config.spoolBytes ?? spoolBytes),
    security: securityOf(values, given, config.security),
    http: given.has('http') ? values.http : (config.http ?? ''),
    showsMetrics: given.has('metrics') ? values.metrics : config.showsMetrics,
    sources: config.sources,
  };
}

/** Flags come before the configuration. */
function securityOf(
  values: LogtailValues,
  given: ReadonlySet<string>,
  configured: AgentSecurity,
): LogtailSetup['security'] {
  const file = configuredSecurity(configured);
  return {
    tls_ca: given.has('tls_ca') ? values.tls_ca : file.tls_ca,
    tls_cert: given.has('tls_cert') ? values.tls_cert : file.tls_cert,
    tls_key: given.has('tls_key') ? values.tls_key : file.tls_key,
    token_file: given.has('token_file') ? values.token_file : file.token_file,
    insecure: given.has('insecure') ? values.insecure : file.insecure,
  };
}

/** What a configuration says of it, as flags would. */
export function configuredSecurity({
  ca,
  cert,
  key,
  tokenFile,
  allowsInsecure,
}: AgentSecurity): LogtailSetup['security'] {
  return {
    tls_ca: ca ?? '',
    tls_cert: cert ?? '',
    tls_key: key ?? '',
    token_file: tokenFile ?? '',
    insecure: allowsInsecure,
  };
}

/** The one source of a command line. */
async function sourceOf(values: LogtailValues, words: readonly string[]): Promise<SourceSettings> {
  if (values.log === '')
    throw new HviewError('USAGE', 'Log file argument is empty', { hint: 'Name it with -log FILE.' });
  if (values.start !== 'beginning' && values.start !== 'end')
    throw new HviewError('USAGE', `flag -start: "${values.start}" is neither beginning nor end`);
  const [name, ...optionWords] = words;
  if (name === undefined) throw new HviewError('USAGE', 'no plugin is named', { hint: `${pluginNames()}.` });
  const factory = await loadPlugin(name);
  const table = { ...FILTER_FLAG, ...pluginFlags(factory) };
  const {
    values: options,
    given,
    rest,
    request,
  } = parseFlags<FlagTable>({ ...LOGTAIL_FLAGS, ...table }, optionWords);
  if (request !== null) throw new InfoRequest(request);
  const misplaced = [...given].find((flag) => !Object.hasOwn(table, flag));
  if (misplaced !== undefined) {
    throw new HviewError('USAGE', `flag -${misplaced} stands after the plugin's name`, {
      hint: `Put it before ${name}; what follows the name is for the plugin.`,
    });
  }
  if (rest.length > 0) throw new HviewError('USAGE', `unexpected word "${rest[0] ?? ''}" after the plugin`);
  const filter = String(options['filter']);
  const log = resolve(values.log);
  return {
    ...SOURCE_DEFAULTS,
    name: 'log',
    logs: [log],
    start: values.start,
    plugin: name,
    pluginOptions: Object.fromEntries(
      factory.options.flatMap((option) =>
        given.has(option.name) ? [[option.name, String(options[option.name])]] : [],
      ),
    ),
    filter: filter === '' ? null : filter,
    timeZone: values.tz === '' ? null : values.tz,
    staleSeconds: values.stale,
    mergeSeconds: values.merge,
  };
}

/** Throws CONFIG_INVALID. */
export function readAgentConfig(path: string): AgentConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError('CONFIG_INVALID', 'cannot read the configuration', path, error);
  }
  return loadAgentConfig(text, path);
}
