import { exampleReader } from '../../agent/replay-lines.js';
import { compileRuleSet } from '../../filters/compile.js';
import { readRuleSet } from '../../filters/load-rule-set.js';
import { checkRuleSet, otherWarnings } from '../../filters/lint/check-rule-set.js';
import type { ExampleReader } from '../../filters/lint/examples-lint.js';
import { lintFinding, type LintFinding } from '../../filters/lint/lint-finding.js';
import type { RuleSet } from '../../filters/rule-set.js';
import type { LogPlugin, LogPluginFactory } from '../../plugins/log-plugin.js';
import { loadPlugin } from '../../plugins/registry.js';
import { HviewError } from '../../runtime/errors.js';
import type { FlagTable } from '../../runtime/flags.js';
import { formatManual } from '../manual.js';
import type { Command, ExitCode } from '../run.js';
import { checkConfig } from './check-config.js';
import { checkReport, formatCheck, checkToJson, type CheckReport } from './check-report.js';
import {
  RULE_FLAGS,
  bundledRules,
  createPlugin,
  pluginNames,
  pluginOfFilter,
  readFilter,
  readRuleWords,
} from './rule-words.js';

const FLAGS = {
  ...RULE_FLAGS,
  config: {
    kind: 'text',
    default: '',
    placeholder: 'file',
    help: 'Check the configuration of an agent instead: its sources, their plugins and rules, its certificates and token.',
  },
} as const satisfies FlagTable;

const HELP = formatManual({
  name: 'hview-logtail check',
  summary: 'examines a rule set or a configuration before it is put to use',
  usage: ['[-filter FILE] [-json] [PLUGIN [plugin options]]', '[-json] -config FILE'],
  description: `
Without -filter it examines the plugin's own rules; without PLUGIN the file's member Plugin names
it (a path there counts from the file's folder, and the module is loaded and run).

It finds
  - whatever breaks the format, with line and column
  - examples that do not give what they say
  - entries that never fire, because their clauses exclude each other or an earlier entry decides
  - patterns that a hostile line could make slow (quadratic, cubic, exponential), each with such a
    line and what it cost
  - lines that two entries claim with different words, where only the order decides
  - entries without an example that fires, or without one of a line to be left alone
  - fields that the plugin does not give

With -config it tries everything that the configuration names, without reading a log or asking
the aggregator: fit for a service manager to run before the start.`,
  flags: FLAGS,
  sections: {
    'Exit codes': '0  no errors (there may be warnings)\n1  errors, or wrong use',
    Examples: `
hview-logtail check zookeeper
hview-logtail check -filter my-rules.json cassandra
hview-logtail check -config /etc/hview/agent.json`.trim(),
    'See also': 'hview-logtail(1); filters/README.md of the package',
  },
});

export const check: Command = { name: 'hview-logtail check', help: HELP, run };

async function run(words: readonly string[]): Promise<ExitCode> {
  const { values, factory: named, pluginOptions } = await readRuleWords(FLAGS, words, () => 0);
  if (values.config !== '') {
    if (named !== null || values.filter !== '') {
      throw new HviewError('USAGE', '-config names plugins and filters itself');
    }
    return checkConfig(values.config, values.json, rulesErrors);
  }
  const report = await checkFile(values.filter === '' ? null : values.filter, named, pluginOptions);
  process.stdout.write(values.json ? checkToJson(report) : formatCheck(report));
  return report.findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** What is wrong with a rule file that can be loaded, each in a line. */
async function rulesErrors(path: string, plugin: string): Promise<readonly string[]> {
  const { findings } = await checkFile(path, await loadPlugin(plugin), {});
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ line, column, part, message }) => `${path}:${line}:${column}: ${part}: ${message}`);
}

/**
 * Checks one rule file, or the plugin's own rules when `path` is null. Throws only for what is not
 * the file's fault: no such file, no such plugin.
 */
