import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogPlugin, LogPluginFactory } from '../../plugins/log-plugin.js';
import { BUNDLED_PLUGINS, loadPlugin } from '../../plugins/registry.js';
import { HviewError, fileError } from '../../runtime/errors.js';
import type { FlagTable, FlagValues } from '../../runtime/flags.js';
import { parseFlags } from '../../runtime/flags.js';
import { packageFile } from '../../runtime/package-root.js';
import { InfoRequest } from '../run.js';

/** The flag that every command about rules has. */
export const RULE_FLAGS = {
  filter: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: "The rules (JSON). Without it the plugin's own.",
  },
  json: { kind: 'switch', default: false, help: 'Print JSON, for programs.' },
} as const satisfies FlagTable;

/** A command line about rules, taken apart. */
export interface RuleWords<Table extends FlagTable> {
  readonly values: FlagValues<Table>;
  readonly given: ReadonlySet<string>;
  /** The words before the plugin's name. */
  readonly operands: readonly string[];
  /** As typed; null: none was named. */
  readonly pluginName: string | null;
  /** Null: no plugin was named. */
  readonly factory: LogPluginFactory | null;
  /** The plugin's options that were given. */
  readonly pluginOptions: Readonly<Record<string, string>>;
}

/**
 * Reads `[flags] operands... [flags] PLUGIN [plugin options and flags]`. `operandCount`: how many words
 * stand before the plugin's name, told by the flags that come before them. Throws USAGE, and
 * InfoRequest for --help.
 */
export async function readRuleWords<Table extends FlagTable>(
  table: Table,
  words: readonly string[],
  operandCount: (given: ReadonlySet<string>) => number,
): Promise<RuleWords<Table>> {
  const values: Record<string, string | number | boolean> = {};
  for (const [name, flag] of Object.entries(table)) values[name] = flag.default;
  const given = new Set<string>();
  const take = (known: FlagTable, from: readonly string[]): readonly string[] => {
    const parsed = parseFlags(known, from);
    if (parsed.request !== null) throw new InfoRequest(parsed.request);
    for (const name of parsed.given) {
      given.add(name);
      values[name] = parsed.values[name] ?? '';
    }
    return parsed.rest;
  };

  const operands: string[] = [];
  let rest = take(table, words);
  while (rest.length > 0 && operands.length < operandCount(given)) {
    operands.push(rest[0] ?? '');
    rest = take(table, rest.slice(1));
  }
  const pluginName = rest[0] ?? null;
  const factory = pluginName === null ? null : await loadPlugin(pluginName);
  if (factory !== null) {
    rest = take({ ...table, ...pluginFlags(factory) }, rest.slice(1));
    if (rest.length > 0) throw new HviewError('USAGE', `unexpected word "${rest[0] ?? ''}" after the plugin`);
  }
  return {
    // Every name of the table was filled in above with a value of its flag's kind.
    values: values as FlagValues<Table>,
    given,
    operands,
    pluginName,
    factory,
    pluginOptions: Object.fromEntries(
      (factory?.options ?? []).flatMap(({ name }) => (given.has(name) ? [[name, String(values[name])]] : [])),
    ),
  };
}

/** A plugin's options as flags. */
export function pluginFlags(factory: LogPluginFactory): FlagTable {
  return Object.fromEntries(
    factory.options.map(({ name, help, default: value }) => [
      name,
      { kind: 'text', default: value ?? '', placeholder: 'value', help } as const,
    ]),
  );
}

/** The plugin over the cluster that its options name. Throws CONFIG_INVALID. */
export function createPlugin(
  factory: LogPluginFactory,
  options: Readonly<Record<string, string>>,
  timeZone: string | null,
): Promise<LogPlugin> {
  const defaults = factory.options.flatMap(({ name, default: value }) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return factory.create({
    options: { ...Object.fromEntries(defaults), ...options },
    timeZone,
    notice: (message) => void process.stderr.write(`${message}\n`),
  });
}

/** A filter file as it lies on the disk. */
export interface FilterText {
  readonly path: string;
  readonly text: string;
}

/** Throws FILTER_INVALID when it cannot be read. */
export function readFilter(path: string): FilterText {
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    throw fileError('FILTER_INVALID', 'cannot read the filter file', path, error);
  }
}

/** The file that holds the plugin's own rules. Throws USAGE when it has none. */
export function bundledRules(factory: LogPluginFactory, plugin: LogPlugin | null): string {
  const file = plugin?.defaultRuleSet ?? null;
  if (file !== null) return packageFile('filters', 'rules', file);
  throw new HviewError('USAGE', `the plugin ${factory.name} has no rules of its own`, {
    hint: 'Name a rule file with --filter.',
  });
}

/** The plugin that a filter file names itself: a bundled one, a package, or a path from the file's folder. */
export function pluginOfFilter(name: string, filterPath: string): Promise<LogPluginFactory> {
  return loadPlugin(name, dirname(filterPath) === '' ? '.' : dirname(filterPath));
}

export function pluginNames(): string {
  return `Bundled plugins: ${BUNDLED_PLUGINS.map(({ name }) => name).join(', ')}.`;
}
