import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/aggregators.js';
import { describeWith, installed } from '../support/installed.js';
import { startObservedPrograms } from '../support/observed-programs.js';
import type { QueryResult, RunningPrometheus } from '../support/real-prometheus.js';
import { startPrometheus } from '../support/real-prometheus.js';
import { endCommands } from '../support/spawn-command.js';
import { makeZooKeeperFolder, removeFolder } from '../support/zookeeper-files.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

let folder: string;
let prometheus: RunningPrometheus | null = null;

beforeEach(() => {
  folder = makeZooKeeperFolder();
});

afterEach(async () => {
  await prometheus?.stop();
  prometheus = null;
  await endCommands();
  removeFolder(folder);
});

describeWith('prometheus', 'promtool')('a real Prometheus', () => {
  it('scrapes aggregator and agent, and promtool finds nothing to complain of', async () => {
    const { aggregator, agent } = await startObservedPrograms(folder);
    const targets = [aggregator, agent];
    for (const target of targets) {
      const input = await (await fetch(`http://${target}/metrics`)).text();
      const { status, stderr } = spawnSync(installed('promtool') ?? '', ['check', 'metrics'], { input });
      expect([target, status, String(stderr)]).toEqual([target, 0, '']);
    }
    const file = join(folder, 'prometheus.yml');
    const job = { job_name: 'hview', scrape_interval: '1s', static_configs: [{ targets }] };
    writeFileSync(file, JSON.stringify({ scrape_configs: [job] }));
    const running = await startPrometheus(folder, file);
    prometheus = running;
    const seen = (expression: string): Promise<readonly QueryResult[]> =>
      eventually(
        () => running.query(`${expression} > 0`),
        (found) => found.length > 0,
      );
    expect((await seen('up{job="hview"}')).length).toBeGreaterThan(0);
    expect(await seen('hview_reports_total{outcome="accepted"}')).toHaveLength(1);
    expect(await seen('sum(hview_agent_delivered_total{outcome="accepted"})')).toHaveLength(1);
  });
});
