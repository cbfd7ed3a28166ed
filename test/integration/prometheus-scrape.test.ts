import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/aggregators.js';
import { freePort } from '../support/free-port.js';
import { describeWith, installed } from '../support/installed.js';
import { endCommands, startCommandLine } from '../support/spawn-command.js';
import { makeZooKeeperFolder, removeFolder } from '../support/zookeeper-files.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

let folder: string;
let prometheus: ChildProcess | null = null;

beforeEach(() => {
  folder = makeZooKeeperFolder();
});

afterEach(async () => {
  if (prometheus !== null) {
    prometheus.kill('SIGKILL');
    await once(prometheus, 'exit');
    prometheus = null;
  }
  await endCommands();
  removeFolder(folder);
});

/** The HTTP addresses of an aggregator and of an agent that reports to it. */
async function startBoth(): Promise<readonly [string, string]> {
  const server = startCommandLine('hview-server', ['-addr', '127.0.0.1:0', '-http', '127.0.0.1:0', 'pano0']);
  const [line] = await server.waitForOutput(/.*the aggregator listens.*/);
  const { address, http } = JSON.parse(line) as { address: string; http: string };
  const agent = startCommandLine(
    'hview-logtail',
    [
      ...['-http', '127.0.0.1:0', '-metrics', '-server', address, '-state', 'state', '-stale=-1'],
      ...['-log', 'zookeeper.out', 'zookeeper', '--ensemble', 'zoo.cfg', '--myid', '1'],
    ],
    { cwd: folder },
  );
  const [, port = ''] = await agent.waitForOutput(/"http":"(127[^"]+)"/);
  return [http, port];
}

/** Resolves when the program has written the words to standard error. */
function said(program: ChildProcess, words: string): Promise<void> {
  let text = '';
  return new Promise((resolve) => {
    program.stderr?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.includes(words)) resolve();
    });
  });
}

describeWith('prometheus', 'promtool')('a real Prometheus', () => {
  it('scrapes aggregator and agent, and promtool finds nothing to complain of', async () => {
    const targets = await startBoth();
    for (const target of targets) {
      const input = await (await fetch(`http://${target}/metrics`)).text();
      const { status, stderr } = spawnSync(installed('promtool') ?? '', ['check', 'metrics'], { input });
      expect([target, status, String(stderr)]).toEqual([target, 0, '']);
    }
    const file = join(folder, 'prometheus.yml');
    const job = { job_name: 'hview', scrape_interval: '1s', static_configs: [{ targets }] };
    writeFileSync(file, JSON.stringify({ scrape_configs: [job] }));
    const own = `127.0.0.1:${await freePort()}`;
    prometheus = spawn(
      installed('prometheus') ?? '',
      [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=${own}`],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await said(prometheus, 'ready to receive');
    const values = (query: string): Promise<number[]> =>
      eventually(
        async () => {
          const answer = await fetch(`http://${own}/api/v1/query?query=${encodeURIComponent(query)}`);
          const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
          return data.result.map(({ value }) => Number(value[1]));
        },
        (found) => found.some((value) => value > 0),
      );
    expect(await values('up{job="hview"} > 0')).toContain(1);
    expect(await values('hview_reports_total{outcome="accepted"}')).toHaveLength(1);
    expect(await values('sum(hview_agent_delivered_total{outcome="accepted"})')).toHaveLength(1);
  });
});
