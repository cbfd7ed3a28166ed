import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { packageFile } from '../../runtime/package-root.js';
import { eventually } from '../support/aggregators.js';
import { endCommands, startCommandLine } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';
import { LOG, makeZooKeeperFolder, removeFolder } from '../support/zookeeper-files.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = makeZooKeeperFolder();
});
afterEach(async () => {
  await endCommands();
  removeFolder(folder);
});

/** The address of the port of an agent that reports to `server`. */
async function startAgent(server: string): Promise<string> {
  const agent = startCommandLine(
    'hview-logtail',
    [
      ...[
        '-http',
        '127.0.0.1:0',
        '-metrics',
        '-server',
        server,
        '-state',
        'state',
        '-tz',
        'UTC',
        '-stale=-1',
      ],
      ...['-log', 'zookeeper.out', 'zookeeper', '--ensemble', 'zoo.cfg', '--myid', '1'],
    ],
    { cwd: folder },
  );
  const [, address = ''] = await agent.waitForOutput(/"http":"(127[^"]+)"/);
  return `http://${address}`;
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

describe('hview-logtail -metrics', () => {
  it('tells what was read, found and delivered', async () => {
    const { address } = await startServer();
    const port = await startAgent(address);
    const text = await eventually(
      () => textOf(`${port}/metrics`),
      (answer) => /^hview_agent_delivered_total\{outcome="accepted"\} [1-9]/m.test(answer),
    );
    const size = Buffer.byteLength(LOG);
    const path = `${folder}/zookeeper.out`;
    const lines = text.split('\n');
    expect(lines).toContain(`hview_agent_bytes_read_total{source="log"} ${size}`);
    expect(lines).toContain(`hview_agent_log_size_bytes{source="log",path="${path}"} ${size}`);
    expect(lines).toContain(`hview_agent_log_unreadable{source="log",path="${path}"} 0`);
    expect(lines).toContain('hview_agent_aggregator_away_seconds 0');
    expect(lines).toContain('hview_agent_logs{source="log",state="open"} 1');
    expect(text).toMatch(/^hview_agent_findings_total\{rule="[\w-]+",status="\w+"\} \d/m);
    expect(text).toMatch(/^hview_agent_delivery_latency_seconds_count [1-9]/m);
  });

  it('has the metrics that the documentation lists, and no other', async () => {
    const text = await textOf(`${await startAgent('127.0.0.1:1')}/metrics`);
    const told = [...text.matchAll(/^# TYPE (hview_\w+)/gm)].map(([, name]) => name ?? '');
    const readme = readFileSync(packageFile('agent', 'README.md'), 'utf8');
    const [, section = ''] = /^## Metrics\n([\s\S]*)/m.exec(readme) ?? [];
    const listed = [...section.matchAll(/`(hview_agent_\w+)`/g)].map(([, name]) => name ?? '');
    expect(told.sort()).toEqual(listed.sort());
  });
});
