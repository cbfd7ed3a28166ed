import { readFileSync } from 'node:fs';
import { exampleReader } from '../../agent/replay-lines.js';
import { compileRuleSet } from '../../filters/compile.js';
import type { ExampleReader } from '../../filters/lint/examples-lint.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import type { Matcher } from '../../filters/matcher.js';
import type { RuleSet } from '../../filters/rule-set.js';
import type { LogPlugin, LogPluginFactory } from '../../plugins/log-plugin.js';
import { packageFile } from '../../runtime/package-root.js';

/** A rule set with its plugin over the made-up cluster that the examples speak of. */
export interface BundledRules extends ExampleReader {
  readonly ruleSet: RuleSet;
  readonly matcher: Matcher;
  readonly plugin: LogPlugin;
  /** By which lines are looked for; null: each line has to be read. */
  readonly literals: readonly string[] | null;
}

export function bundledRules(factory: LogPluginFactory): BundledRules {
  const file = packageFile('filters', 'rules', `${factory.name}.json`);
  const ruleSet = loadRuleSet(readFileSync(file, 'utf8'), file);
  const matcher = compileRuleSet(ruleSet);
  const plugin = factory.createForExamples?.();
  if (plugin === undefined) throw new Error(`the plugin ${factory.name} cannot run examples`);
  const literals = matcher.literals(plugin.verbatimFields);
  return { ruleSet, matcher, plugin, literals, ...exampleReader(plugin, matcher) };
}
