import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { HealthClient } from '../../protocol/health-client.js';
import { packageFile } from '../../runtime/package-root.js';
import { eventually } from '../support/aggregators.js';
import { describeWith } from '../support/installed.js';
import type { ObservedPrograms } from '../support/observed-programs.js';
import { startObservedPrograms } from '../support/observed-programs.js';
import type { QueryResult, RunningPrometheus } from '../support/real-prometheus.js';
import { startPrometheus } from '../support/real-prometheus.js';
import { endCommands } from '../support/spawn-command.js';
import { makeZooKeeperFolder, removeFolder } from '../support/zookeeper-files.js';

// Prometheus has to have seen everything twice before there are rates.
jest.setTimeout(60_000);

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly type: string; readonly definition?: string }[] };
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

const FOLDER = packageFile('samples', 'monitoring');
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const rules = (parse(read('hview-rules.yml')) as Rules).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('hview-dashboard.json')) as Dashboard;
const targets = dashboard.panels.flatMap(({ title, targets: own = [] }) =>
  own.map(({ expr, legendFormat }) => ({ title, legend: legendFormat, expression: asGrafanaAsks(expr) })),
);

/** Of every target with all instances chosen. */
function asGrafanaAsks(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, '.*');
}

/** `name` or `name{...}` in an expression, without the endings that a histogram adds. */
function selectorsIn(expression: string): { readonly name: string; readonly labels: readonly string[] }[] {
  return [...expression.matchAll(/\b((?:hview|nodejs|process)_\w+|up)\b(?:\{([^}]*)\})?/g)].map(
    ([, name = '', matchers = '']) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label ?? ''),
    }),
  );
}

/** Series by name, and the labels that they have, as programs show them and Prometheus adds to. */
function seriesIn(text: string): Map<string, Set<string>> {
  const series = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = series.get(name) ?? new Set(['job', 'instance']);
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    series.set(name, known);
  }
  return series;
}

describeWith('prometheus', 'promtool')('the rules and the dashboard over what the programs show', () => {
  let folder: string;
  let programs: ObservedPrograms;
  let prometheus: RunningPrometheus;
  let shown: string;

  beforeAll(async () => {
    folder = makeZooKeeperFolder();
    programs = await startObservedPrograms(folder);
    cpSync(join(FOLDER, 'hview-rules.yml'), join(folder, 'hview-rules.yml'));
    const config = read('prometheus.yml')
      .replace('localhost:6680', programs.aggregator)
      .replace('localhost:6681', programs.agent)
      .replaceAll('15s', '1s');
    writeFileSync(join(folder, 'prometheus.yml'), config);
    prometheus = await startPrometheus(folder, join(folder, 'prometheus.yml'));
    // Something that fails, for the panel of what fails.
    const client = new HealthClient({ target: programs.calls });
    const fail = (): Promise<unknown> => client.getPanorama('nobody').catch(() => undefined);
    await fail();
    await eventually(
      async () => {
        await fail();
        await new Promise((resolve) => setTimeout(resolve, 200));
        const failed = await prometheus.query('rate(hview_grpc_call_duration_seconds_count{code="NOT_FOUND"}[1m]) > 0');
        const scraped = await prometheus.query('count_over_time(up{job=~"hview-.*"}[1m]) > 3');
        return [failed.length, scraped.length];
      },
      ([failed, scraped]) => failed === 1 && scraped === 2,
    );
    client.close();
    const texts = [programs.aggregator, programs.agent].map(async (address) =>
      (await fetch(`http://${address}/metrics`)).text(),
    );
    shown = (await Promise.all(texts)).join('\n');
  });

  afterAll(async () => {
    await prometheus.stop();
    await endCommands();
    removeFolder(folder);
  });

  it('name only series that the programs show, with labels that these have', () => {
    const series = seriesIn(shown).set('up', new Set(['job', 'instance']));
    const wrong = [...rules.map(({ expr }) => expr), ...targets.map(({ expression }) => expression)].flatMap(
      (expression) =>
        selectorsIn(expression).flatMap(({ name, labels }) => {
          const known = series.get(name);
          if (known === undefined) return [`${name}: there is no such series`];
          return labels.filter((label) => !known.has(label)).map((label) => `${name}: no label ${label}`);
        }),
    );
    expect(wrong).toEqual([]);
  });

  it('are understood, rule by rule', async () => {
    const answers: Record<string, readonly QueryResult[]> = {};
    for (const { alert, expr } of rules) answers[alert] = await prometheus.query(expr);
    const unfounded = ['HviewAggregatorDown', 'HviewAgentDown', 'HviewJournalFailing', 'HviewCallsFailing'];
    expect(unfounded.filter((alert) => answers[alert]?.length !== 0)).toEqual([]);
  });

  it('fill every panel, and each curve has the labels that its legend names', async () => {
    const wrong: string[] = [];
    for (const { title, legend, expression } of targets) {
      const found = await prometheus.queryRange(expression);
      if (found.length === 0) wrong.push(`${title}: nothing is found by ${expression}`);
      for (const [, label = ''] of legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g))
        if (found.some(({ metric }) => metric[label] === undefined)) wrong.push(`${title}: no label ${label}`);
    }
    expect(wrong).toEqual([]);
  });

  it('offer the instances to choose from', async () => {
    const offered: (readonly string[])[] = [];
    for (const { definition } of dashboard.templating.list) {
      const [, match, label] = /^label_values\((.+), (\w+)\)$/.exec(definition ?? '') ?? [];
      if (match !== undefined && label !== undefined) offered.push(await prometheus.labelValues(label, match));
    }
    expect(offered).toEqual([[programs.aggregator], [programs.agent]]);
  });
});
