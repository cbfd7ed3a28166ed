import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Status } from '../../protocol/model.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import type { AlertsConfig } from '../../server/alerts/alerts-config.js';
import { NO_ALERTS, receiversOf } from '../../server/alerts/alerts-config.js';
import { buildAlerts } from '../../server/alerts/build-alerts.js';
import { eventually } from '../support/aggregators.js';
import { RunningAlertmanager } from '../support/alertmanager.js';
import { FakeVerdicts, evidence } from '../support/fake-verdicts.js';
import { HttpReceiver } from '../support/http-receiver.js';
import { describeWith } from '../support/installed.js';

const undo: (() => void)[] = [];
let alertmanagers: RunningAlertmanager[] = [];
let receiver: HttpReceiver;

interface Notification {
  readonly status: string;
  readonly alerts: readonly { readonly status: string; readonly labels: Record<string, string> }[];
}

function start(aggregator = 'pano0', parts: Partial<AlertsConfig> = {}): FakeVerdicts {
  const verdicts = new FakeVerdicts();
  const alerts = buildAlerts({
    config: {
      ...NO_ALERTS,
      alertmanagers: alertmanagers.flatMap(({ url }) => receiversOf(url, 'alertmanager')),
      damping: { forMs: 0, keepForMs: 0 },
      ...parts,
    },
    aggregator,
    pageUrl: 'http://localhost:8080/',
    verdicts,
    memory: { remember: () => undefined, forget: () => undefined },
    remembered: [],
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
  });
  alerts.start();
  undo.push(() => alerts.close());
  return verdicts;
}

function say(verdicts: FakeVerdicts, subject: string, status: Status): void {
  verdicts.say(subject, [{ observer: 'peer@1', status, evidence: evidence() }], systemClock.now());
}

/** Labels of the subjects that stand at an Alertmanager. */
async function standing(at: RunningAlertmanager | undefined, prefix: string): Promise<string[]> {
  const alerts = (await at?.alerts()) ?? [];
  return alerts
    .map(({ labels }) => labels['subject'] ?? '')
    .filter((subject) => subject.startsWith(prefix))
    .sort();
}

describeWith('prometheus-alertmanager')('a real Alertmanager', () => {
  beforeAll(async () => {
    receiver = await HttpReceiver.start();
    const config = `
route:
  receiver: test
  group_by: [system]
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: test
    webhook_configs:
      - url: ${receiver.url}
        send_resolved: true
`;
    alertmanagers = [await RunningAlertmanager.start(config), await RunningAlertmanager.start(config)];
  });

  afterEach(() => {
    for (const step of undo.splice(0)) step();
  });

  afterAll(async () => {
    for (const alertmanager of alertmanagers) await alertmanager.stop();
    await receiver.stop();
  });

  it('shows an alert with its labels, its reasons and where to see more', async () => {
    const verdicts = start();
    const sinceMs = systemClock.now() - 60_000;
    verdicts.say('peer@11', [{ observer: 'peer@2', status: Status.DEAD, evidence: evidence() }], sinceMs);
    const alerts = await eventually(
      async () => (await alertmanagers[0]?.alerts()) ?? [],
      (shown) => shown.length > 0,
    );
    expect(alerts).toMatchObject([
      {
        labels: {
          alertname: 'HviewSubjectSick',
          severity: 'critical',
          subject: 'peer@11',
          system: 'ZooKeeper',
        },
        annotations: {
          summary: 'peer@11 is DEAD: link',
          reason: 'peer@2 says DEAD',
          evidence: expect.stringContaining(evidence().line),
          why: evidence().why,
          aggregator: 'pano0',
        },
        generatorURL: 'http://localhost:8080/#subject=peer%4011',
        status: { state: 'active' },
      },
    ]);
    expect(Date.parse(alerts[0]?.startsAt ?? '')).toBe(sinceMs);
    say(verdicts, 'peer@11', Status.HEALTHY);
    await eventually(
      () => standing(alertmanagers[0], 'peer@11'),
      (left) => left.length === 0,
    );
  });

  it('groups them by system, tells its receivers, and tells them when one is over', async () => {
    const verdicts = start();
    for (const subject of ['peer@21', 'peer@22', 'dn@21']) say(verdicts, subject, Status.UNHEALTHY);
    const groups = await eventually(
      async () => (await alertmanagers[0]?.groups()) ?? [],
      (shown) => shown.flatMap(({ alerts }) => alerts).length === 3,
    );
    expect(
      groups
        .map((group) => [group.labels['system'], group.alerts.map(({ labels }) => labels['subject']).sort()])
        .sort(),
    ).toEqual([
      ['HDFS', ['dn@21']],
      ['ZooKeeper', ['peer@21', 'peer@22']],
    ]);
    const heard = (status: string, subject: string) =>
      eventually(
        () => Promise.resolve(receiver.posts.map(({ body }) => JSON.parse(body) as Notification)),
        (told) =>
          told.some(({ alerts }) =>
            alerts.some((alert) => alert.status === status && alert.labels['subject'] === subject),
          ),
      );
    await heard('firing', 'peer@22');
    say(verdicts, 'peer@22', Status.HEALTHY);
    await heard('resolved', 'peer@22');
    expect(await standing(alertmanagers[0], 'peer@2')).toEqual(['peer@21']);
    for (const subject of ['peer@21', 'dn@21']) say(verdicts, subject, Status.HEALTHY);
    await eventually(
      () => standing(alertmanagers[0], ''),
      (left) => left.length === 0,
    );
  });

  it('takes what several aggregators say of a subject as one alert, and all of a cluster hear of it', async () => {
    const [first, second] = [start('pano0'), start('pano1')];
    say(first, 'peer@31', Status.DEAD);
    say(second, 'peer@31', Status.UNHEALTHY);
    say(second, 'peer@32', Status.DEAD);
    for (const alertmanager of alertmanagers) {
      expect(
        await eventually(
          () => standing(alertmanager, 'peer@3'),
          (subjects) => subjects.includes('peer@32') && subjects.includes('peer@31'),
        ),
      ).toEqual(['peer@31', 'peer@32']);
    }
    for (const verdicts of [first, second]) say(verdicts, 'peer@31', Status.HEALTHY);
    say(second, 'peer@32', Status.HEALTHY);
    for (const alertmanager of alertmanagers) {
      await eventually(
        () => standing(alertmanager, 'peer@3'),
        (left) => left.length === 0,
      );
    }
  });

  it('does not take an alert for over while the aggregator repeats it, and does when it hears no more', async () => {
    const verdicts = start('pano0', { resendMs: 500 });
    say(verdicts, 'peer@41', Status.DEAD);
    const [shown] = await eventually(
      async () => (await alertmanagers[1]?.alerts()) ?? [],
      (alerts) => alerts.length === 1,
    );
    const firstEnd = shown?.endsAt ?? '';
    await eventually(
      async () => (await alertmanagers[1]?.alerts()) ?? [],
      ([alert]) => Date.parse(alert?.endsAt ?? '') > Date.parse(firstEnd) + 2000,
    );
    for (const step of undo.splice(0)) step();
    await eventually(
      () => standing(alertmanagers[1], 'peer@41'),
      (left) => left.length === 0,
    );
  });
});
