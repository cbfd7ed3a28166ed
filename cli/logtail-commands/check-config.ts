import { existsSync, readFileSync } from 'node:fs';
import { loadAgentConfig } from '../../agent/sources/agent-config.js';
import { isGlob } from '../../agent/sources/log-finder.js';
import { openSource } from '../../agent/sources/open-source.js';
import type { SourceSettings } from '../../agent/sources/source-settings.js';
import { HviewError, fileError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { silentLogger } from '../../runtime/logger.js';
import type { ExitCode } from '../run.js';

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
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError('CONFIG_INVALID', 'cannot read the configuration', path, error);
  }
  const config = loadAgentConfig(text, path);
  const sources: SourceCheck[] = [];
  for (const settings of config.sources) sources.push(await checkSource(settings, checkRules));
  const isGood = sources.every(({ errors }) => errors.length === 0);
  const print = isJson ? asJson : asText;
  process.stdout.write(print(path, config.warnings, sources, isGood));
  return isGood ? 0 : 1;
}

async function checkSource(settings: SourceSettings, checkRules: RulesCheck): Promise<SourceCheck> {
  const errors: string[] = [];
  const warnings: string[] = settings.logs
    .filter((log) => !isGlob(log) && !existsSync(log))
    .map((log) => `${log} is not there yet; the agent would wait for it`);
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => void warnings.push([message, ...Object.values(fields ?? {})].join(': ')),
  };
  try {
    const { plugin } = await openSource(settings, logger);
    plugin.close();
    if (settings.filter !== null) warnings.push(...(await checkRules(settings.filter, settings.plugin)));
  } catch (error) {
    const { message, hint } = HviewError.from(error);
    errors.push(hint === undefined ? message : `${message} (${hint})`);
  }
  const { name, plugin, logs } = settings;
  return { name, plugin, logs, errors, warnings };
}

function asJson(
  path: string,
  warnings: readonly string[],
  sources: readonly SourceCheck[],
  isGood: boolean,
): string {
  return `${JSON.stringify({ config: path, ok: isGood, warnings, sources })}\n`;
}

function asText(
  path: string,
  warnings: readonly string[],
  sources: readonly SourceCheck[],
  isGood: boolean,
): string {
  const lines = [
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
