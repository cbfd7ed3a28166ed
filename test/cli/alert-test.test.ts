import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpReceiver } from '../support/http-receiver.js';
import { runCommandLine } from '../support/spawn-command.js';

let receiver: HttpReceiver;

beforeEach(async () => {
  receiver = await HttpReceiver.start();
});
afterEach(() => receiver.stop());

const bodies = (): unknown[] => receiver.posts.map(({ body }) => JSON.parse(body) as unknown);

describe('hview-server -alert_test', () => {
  it('sends every receiver an alert that means nothing and says what they make of it', async () => {
    const { url, port } = receiver;
    const words = ['-alert_test', '-alertmanager', url, '-webhook', `${url}/hook,${url}/other`, 'pano0'];
    const { code, stdout } = await runCommandLine('hview-server', words);
    const host = `127.0.0.1:${port}`;
    expect(stdout).toBe(
      `alertmanager ${host}: took it\nwebhook ${host}: took it\nwebhook ${host} (2): took it\n`,
    );
    expect(code).toBe(0);
    expect(receiver.posts.map(({ path }) => path)).toEqual([
      '/api/v2/alerts',
      ...['/hook', '/hook', '/other', '/other'],
    ]);
    expect(bodies()).toMatchObject([
      [{ labels: { alertname: 'HviewTest', severity: 'warning' }, annotations: { aggregator: 'pano0' } }],
      { status: 'firing', alerts: [{ labels: { alertname: 'HviewTest' } }] },
      { status: 'resolved' },
      { status: 'firing' },
      { status: 'resolved' },
    ]);
  });

  it('takes the receivers of the configuration, and ends with 1 when one refuses', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'hview-alert-test-')), 'hs.cfg');
    const alerts = { Webhooks: [receiver.url], Labels: { cluster: 'east' } };
    writeFileSync(file, JSON.stringify({ Id: 'a', Peers: { a: 'localhost:6688' }, Alerts: alerts }));
    receiver.behaviour = 404;
    const { code, stdout } = await runCommandLine('hview-server', ['-config', file, '-alert_test']);
    expect(stdout).toBe(`webhook 127.0.0.1:${receiver.port}: answers 404: so it is\n`);
    expect(code).toBe(1);
    expect(bodies()[0]).toMatchObject({ commonLabels: { cluster: 'east', subject: 'test@hview' } });
  });

  it('says so when nobody is to be told', async () => {
    const { code, stderr } = await runCommandLine('hview-server', ['-alert_test', 'pano0']);
    expect(stderr).toContain('nobody is to be told of alerts\nGive -alertmanager URL or -webhook URL');
    expect(code).toBe(1);
  });
});