export async function checkFile(
  path: string | null,
  named: LogPluginFactory | null,
  pluginOptions: Readonly<Record<string, string>>,
): Promise<CheckReport> {
  if (path === null && named === null) {
    throw new HviewError('USAGE', 'neither a plugin nor a filter file is named', { hint: pluginNames() });
  }
  const given = path === null ? null : readFilter(path);
  const own = given === null && named !== null ? await openForExamples(named, pluginOptions) : null;
  const file = given ?? readFilter(bundledRulesOf(named, own));
  const reading = readRuleSet(file.text, file.path);
  if (reading.kind === 'invalid') {
    closeAll(own);
    const problems = [
      ...reading.errors.map((problem) => ({ severity: 'error', problem }) as const),
      ...reading.warnings.map((problem) => ({ severity: 'warning', problem }) as const),
    ];
    return checkReport(file, null, [], problems);
  }
  const { ruleSet } = reading;
  const factory = named ?? (await pluginInFile(ruleSet, file.path));
  const plugin = own ?? (factory === null ? null : await openForExamples(factory, pluginOptions));
  try {
    const usable = plugin?.kind === 'open' ? plugin.plugin : null;
    const examples = usable === null ? null : exampleReader(usable, compileRuleSet(ruleSet));
    const context = { fields: factory?.fields ?? null, examples: safely(examples) };
    const findings = [...aboutPlugin(ruleSet, factory, plugin), ...checkRuleSet(ruleSet, context)];
    const warnings = otherWarnings(ruleSet).map((problem) => ({ severity: 'warning', problem }) as const);
    return checkReport(file, { ruleSet, areExamplesRun: examples !== null }, findings, warnings);
  } finally {
    closeAll(plugin);
  }
}

type OpenedPlugin =
  | { readonly kind: 'open'; readonly plugin: LogPlugin }
  /** It has no made-up cluster, and the one that its options name cannot be used. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Options that were given count; else the made-up cluster that examples speak of. */
async function openForExamples(
  factory: LogPluginFactory,
  pluginOptions: Readonly<Record<string, string>>,
): Promise<OpenedPlugin> {
  if (Object.keys(pluginOptions).length === 0 && factory.createForExamples !== undefined) {
    return { kind: 'open', plugin: factory.createForExamples() };
  }
  try {
    return { kind: 'open', plugin: await createPlugin(factory, pluginOptions, 'UTC') };
  } catch (error) {
    return { kind: 'failed', reason: HviewError.from(error).message };
  }
}

function bundledRulesOf(factory: LogPluginFactory | null, opened: OpenedPlugin | null): string {
  if (factory === null) throw new HviewError('INTERNAL', 'no plugin to take rules of');
  return bundledRules(factory, opened?.kind === 'open' ? opened.plugin : null);
}

async function pluginInFile({ plugin }: RuleSet, path: string): Promise<LogPluginFactory | null> {
  return plugin === null ? null : pluginOfFilter(plugin, path);
}

function* aboutPlugin(
  ruleSet: RuleSet,
  factory: LogPluginFactory | null,
  opened: OpenedPlugin | null,
): Generator<LintFinding> {
  const { plugin, entries } = ruleSet;
  if (factory !== null && plugin !== null && plugin !== factory.name && !/[./\\]/.test(plugin)) {
    const message = `the file says it is for the plugin ${plugin}, not for ${factory.name}`;
    yield lintFinding({ severity: 'warning', kind: 'other-plugin', message });
  }
  if (!entries.some(({ examples }) => examples.length > 0)) return;
  if (factory === null) {
    const message = 'the examples were not run: no plugin is named';
    const hint = 'Name it on the command line, or in the file as "Plugin".';
    yield lintFinding({ severity: 'warning', kind: 'examples-not-run', message, hint });
  } else if (opened?.kind === 'failed') {
    const message = `the examples were not run: ${opened.reason}`;
    const hint = `Give the options of ${factory.name} after its name, or let its factory have createForExamples.`;
    yield lintFinding({ severity: 'warning', kind: 'examples-not-run', message, hint });
  }
}

/** A plugin of somebody's own may throw; that is then said as what it is. */
function safely(reader: ExampleReader | null): ExampleReader | null {
  if (reader === null) return null;
  const guarded =
    <T>(read: (lines: readonly string[]) => T) =>
    (lines: readonly string[]): T => {
      try {
        return read(lines);
      } catch (error) {
        throw new HviewError(
          'CONFIG_INVALID',
          `the plugin failed on ${JSON.stringify(lines[0] ?? '')}: ${HviewError.from(error).message}`,
          { cause: error },
        );
      }
    };
  return { replay: guarded(reader.replay), records: guarded(reader.records) };
}

function closeAll(opened: OpenedPlugin | null): void {
  if (opened?.kind === 'open') opened.plugin.close();
}
