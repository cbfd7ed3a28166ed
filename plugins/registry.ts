import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HviewError, describeError } from '../runtime/errors.js';
import { cassandraFactory } from './cassandra/cassandra-plugin.js';
import { hdfsFactory } from './hdfs/hdfs-plugin.js';
import type { LogPluginFactory } from './log-plugin.js';
import { zooKeeperFactory } from './zookeeper/zookeeper-plugin.js';

/** The plugins that come with hview. One line each. */
export const BUNDLED_PLUGINS: readonly LogPluginFactory[] = [zooKeeperFactory, cassandraFactory, hdfsFactory];

/**
 * The plugin of that name: a bundled one, else a module given by path (`./my-plugin.js`) or by
 * package name, whose default export is a LogPluginFactory. Paths and packages are looked for from
 * `folder`. Throws USAGE when there is none, CONFIG_INVALID when the module is no plugin.
 */
export async function loadPlugin(name: string, folder = process.cwd()): Promise<LogPluginFactory> {
  const bundled = BUNDLED_PLUGINS.find((factory) => factory.name === name);
  if (bundled !== undefined) return bundled;

  const file = locate(name, folder);
  if (file === null) {
    const names = BUNDLED_PLUGINS.map((factory) => factory.name).join(', ');
    throw new HviewError('USAGE', `there is no plugin '${name}'`, {
      hint: `Bundled: ${names}. Your own: the path of its module (./my-plugin.js) or the name of an installed package.`,
    });
  }
  let module: unknown;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw new HviewError('CONFIG_INVALID', `plugin ${file} cannot be loaded: ${describeError(error)}`, {
      hint: 'The module and what it imports must load in Node; start it with node to see the place.',
      cause: error,
    });
  }
  const factory: unknown = isObject(module) ? module['default'] : undefined;
  const missing = missingPart(factory);
  if (missing !== null) {
    throw new HviewError('CONFIG_INVALID', `plugin ${file}: ${missing}`, {
      hint: 'The default export must be a LogPluginFactory: { name, summary, options, create }.',
    });
  }
  // Checked part by part just above; what the functions return cannot be.
  return factory as LogPluginFactory;
}

/** The module's file; null when nothing has that name. */
function locate(name: string, folder: string): string | null {
  const path = resolve(folder, name);
  if (/[\\/]/.test(name) && existsSync(path)) return path;
  if (name === '' || name.startsWith('.') || isAbsolute(name)) return null;
  const require = createRequire(join(folder, 'package.json'));
  try {
    return require.resolve(name);
  } catch {
    return locateModuleOnly(name, require.resolve.paths(name) ?? []);
  }
}

/** A package that has an entry for `import` but none for `require`, which Node's look-up passes over. */
function locateModuleOnly(name: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const manifestFile = join(folder, name, 'package.json');
    if (!existsSync(manifestFile)) continue;
    const manifest: unknown = JSON.parse(readFileSync(manifestFile, 'utf8'));
    const entry = isObject(manifest) ? importEntry(manifest['exports']) : null;
    return entry === null ? null : join(folder, name, entry);
  }
  return null;
}

/** The file that `exports` gives to an import of the package itself. */
function importEntry(exports: unknown): string | null {
  if (typeof exports === 'string') return exports;
  if (!isObject(exports)) return null;
  return importEntry(exports['.'] ?? exports['import'] ?? exports['node'] ?? exports['default']);
}

/** Says what keeps the value from being a LogPluginFactory; null when nothing does. */
function missingPart(value: unknown): string | null {
  if (!isObject(value)) return 'it has no default export that is an object';
  if (typeof value['name'] !== 'string' || value['name'] === '') return 'its default export has no name';
  if (typeof value['summary'] !== 'string') return 'its default export has no summary';
  if (typeof value['create'] !== 'function') return 'its default export has no function create';
  const options: unknown = value['options'];
  if (!Array.isArray(options)) return 'its default export has no list options';
  const isOption = (option: unknown) =>
    isObject(option) && typeof option['name'] === 'string' && typeof option['help'] === 'string';
  return options.every(isOption) ? null : 'an entry of its options has no name or no help';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
