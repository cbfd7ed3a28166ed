import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { compileRuleSet } from '../../filters/compile.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import type { Matcher } from '../../filters/matcher.js';
import type { LogPlugin } from '../../plugins/log-plugin.js';
import { loadPlugin } from '../../plugins/registry.js';
import { packageFile } from '../../runtime/package-root.js';
import { ensembleFile } from './bench-logs.js';

export interface GrepCost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** The bundled plugin and rules, as an agent beside server 1 has them. */
export async function bundledZooKeeper(): Promise<{ readonly plugin: LogPlugin; readonly matcher: Matcher }> {
  const rules = packageFile('filters', 'rules', 'zookeeper.json');
  const matcher = compileRuleSet(loadRuleSet(readFileSync(rules, 'utf8'), rules));
  const factory = await loadPlugin('zookeeper');
  const plugin = await factory.create({
    options: { ensemble: ensembleFile(), myid: '1' },
    timeZone: 'UTC',
    notice: () => undefined,
  });
  return { plugin, matcher };
}

/**
 * The yardstick: `grep -cE` over the same log, for the literal texts without which no line is a finding.
 * `patterns`: a file to be made.
 */
export async function grepCost(path: string, patterns: string): Promise<GrepCost> {
  const { plugin, matcher } = await bundledZooKeeper();
  const literals = matcher.literals(plugin.verbatimFields);
  plugin.close();
  if (literals === null) throw new Error('the bundled rules have an entry without a literal');
  writeFileSync(patterns, [...literals, ...plugin.memoryLiterals].map(escape).join('|'));
  // Not to /dev/null: grep would stop at the first match.
  const script = 'LC_ALL=C; export LC_ALL; grep -cE -f "$1" "$2"; times';
  const begunMs = performance.now();
  const printed = execFileSync('bash', ['-c', script, 'bash', patterns, path], { encoding: 'utf8' });
  const seconds = (performance.now() - begunMs) / 1000;
  const children = printed.trim().split('\n').at(-1) ?? '';
  const cpuSeconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest),
    0,
  );
  return { seconds, cpuSeconds };
}

function escape(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
