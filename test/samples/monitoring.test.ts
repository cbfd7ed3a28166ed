import { afterEach, describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { Status, timestampFromMillis } from '../../protocol/model.js';
import { Metrics } from '../../runtime/metrics.js';
import { packageFile } from '../../runtime/package-root.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import { freePort } from '../support/free-port.js';
import { describeWith, installed } from '../support/installed.js';

const FOLDER = packageFile('samples', 'monitoring');
const run = promisify(execFile);
const undo: (() => unknown)[] = [];

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

/** What the dashboard has beyond what the others look at. */
interface Whole {
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly datasource?: unknown }[];
  };
  readonly panels: readonly (Omit<Panel, 'targets'> & {
    readonly datasource?: unknown;
    readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
    readonly panels?: readonly Panel[];
    readonly targets?: readonly {
      readonly expr: string;
      readonly refId: string;
      readonly datasource?: unknown;
    }[];
  })[];
}

/** Of those that Grafana knows, the ones that fit here. */
const UNITS: ReadonlySet<string> = new Set(['short', 's', 'bytes', 'Bps', 'reqps', 'percentunit']);

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const rules = (parse(read('hview-rules.yml')) as Rules).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('hview-dashboard.json')) as { readonly panels: readonly Panel[] };
const whole = JSON.parse(read('hview-dashboard.json')) as Whole;
const expressions = [
  ...rules.map(({ expr }) => expr),
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hview-monitoring-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Metrics that the documentation lists, which tests compare with the programs, and those of every process. */
async function exportedMetrics(): Promise<ReadonlySet<string>> {
  const listed = ['server', 'agent'].flatMap((room) =>
    [...readFileSync(packageFile(room, 'README.md'), 'utf8').matchAll(/`(hview_\w+)`/g)].map(
      ([, name]) => name,
    ),
  );
  const ofProcess = [...(await new Metrics().text()).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
  return new Set([...listed, ...ofProcess, 'up'].map((name) => name ?? ''));
}

describe('the rules and the dashboard', () => {
  it('speak only of metrics that there are', async () => {
    const named = expressions.flatMap((text) =>
      [...text.matchAll(/\b(?:hview|nodejs|process)_\w+/g)].map(([name]) => name.replace(/_(?:bucket|count|sum)$/, '')),
    );
    expect(named.length).toBeGreaterThan(30);
    const exported = await exportedMetrics();
    expect([...new Set(named)].filter((name) => !exported.has(name))).toEqual([]);
  });

  it('cover each rule with a test', () => {
    const tests = parse(read('hview-rules.test.yml')) as {
      readonly tests: readonly {
        readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: unknown[] }[];
      }[];
    };
    const fired = tests.tests
      .flatMap((test) => test.alert_rule_test)
      .filter((test) => test.exp_alerts.length > 0)
      .map((test) => test.alertname);
    expect([...new Set(fired)].sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  it('show each panel in a place of its own, with a title and what it means', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Map<string, string>();
    for (const { title, type, description, gridPos } of panels) {
      expect([title, type === 'row' || (description ?? '') !== '']).toEqual([expect.stringMatching(/./), true]);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([taken.get(`${x},${y}`), title]).toEqual([undefined, title]);
          taken.set(`${x},${y}`, title);
          expect(x).toBeLessThan(24);
        }
      }
    }
  });
});

describe('the dashboard', () => {
  it('is one that Grafana imports', () => {
    expect(whole).toMatchObject({
      uid: expect.stringMatching(/^[\w-]{1,40}$/),
      title: expect.stringMatching(/./),
      // Of Grafana 10; newer ones carry it over.
      schemaVersion: 38,
      time: { from: expect.stringMatching(/^now-/), to: 'now' },
    });
    // The number of a dashboard is its database's to give.
    expect(whole).not.toHaveProperty('id');
  });

  it('asks for the data source, and every panel and variable uses the one that was chosen', () => {
    const chosen = { type: 'prometheus', uid: '${datasource}' };
    const [first, ...others] = whole.templating.list;
    expect(first).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    expect(others.map(({ type, datasource }) => [type, datasource])).toEqual(
      others.map(() => ['query', chosen]),
    );
    for (const { title, type, datasource, targets = [] } of whole.panels) {
      const used = [datasource, ...targets.map((target) => target.datasource)];
      expect([title, ...used]).toEqual([title, ...used.map(() => (type === 'row' ? undefined : chosen))]);
    }
  });

  it('uses variables that there are, and tells queries of a panel apart', () => {
    const variables = ['__rate_interval', ...whole.templating.list.map(({ name }) => name)];
    for (const { title, targets = [] } of whole.panels) {
      const used = targets.flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name ?? ''));
      expect([title, used.filter((name) => !variables.includes(name))]).toEqual([title, []]);
      expect([title, new Set(targets.map(({ refId }) => refId)).size]).toEqual([title, targets.length]);
    }
  });

  it('has panels of kinds that come with Grafana, with a unit, a query and room; open rows hold none', () => {
    for (const { title, type, fieldConfig, targets = [], panels, gridPos } of whole.panels) {
      if (type === 'row') {
        expect([title, targets, panels, gridPos.w, gridPos.h]).toEqual([title, [], [], 24, 1]);
        continue;
      }
      expect([title, ['stat', 'timeseries'].includes(type), targets.length > 0]).toEqual([title, true, true]);
      expect([title, UNITS.has(fieldConfig?.defaults.unit ?? '')]).toEqual([title, true]);
      expect([title, gridPos.w >= 4 && gridPos.h >= 4]).toEqual([title, true]);
    }
  });
});

