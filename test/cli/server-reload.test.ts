import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HealthClient } from '../../protocol/health-client.js';
import { Status, timestampFromMillis } from '../../protocol/model.js';
import { eventually } from '../support/aggregators.js';
import { freePort } from '../support/free-port.js';
import { HttpReceiver } from '../support/http-receiver.js';
import { endCommands } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';
import { removeFolder } from '../support/zookeeper-files.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-reload-'));
});
afterEach(async () => {
  await endCommands();
  removeFolder(folder);
});

describe('hview-server on SIGHUP', () => {
  it('takes over what it can, says what needs a new start, and keeps the old where the new is wrong', async () => {
    const own = `localhost:${await freePort()}`;
    const file = join(folder, 'hs.cfg');
    const write = (more: object): void =>
      writeFileSync(file, JSON.stringify({ Addr: own, Id: 'pano0', Peers: { pano0: own }, ...more }));
    write({ Subjects: ['peer@1'] });
    const { command, address } = await startServer(['-config', file]);
    const client = new HealthClient({ target: address });
    const subjects = async (): Promise<string[]> => [...(await client.getObservedSubjects()).keys()].sort();
    try {
      write({ Subjects: ['peer@1', 'peer@2'], FilterSubmission: true, GCConfig: { Enable: true } });
      command.kill('SIGHUP');
      await command.waitForOutput(/"changed":\["Subjects","GCConfig"\]/);
      await command.waitForOutput(/"needsRestart":\["FilterSubmission"\]/);
      expect(await subjects()).toEqual(['peer@1', 'peer@2']);

      writeFileSync(file, '{');
      command.kill('SIGHUP');
      await command.waitForOutput(/"code":"CONFIG_INVALID".*the old one stays/);
      expect(await subjects()).toEqual(['peer@1', 'peer@2']);

      command.kill('SIGTERM');
      expect((await command.exited).code).toBe(0);
    } finally {
      client.close();
    }
  });

  it('tells new receivers of what stands, and the old kind of alert that it is over', async () => {
    const receiver = await HttpReceiver.start();
    const own = `localhost:${await freePort()}`;
    const file = join(folder, 'hs.cfg');
    const write = (alerts: object): void =>
      writeFileSync(file, JSON.stringify({ Addr: own, Id: 'pano0', Peers: { pano0: own }, Alerts: alerts }));
    const alertsTo = (cluster: string): object => ({
      ...{ Webhooks: [`${receiver.url}/hook`], For: 0, KeepFor: 0, GroupWait: 0, GroupInterval: '1s' },
      Labels: { cluster },
    });
    write({});
    const { command, address } = await startServer(['-config', file]);
    const client = new HealthClient({ target: address });
    const isTold = (status: string, cluster: string) =>
      eventually(
        () => Promise.resolve(receiver.posts.map(({ body }) => body)),
        (bodies) =>
          bodies.some(
            (body) => body.includes(`"status":"${status}"`) && body.includes(`"cluster":"${cluster}"`),
          ),
      );
    try {
      const handle = await client.register({ module: 'test', observer: 'peer@1' });
      const metrics = [{ name: 'link', status: Status.DEAD, score: 0 }];
      const observation = { time: timestampFromMillis(Date.now()), metrics };
      await client.submitReport(handle, { observer: 'peer@1', subject: 'peer@2', observation });

      write(alertsTo('east'));
      command.kill('SIGHUP');
      await command.waitForOutput(/"changed":\["Alerts"\]/);
      await isTold('firing', 'east');

      write(alertsTo('west'));
      command.kill('SIGHUP');
      await isTold('firing', 'west');
      await isTold('resolved', 'east');
    } finally {
      client.close();
      await receiver.stop();
    }
  });
});
