import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HealthClient } from '../../protocol/health-client.js';
import type { Status } from '../../protocol/model.js';
import { Status as Statuses, timestampFromMillis } from '../../protocol/model.js';
import { eventually } from '../support/aggregators.js';
import { freePort } from '../support/free-port.js';
import { HttpReceiver } from '../support/http-receiver.js';
import type { RunningCommand } from '../support/spawn-command.js';
import { endCommands } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';

interface Told {
  readonly status: string;
  readonly aggregator: string;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  }[];
}

let receiver: HttpReceiver;
let folder: string;
let words: string[];
let client: HealthClient | null = null;

beforeEach(async () => {
  receiver = await HttpReceiver.start();
  folder = mkdtempSync(join(tmpdir(), 'hview-alerts-'));
  const config = join(folder, 'hs.cfg');
  const address = `127.0.0.1:${await freePort()}`;
  writeFileSync(
    config,
    JSON.stringify({
      ...{ Id: 'pano0', Peers: { pano0: address }, DBFile: join(folder, 'hview.db') },
      Alerts: { For: 0, KeepFor: 0, GroupWait: 0, GroupInterval: '1s', Labels: { cluster: 'east' } },
    }),
  );
  words = ['-config', config, '-webhook', `${receiver.url}/hook`];
});

afterEach(async () => {
  client?.close();
  client = null;
  await endCommands();
  await receiver.stop();
});

async function start(): Promise<RunningCommand> {
  const { command, address } = await startServer(words);
  client?.close();
  client = new HealthClient({ target: address, deadlineMs: 5000 });
  return command;
}

async function say(subject: string, status: Status): Promise<void> {
  const handle = (await client?.register({ module: 'test', observer: 'peer@1' })) ?? 0;
  const metrics = [{ name: 'link', status, score: status === Statuses.HEALTHY ? 100 : 10 }];
  const time = timestampFromMillis(Date.now());
  await client?.submitReport(handle, { observer: 'peer@1', subject, observation: { time, metrics } });
}

const told = (): Told[] => receiver.posts.map(({ body }) => JSON.parse(body) as Told);

function toldOf(subject: string, status: string): Promise<unknown> {
  const isIt = ({ labels, status: its }: Told['alerts'][number]): boolean =>
    labels['subject'] === subject && its === status;
  return eventually(
    () => Promise.resolve(told()),
    (all) => all.some(({ alerts }) => alerts.some(isIt)),
  );
}

function remembered(): string[] {
  const database = new Database(join(folder, 'hview.db'), { readonly: true });
  const rows = database.prepare('SELECT alert FROM told_alerts').all() as { readonly alert: string }[];
  database.close();
  return rows.map(({ alert }) => (JSON.parse(alert) as Told['alerts'][number]).labels['subject'] ?? '');
}

describe('hview-server with a webhook', () => {
  it('tells it of a subject that falls sick and recovers', async () => {
    const command = await start();
    await say('peer@3', Statuses.DEAD);
    await toldOf('peer@3', 'firing');
    expect(told()[0]).toMatchObject({
      aggregator: 'pano0',
      alerts: [
        {
          labels: { alertname: 'HviewSubjectSick', cluster: 'east', subject: 'peer@3', system: 'ZooKeeper' },
          annotations: { summary: 'peer@3 is DEAD: link', reason: 'peer@1 says DEAD', aggregator: 'pano0' },
        },
      ],
    });
    await say('peer@3', Statuses.HEALTHY);
    await toldOf('peer@3', 'resolved');
    await eventually(
      () => Promise.resolve(remembered()),
      (subjects) => subjects.length === 0,
    );
    command.kill('SIGUSR2');
    await command.waitForOutput(/"alerts":\{"standing":0,"pending":0,"overlooked":0,"receivers":\{"webhook/);
  });

  it('that was killed tells again what stands, and what is over meanwhile', async () => {
    const command = await start();
    await say('peer@3', Statuses.DEAD);
    await say('peer@4', Statuses.DEAD);
    await toldOf('peer@3', 'firing');
    await toldOf('peer@4', 'firing');
    await eventually(
      () => Promise.resolve(remembered().sort()),
      (subjects) => subjects.join() === 'peer@3,peer@4',
    );
    // It recovers, and nobody hears of it any more.
    receiver.behaviour = 503;
    await say('peer@4', Statuses.HEALTHY);
    command.kill('SIGKILL');
    await command.exited;
    receiver.posts.splice(0);
    receiver.behaviour = 200;
    await start();
    await toldOf('peer@4', 'resolved');
    await toldOf('peer@3', 'firing');
    await eventually(
      () => Promise.resolve(remembered()),
      (subjects) => subjects.join() === 'peer@3',
    );
  });
});
