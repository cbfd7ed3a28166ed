import type { LogPluginFactory } from '../plugins/log-plugin.js';
import { BUNDLED_PLUGINS } from '../plugins/registry.js';
import type { FlagTable } from '../runtime/flags.js';
import { describeFlags } from '../runtime/flags.js';

/** Stands after any plugin's name. */
export const FILTER_FLAG = {
  filter: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: "The rules (JSON): which lines matter, whom they speak of, how bad it is. Without it the plugin's own.",
  },
} as const satisfies FlagTable;

/** The options of a plugin as flags that stand after its name. */
export function pluginFlags(factory: LogPluginFactory): FlagTable {
  return Object.fromEntries(
    factory.options.map(({ name, help, default: value }) => [
      name,
      { kind: 'text', default: value ?? '', placeholder: 'value', help } as const,
    ]),
  );
}

/** What --help says of a plugin. */
export function describePlugin(factory: LogPluginFactory): string {
  const flags = describeFlags({ ...pluginFlags(factory), ...FILTER_FLAG });
  return `${factory.name}: ${factory.summary}\n${flags.replaceAll(/^( +)-/gm, '$1--')}\n`;
}

/** For hints. */
export function pluginNames(): string {
  return `Bundled plugins: ${BUNDLED_PLUGINS.map(({ name }) => name).join(', ')}`;
}
