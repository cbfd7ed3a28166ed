import { afterEach, describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Status } from '../../protocol/model.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import type { AlertsConfig, ReceiverConfig } from '../../server/alerts/alerts-config.js';
import { NO_ALERTS, receiversOf } from '../../server/alerts/alerts-config.js';
import type { AlertCounts } from '../../server/alerts/alerts.js';
import { buildAlerts } from '../../server/alerts/build-alerts.js';
import { eventually } from '../support/aggregators.js';
import { TestAuthority } from '../support/certificates.js';
import { FakeVerdicts } from '../support/fake-verdicts.js';
import type { Behaviour } from '../support/http-receiver.js';
import { HttpReceiver } from '../support/http-receiver.js';

const undo: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function receiver(...parts: Parameters<typeof HttpReceiver.start>): Promise<HttpReceiver> {
  const started = await HttpReceiver.start(...parts);
  undo.push(() => started.stop());
  return started;
}

function hook(url: string, parts: Partial<ReceiverConfig> = {}): ReceiverConfig {
  const [config] = receiversOf(url, 'webhook');
  if (config === undefined) throw new Error('no receiver');
  return { ...config, ...parts };
}

function start(webhooks: readonly ReceiverConfig[], parts: Partial<AlertsConfig> = {}) {
  const verdicts = new FakeVerdicts();
  const alerts = buildAlerts({
    config: {
      ...NO_ALERTS,
      webhooks,
      damping: { forMs: 0, keepForMs: 0 },
      grouping: { waitMs: 0, intervalMs: 1, repeatMs: 3_600_000 },
      deadlineMs: 300,
      ...parts,
    },
    aggregator: 'pano0',
    pageUrl: '',
    verdicts,
    memory: { remember: () => undefined, forget: () => undefined },
    remembered: [],
    clock: systemClock,
    random: () => 0.99,
    logger: silentLogger,
  });
  alerts.start();
  undo.push(() => alerts.close());
  const say = (subject: string, status: Status): void =>
    verdicts.say(subject, [{ observer: 'peer@1', status }], systemClock.now());
  const counted = (isRight: (receivers: AlertCounts['receivers'][string]) => boolean) =>
    eventually(
      () => Promise.resolve(Object.values(alerts.counts().receivers)[0]),
      (counts) => counts !== undefined && isRight(counts),
    );
  return { say, counted, alerts };
}

function secretFile(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'hview-alerts-')), 'secret');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

describe('a webhook', () => {
  it('gets one body for a group, with the headers of its file and signed', async () => {
    const server = await receiver();
    const headersFile = secretFile('# for the gate\nAuthorization: Bearer abc\nX-Team: storage\n');
    const file = secretFile('0123456789abcdef\n');
    const { say } = start([hook(`${server.url}/in?key=1`, { headersFile, secretFile: file })]);
    say('peer@1', Status.DEAD);
    say('peer@2', Status.UNHEALTHY);
    await server.received(1);
    const [post] = server.posts;
    expect(post?.path).toBe('/in?key=1');
    expect(post?.headers).toMatchObject({
      authorization: 'Bearer abc',
      'x-team': 'storage',
      'content-type': 'application/json',
      'x-hview-signature': `sha256=${createHmac('sha256', '0123456789abcdef')
        .update(post?.body ?? '')
        .digest('hex')}`,
    });
    expect(JSON.parse(post?.body ?? '')).toMatchObject({
      version: '4',
      status: 'firing',
      receiver: 'hview',
      aggregator: 'pano0',
      groupKey: '{}:{system="ZooKeeper"}',
      groupLabels: { system: 'ZooKeeper' },
      commonLabels: { alertname: 'HviewSubjectSick', severity: 'critical', system: 'ZooKeeper' },
      truncatedAlerts: 0,
      alerts: [
        { status: 'firing', labels: { subject: 'peer@1' }, endsAt: '0001-01-01T00:00:00Z' },
        { status: 'firing', labels: { subject: 'peer@2' } },
      ],
    });
  });

  it('gets the headers that its file holds by then', async () => {
    const server = await receiver();
    const headersFile = secretFile('Authorization: Bearer old');
    const { say } = start([hook(server.url, { headersFile })]);
    say('peer@1', Status.DEAD);
    await server.received(1);
    writeFileSync(headersFile, 'Authorization: Bearer new');
    say('peer@1', Status.HEALTHY);
    await server.received(2);
    expect(server.posts.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  it.each<[string, Behaviour]>([
    ['does not answer', 'silence'],
    ['cuts the connection', 'reset'],
    ['answers half', 'half'],
    ['answers 503', 503],
  ])('that %s is tried again until it takes them, and nobody else waits for it', async (_, behaviour) => {
    const [bad, good] = [await receiver(), await receiver()];
    bad.behaviour = behaviour;
    const { say, counted } = start([hook(bad.url), hook(good.url)]);
    say('peer@1', Status.DEAD);
    await good.received(1);
    await counted(({ failed }) => failed >= 2);
    bad.behaviour = 200;
    expect(await counted(({ sent }) => sent === 1)).toMatchObject({ dropped: 0, waiting: 0 });
    expect(good.posts).toHaveLength(1);
  });

  it.each([301, 400, 401, 404])('that answers %d is not asked the same again at once', async (status) => {
    const server = await receiver();
    server.behaviour = status;
    const { say, counted } = start([hook(server.url)]);
    say('peer@1', Status.DEAD);
    await counted(({ failed }) => failed === 1);
    server.behaviour = 200;
    say('dn@1', Status.DEAD);
    await counted(({ sent }) => sent === 1);
    expect(server.posts).toHaveLength(2);
  });

  it('that is not there is told the newest when it comes', async () => {
    const gone = await receiver();
    const { port } = gone;
    await gone.stop();
    const { say, counted } = start([hook(`http://127.0.0.1:${port}`)]);
    say('peer@1', Status.DEAD);
    await counted(({ failed }) => failed >= 1);
    say('peer@2', Status.DEAD);
    const server = await receiver(port);
    await counted(({ sent }) => sent === 2);
    expect(server.posts).toHaveLength(1);
  });

  it('over TLS is believed when its certificate comes from the configured authority', async () => {
    const authority = await TestAuthority.create();
    const server = await receiver(0, await authority.issue('receiver'));
    const { say } = start([hook(server.url, { ca: authority.ca })]);
    say('peer@1', Status.DEAD);
    await server.received(1);
    const other = start([hook(server.url)]);
    other.say('peer@1', Status.DEAD);
    await other.counted(({ failed }) => failed >= 1);
    expect(server.posts).toHaveLength(1);
  });
});

describe('files with secrets', () => {
  it.each([
    ['that are open to all', 'Authorization: x', 0o644, 'is open to every user of this machine'],
    ['that hold no header', 'Bearer abc', 0o600, 'entry 1 is no header'],
  ])('%s are refused at the start', (_, text, mode, message) => {
    const headersFile = secretFile(text);
    chmodSync(headersFile, mode);
    expect(() => start([hook('http://127.0.0.1:1', { headersFile })])).toThrow(
      expect.objectContaining({ code: 'CREDENTIALS_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it('that are too short to sign with are refused at the start', () => {
    expect(() => start([hook('http://127.0.0.1:1', { secretFile: secretFile('short') })])).toThrow(
      expect.objectContaining({ code: 'CREDENTIALS_INVALID', message: expect.stringContaining('no secret') }),
    );
  });
});
