import { LogExplainer, type LogExplanation } from '../../agent/explain-log.js';
import { compileRuleSet } from '../../filters/compile.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import { LEVEL_NAMES, levelFromName } from '../../filters/log-level.js';
import type { RuleSet } from '../../filters/rule-set.js';
import type { LogPlugin, LogPluginFactory } from '../../plugins/log-plugin.js';
import { HviewError } from '../../runtime/errors.js';
import type { FlagTable, FlagValues } from '../../runtime/flags.js';
import { USUAL_EXIT_CODES, formatManual } from '../manual.js';
import type { Command, ExitCode } from '../run.js';
import { explanationToJson, formatExplanation } from './explanation-format.js';
import { explainLines, formatLineExplanation, lineExplanationToJson } from './line-explanation.js';
import { readLogFile } from './log-file.js';
import {
  RULE_FLAGS,
  bundledRules,
  createPlugin,
  pluginNames,
  readFilter,
  readRuleWords,
} from './rule-words.js';

const FLAGS = {
  ...RULE_FLAGS,
  line: {
    kind: 'text',
    default: '',
    placeholder: 'text',
    help: 'Explain this one record instead of a log: its fields, and clause by clause what the rules make of it. Lines after the first are its continuation.',
  },
  level: {
    kind: 'text',
    default: 'warn',
    placeholder: 'level',
    help: 'From which level on records that no rule understands are listed.',
  },
  top: {
    kind: 'integer',
    default: 20,
    placeholder: 'N',
    help: 'How many kinds of such records are printed; -json has all.',
  },
  tz: {
    kind: 'text',
    default: '',
    placeholder: 'zone',
    help: "Time zone of the log's time stamps, such as UTC. Without it this machine's.",
  },
} as const satisfies FlagTable;

const HELP = formatManual({
  name: 'hview-logtail explain',
  summary: 'tells what the rules make of a log, or of one line, and why',
  usage: ['[options] LOG PLUGIN [plugin options]', '-line TEXT [options] PLUGIN [plugin options]'],
  description: `
Reads a whole log of any size (.gz and .zip too) without reporting anything, and tells
  - how much of it could be read, so that a changed log format is noticed
  - which rules fired, how often, on whom, with a line of each, and which never did
  - which warnings and errors no rule understood, grouped into kinds of messages, so that you see
    which rule to write next

With -line it takes one record apart instead, and tells for each rule that comes near which clause
holds, which does not, and why. Without options for the plugin the made-up cluster is taken that
the examples in rule sets speak of.`,
  flags: FLAGS,
  sections: {
    'Exit codes': USUAL_EXIT_CODES,
    Examples: `
hview-logtail explain /var/log/zookeeper/zookeeper.log zookeeper --ensemble zoo.cfg
hview-logtail explain -line "$(tail -n 1 system.log)" cassandra`.trim(),
    'See also': 'hview-logtail(1); filters/README.md of the package',
  },
});

export const explain: Command = { name: 'hview-logtail explain', help: HELP, run };

async function run(words: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const read = await readRuleWords(FLAGS, words, (given) => (given.has('line') ? 0 : 1));
  const { values, given, operands, factory, pluginOptions } = read;
  const [log] = operands;
  const isLine = given.has('line');
  if (!isLine && log === undefined) throw new HviewError('USAGE', 'neither a log nor -line is given');
  if (factory === null) throw new HviewError('USAGE', 'no plugin is named', { hint: pluginNames() });

  const useExamples = isLine && Object.keys(pluginOptions).length === 0;
  const timeZone = values.tz === '' ? null : values.tz;
  const plugin =
    (useExamples ? factory.createForExamples?.() : undefined) ??
    (await createPlugin(factory, pluginOptions, timeZone));
  try {
    const ruleSet = rulesOf(values, factory, plugin);
    if (isLine) {
      const explained = explainLines(values.line.split(/\r?\n/), plugin, ruleSet);
      process.stdout.write(values.json ? lineExplanationToJson(explained) : formatLineExplanation(explained));
      return 0;
    }
    const explained = await explainLog(log ?? '', plugin, ruleSet, values, signal);
    process.stdout.write(
      values.json ? explanationToJson(explained) : formatExplanation(explained, ruleSet, values.top),
    );
    return 0;
  } finally {
    plugin.close();
  }
}

async function explainLog(
  path: string,
  plugin: LogPlugin,
  ruleSet: RuleSet,
  values: FlagValues<typeof FLAGS>,
  signal: AbortSignal,
): Promise<LogExplanation> {
  const minLevel = levelFromName(values.level);
  if (minLevel === undefined) {
    throw new HviewError('USAGE', `flag -level: "${values.level}" is no level`, {
      hint: `Levels: ${LEVEL_NAMES.join(', ').toLowerCase()}.`,
    });
  }
  const ruleIds = ruleSet.entries.map(({ id }) => id);
  const explainer = new LogExplainer({ plugin, matcher: compileRuleSet(ruleSet), ruleIds, minLevel });
  await readLogFile(path, (bytes) => explainer.push(bytes), signal);
  return explainer.result();
}

function rulesOf(values: FlagValues<typeof FLAGS>, factory: LogPluginFactory, plugin: LogPlugin): RuleSet {
  const file = readFilter(values.filter === '' ? bundledRules(factory, plugin) : values.filter);
  return loadRuleSet(file.text, file.path);
}