describeWith('promtool')('promtool', () => {
  it('finds the configuration and the rules in order', async () => {
    const { stdout } = await run('promtool', ['check', 'config', 'prometheus.yml'], { cwd: FOLDER });
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it('finds that the rules do what they are to do', async () => {
    const { stdout } = await run('promtool', ['test', 'rules', 'hview-rules.test.yml'], { cwd: FOLDER });
    expect(stdout).toContain('SUCCESS');
  });

  it('understands every expression of the dashboard', async () => {
    const file = join(temporaryFolder(), 'panels.yml');
    const records = expressions.map((expr, index) => ({
      record: `panel_${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, 'x'),
    }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: records }] }));
    const { stdout } = await run('promtool', ['check', 'rules', file]);
    expect(stdout).toContain(`SUCCESS: ${records.length} rules found`);
  });
});

describeWith('amtool')('amtool', () => {
  it('finds the configuration in order', async () => {
    const { stdout } = await run('amtool', ['check-config', 'alertmanager.yml'], { cwd: FOLDER });
    expect(stdout).toContain('SUCCESS');
  });

  it.each([
    [['alertname=HviewSubjectSick', 'severity=critical', 'system=ZooKeeper'], 'pager'],
    [['alertname=HviewSubjectSick', 'severity=warning'], 'chat'],
    [['alertname=HviewTest', 'severity=critical'], 'chat'],
    [['alertname=HviewAggregatorDown', 'severity=critical'], 'pager'],
  ])('routes %j to the %s', async (labels, receiver) => {
    const words = ['config', 'routes', 'test', '--config.file=alertmanager.yml', ...labels];
    expect((await run('amtool', words, { cwd: FOLDER })).stdout.trim()).toBe(receiver);
  });
});

describeWith('prometheus')('a real Prometheus with this configuration', () => {
  it('scrapes an aggregator and evaluates the rules over what it says', async () => {
    const running = await runAggregator({ httpAddress: '127.0.0.1:0' });
    undo.push(() => running.stop());
    const handle = await running.client.register({ module: 'test', observer: 'peer@1' });
    const time = timestampFromMillis(Date.now());
    const metrics = [{ name: 'link', status: Status.DEAD, score: 0 }];
    await running.client.submitReport(handle, {
      observer: 'peer@1',
      subject: 'peer@2',
      observation: { time, metrics },
    });
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'hview-rules.yml'), read('hview-rules.yml'));
    const port = running.aggregator.httpAddress?.port ?? 0;
    const config = read('prometheus.yml').replace('localhost:6680', `127.0.0.1:${port}`).replaceAll('15s', '1s');
    writeFileSync(join(folder, 'prometheus.yml'), config);
    const url = `http://127.0.0.1:${await freePort()}`;
    const words = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
    const prometheus = spawn(
      installed('prometheus') ?? '',
      [...words, `--web.listen-address=${url.slice('http://'.length)}`, '--log.level=error'],
      { stdio: 'ignore' },
    );
    undo.push(async () => {
      prometheus.kill('SIGKILL');
      await once(prometheus, 'exit');
    });
    const ask = async (path: string): Promise<string> => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      try {
        return await (await fetch(url + path)).text();
      } catch {
        throw new Error('it has not started yet');
      }
    };
    const pending = await eventually(
      () => ask('/api/v1/alerts'),
      (answer) => answer.includes('HviewSubjectsSickForLong'),
    );
    const { data } = JSON.parse(pending) as {
      readonly data: { readonly alerts: readonly { readonly labels: object; readonly state: string }[] };
    };
    expect(data.alerts).toContainEqual(
      expect.objectContaining({
        labels: {
          alertname: 'HviewSubjectsSickForLong',
          instance: `127.0.0.1:${port}`,
          job: 'hview-aggregator',
          severity: 'warning',
        },
        state: 'pending',
      }),
    );
  });
});
