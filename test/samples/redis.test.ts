import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../../agent/finding.js';
import { Pipeline } from '../../agent/pipeline.js';
import { exampleReader } from '../../agent/replay-lines.js';
import { LineSplitter } from '../../agent/tail/line-splitter.js';
import { compileRuleSet } from '../../filters/compile.js';
import { checkRuleSet, otherWarnings } from '../../filters/lint/check-rule-set.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import type { LogPlugin, LogPluginFactory } from '../../plugins/log-plugin.js';
import { loadPlugin } from '../../plugins/registry.js';
import { packageFile } from '../../runtime/package-root.js';
import { sicknessesIn } from '../support/incident.js';

// The plugin stands outside the house: it is loaded by its path, as a user's own would be.
const home = packageFile('samples', 'plugins', 'redis');
const rules = join(home, 'redis.json');
const ruleSet = loadRuleSet(readFileSync(rules, 'utf8'), rules);
const matcher = compileRuleSet(ruleSet);
const factory: LogPluginFactory = await loadPlugin('./redis.mjs', home);

interface Truth {
  readonly nodes: readonly string[];
  readonly subject: string | null;
  readonly injections: readonly { readonly time: string; readonly action: string }[];
}

const scenarios = readdirSync(packageFile('samples', 'redis'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

async function openPlugin(self: string): Promise<LogPlugin> {
  return factory.create({ options: { self }, timeZone: 'UTC', notice: () => undefined });
}

/** What the agents beside all servers and Sentinels find, by log time alone. */
async function findingsOf(folder: string, { nodes }: Truth): Promise<Finding[]> {
  const all: Finding[] = [];
  for (const [index, node] of nodes.entries()) {
    for (const [name, port] of [
      ['redis', 6379],
      ['sentinel', 26379],
    ] as const) {
      const plugin = await openPlugin(`${node}:${port}`);
      const suppress = { staleSeconds: -1, mergeSeconds: 1 };
      const pipeline = new Pipeline({ plugin, matcher, suppress, now: () => 0 });
      const lines = pipeline.openFile('captured', 0);
      const log = readFileSync(join(folder, `${name}-${index + 1}.log`));
      for (const region of new LineSplitter().push(log, 0)) lines.push(region);
      lines.flush();
      const found = [...pipeline.take()];
      // A day later: whatever can expire has expired.
      pipeline.expire((found.at(-1)?.timeMs ?? 0) + 86_400_000);
      all.push(...found, ...pipeline.take());
      plugin.close();
    }
  }
  return all;
}

describe('the rules for Redis', () => {
  it('have no errors, and nothing that is doubtful', () => {
    const plugin = factory.createForExamples?.();
    if (plugin === undefined) throw new Error('the plugin cannot run examples');
    const examples = exampleReader(plugin, matcher);
    expect(checkRuleSet(ruleSet, { fields: factory.fields ?? null, examples })).toEqual([]);
    expect(otherWarnings(ruleSet)).toEqual([]);
  });
});

describe('the plugin for Redis', () => {
  it('reads time in any zone', async () => {
    const line = '1:M 15 Jul 2026 10:20:30.123 * Ready to accept connections';
    const times = await Promise.all(
      ['UTC', 'Europe/Berlin', 'America/New_York'].map(async (timeZone) => {
        const options = { self: '10.0.0.1:6379' };
        const plugin = await factory.create({ options, timeZone, notice: () => undefined });
        const parsed = plugin.openStream().parse(line);
        return parsed.kind === 'record' ? new Date(parsed.record.timeMs).toISOString() : parsed.kind;
      }),
    );
    expect(times).toEqual([
      '2026-07-15T10:20:30.123Z',
      '2026-07-15T08:20:30.123Z',
      '2026-07-15T14:20:30.123Z',
    ]);
  });

  it('remembers over a restart whom a replica follows', async () => {
    const plugin = await openPlugin('10.0.0.2:6379');
    const first = plugin.openStream();
    first.parse('1:S 15 Jul 2026 10:20:30.123 * Connecting to MASTER 10.0.0.1:6379');
    const second = plugin.openStream();
    second.restore(first.memory());
    const parsed = second.parse('1:S 15 Jul 2026 10:20:31.123 # Connection with master lost.');
    expect(parsed).toMatchObject({ record: { fields: { master: '10.0.0.1:6379' } } });
  });

  it('says what is wrong with its option', async () => {
    await expect(openPlugin('somewhere')).rejects.toThrow(/--self has to be host:port/);
  });
});

describe.each(scenarios)('the captured incident %s', (scenario) => {
  const folder = packageFile('samples', 'redis', scenario);
  const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Truth;

  it('leads to the right verdicts', async () => {
    const sicknesses = sicknessesIn(await findingsOf(folder, truth));
    // Nobody stays sick, and nobody else is blamed.
    expect(sicknesses.filter(({ toMs }) => toMs === Infinity)).toEqual([]);
    expect(sicknesses.filter(({ subject }) => subject !== truth.subject)).toEqual([]);
    if (truth.subject === null) return;
    const [hurt, healed] = truth.injections.map(({ time }) => Date.parse(time));
    const first = sicknesses[0];
    expect(first?.fromMs).toBeGreaterThanOrEqual(hurt ?? NaN);
    // Sentinels wait for three seconds of silence.
    expect(first?.fromMs).toBeLessThan((hurt ?? NaN) + 4500);
    expect(sicknesses.at(-1)?.toMs).toBeGreaterThanOrEqual(healed ?? NaN);
  });
});
