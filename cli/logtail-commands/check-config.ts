import { existsSync } from 'node:fs';
import type { AgentConfig } from '../../agent/sources/agent-config.js';
import { isGlob } from '../../agent/sources/log-finder.js';
import { openSource } from '../../agent/sources/open-source.js';
import type { SourceSettings } from '../../agent/sources/source-settings.js';
import { DEFAULT_PORT } from '../../protocol/address.js';
import { HviewError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { silentLogger } from '../../runtime/logger.js';
import { configuredSecurity, readAgentConfig } from '../logtail-setup.js';
import type { ExitCode } from '../run.js';
import { clientSecurityOf } from '../security-flags.js';

/** What was found of the configuration as a whole. */
interface ConfigCheck {
  readonly path: string;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly sources: readonly SourceCheck[];
  /** An agent would start. */
  readonly isGood: boolean;
}

/** What was found of one source. */
interface SourceCheck {
  readonly name: string;
  readonly plugin: string;
  readonly logs: readonly string[];
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** What is wrong with a rule file that can be loaded: it works, but not as it should. */
export type RulesCheck = (path: string, plugin: SourceSettings['plugin']) => Promise<readonly string[]>;

/**
 * Tries everything that a configuration names, without reading a log or asking the aggregator, and
 * prints what it finds. 0: an agent would start. Throws CONFIG_INVALID when the file itself is wrong.
 */
export async function checkConfig(path: string, isJson: boolean, checkRules: RulesCheck): Promise<ExitCode> {
  const config = readAgentConfig(path);
  const warnings = [...config.warnings];
  const errors = checkSecurity(config, warnings);
  const sources: SourceCheck[] = [];
  for (const settings of config.sources) sources.push(await checkSource(settings, checkRules));
  const isGood = errors.length === 0 && sources.every((source) => source.errors.length === 0);
  const print = isJson ? asJson : asText;
  process.stdout.write(print({ path, errors, warnings, sources, isGood }));
  return isGood ? 0 : 1;
}

/** Whether the certificates, the key and the token can be used, and may be sent; each file counts for itself. */
function checkSecurity({ server, security }: AgentConfig, warnings: string[]): string[] {
  const errors: string[] = [];
  const all = configuredSecurity(security);
  const tls = { ...all, token_file: '' };
  const token = { ...all, tls_ca: '', tls_cert: '', tls_key: '' };
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      errors.push(describe(error));
    }
  };
  for (const part of [tls, token]) attempt(() => clientSecurityOf(part, warningsInto(warnings))?.close());
  if (errors.length > 0) return errors;
  attempt(() => {
    const whole = clientSecurityOf(all, silentLogger);
    try {
      whole?.channel(server ?? `localhost:${DEFAULT_PORT}`);
    } finally {
      whole?.close();
    }
  });
  return errors;
}

async function checkSource(settings: SourceSettings, checkRules: RulesCheck): Promise<SourceCheck> {
  const errors: string[] = [];
  const warnings: string[] = settings.logs
    .filter((log) => !isGlob(log) && !existsSync(log))
    .map((log) => `${log} is not there yet; the agent would wait for it`);
  try {
    const { plugin } = await openSource(settings, warningsInto(warnings));
    plugin.close();
    if (settings.filter !== null) warnings.push(...(await checkRules(settings.filter, settings.plugin)));
  } catch (error) {
    errors.push(describe(error));
  }
  const { name, plugin, logs } = settings;
  return { name, plugin, logs, errors, warnings };
}

function warningsInto(warnings: string[]): Logger {
  return {
    ...silentLogger,
    warn: (message, fields) => void warnings.push([message, ...Object.values(fields ?? {})].join(': ')),
  };
}

function describe(error: unknown): string {
  const { message, hint } = HviewError.from(error);
  return hint === undefined ? message : `${message} (${hint})`;
}

function asJson({ path, errors, warnings, sources, isGood }: ConfigCheck): string {
  return `${JSON.stringify({ config: path, ok: isGood, errors, warnings, sources })}\n`;
}

function asText({ path, errors, warnings, sources, isGood }: ConfigCheck): string {
  const lines = [
    ...errors.map((error) => `error: ${error}`),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...sources.flatMap((source) => [
      `source ${source.name} (${source.plugin}): ${source.errors.length === 0 ? 'good' : 'cannot be used'}`,
      ...source.errors.map((error) => `  error: ${error}`),
      ...source.warnings.map((warning) => `  warning: ${warning}`),
    ]),
    `${path}: ${isGood ? 'an agent would start with it' : 'an agent would not start with it'}`,
  ];
  return `${lines.join('\n')}\n`;
}
