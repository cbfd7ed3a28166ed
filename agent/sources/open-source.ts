import { readFile } from 'node:fs/promises';
import { compileRuleSet } from '../../filters/compile.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import { describeProblem } from '../../filters/rule-set.js';
import type { LogPlugin } from '../../plugins/log-plugin.js';
import { loadPlugin } from '../../plugins/registry.js';
import { HviewError, fileError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { packageFile } from '../../runtime/package-root.js';
import type { LoadedRules, OpenedSource } from './opened-source.js';
import type { SourceSettings } from './source-settings.js';

/**
 * Makes the plugin of a source and reads its rules. Throws USAGE, CONFIG_INVALID or FILTER_INVALID;
 * whoever opened it closes the plugin.
 */
export async function openSource(settings: SourceSettings, logger: Logger): Promise<OpenedSource> {
  const factory = await loadPlugin(settings.plugin);
  const known = factory.options.map(({ name }) => name);
  const unknown = Object.keys(settings.pluginOptions).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new HviewError(
      'CONFIG_INVALID',
      `the plugin ${factory.name} has no option ${JSON.stringify(unknown)}`,
      {
        hint: known.length === 0 ? 'It has none.' : `It has ${known.join(', ')}.`,
      },
    );
  }
  const defaults = factory.options.flatMap(({ name, default: value }) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const plugin = await factory.create({
    options: { ...Object.fromEntries(defaults), ...settings.pluginOptions },
    timeZone: settings.timeZone,
    notice: (message) => logger.warn(message),
  });
  try {
    return { settings, plugin, rules: await loadRules(rulesPath(settings, plugin), logger) };
  } catch (error) {
    plugin.close();
    throw error;
  }
}

/** The rules in a file as it is now. Throws FILTER_INVALID. */
export async function loadRules(path: string, logger: Logger): Promise<LoadedRules> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fileError('FILTER_INVALID', 'cannot read the filter file', path, error);
  }
  const ruleSet = loadRuleSet(text, path);
  for (const warning of ruleSet.warnings) {
    logger.warn('the filter file has something odd', { warning: describeProblem(path, warning) });
  }
  return { path, text, matcher: compileRuleSet(ruleSet) };
}

/** Throws USAGE when the source names no file and the plugin has none. */
function rulesPath({ filter }: SourceSettings, plugin: LogPlugin): string {
  if (filter !== null) return filter;
  if (plugin.defaultRuleSet === null) {
    throw new HviewError('USAGE', `the plugin ${plugin.name} has no rules of its own`, {
      hint: 'Name a rule file with --filter.',
    });
  }
  return packageFile('filters', 'rules', plugin.defaultRuleSet);
}
