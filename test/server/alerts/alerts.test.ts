import { describe, expect, it } from '@jest/globals';
import { Status } from '../../../protocol/model.js';
import { silentLogger } from '../../../runtime/logger.js';
import type { Alert } from '../../../server/alerts/alert.js';
import { AlertmanagerReceiver } from '../../../server/alerts/alertmanager-receiver.js';
import type { AlertsOptions } from '../../../server/alerts/alerts.js';
import { Alerts } from '../../../server/alerts/alerts.js';
import { WebhookReceiver } from '../../../server/alerts/webhook-receiver.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { FakeSender } from '../../support/fake-sender.js';
import { FakeVerdicts, evidence } from '../../support/fake-verdicts.js';

interface Posted {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

interface Told {
  readonly status: string;
  readonly reason: string;
  readonly groupLabels: Record<string, string>;
  readonly alerts: readonly (Posted & { readonly status: string })[];
}

const SETTING = { aggregator: 'pano0', labels: {}, pageUrl: '' };

/** Alerts over verdicts that a test sets, with one Alertmanager and one webhook, on a clock that stands. */
class Rig {
  readonly clock: FakeClock;
  readonly verdicts: FakeVerdicts;
  readonly alertmanager = new FakeSender('am');
  readonly webhook = new FakeSender('hook');
  readonly memory: Map<string, Alert>;
  readonly alerts: Alerts;

  constructor(parts: Partial<AlertsOptions> = {}, before?: Rig) {
    this.clock = before?.clock ?? new FakeClock();
    this.verdicts = before?.verdicts ?? new FakeVerdicts();
    this.memory = before?.memory ?? new Map<string, Alert>();
    const { clock, memory } = this;
    const common = { clock, random: () => 0, logger: silentLogger };
    this.alerts = new Alerts({
      verdicts: this.verdicts,
      setting: SETTING,
      unit: 'subject',
      minStatus: Status.UNHEALTHY,
      damping: { forMs: 10_000, keepForMs: 30_000 },
      resendMs: 60_000,
      receivers: [
        new AlertmanagerReceiver({
          sender: this.alertmanager,
          resendMs: 60_000,
          restartMs: 30_000,
          ...common,
        }),
        new WebhookReceiver({
          sender: this.webhook,
          grouping: { waitMs: 10_000, intervalMs: 60_000, repeatMs: 3_600_000 },
          groupBy: ['system'],
          aggregator: 'pano0',
          pageUrl: '',
          ...common,
        }),
      ],
      memory: {
        remember: (alert) => void memory.set(alert.key, alert),
        forget: (key) => void memory.delete(key),
      },
      remembered: [...memory.values()],
      clock,
      logger: silentLogger,
      ...parts,
    });
    this.alerts.start();
  }

  say(subject: string, status: Status, metric = 'link'): void {
    this.verdicts.say(subject, [{ observer: 'peer@1', status, metric }], this.clock.now());
  }

  /** Second by second, as what is sent is answered only when the event loop comes round. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.clock.advance(1000);
      await settle();
    }
  }

  /** What the Alertmanager was sent since the last call. */
  posted(): Posted[] {
    return (this.alertmanager.bodies.splice(0) as Posted[][]).flat();
  }

  told(): Told[] {
    return this.webhook.bodies.splice(0) as Told[];
  }
}

function named(posted: readonly { readonly labels: Record<string, string> }[]): string[] {
  return posted.map(({ labels }) => `${labels['subject'] ?? ''} ${labels['severity'] ?? ''}`);
}

describe('a subject that falls sick', () => {
  it('is told of when it has been sick for as long as configured, and not before', async () => {
    const rig = new Rig();
    rig.say('peer@3', Status.UNHEALTHY);
    await rig.pass(9);
    expect(rig.posted()).toEqual([]);
    expect(rig.alerts.counts()).toMatchObject({ standing: 0, pending: 1 });
    await rig.pass(3);
    expect(named(rig.posted())).toEqual(['peer@3 critical']);
    expect(rig.alerts.counts()).toMatchObject({ standing: 1, pending: 0 });
  });

  it('is described by labels that stay and annotations that explain', async () => {
    const rig = new Rig({ setting: { ...SETTING, labels: { cluster: 'east' }, pageUrl: 'http://hview/' } });
    const shown = evidence({
      line: 'ERROR\tgone\u0007',
      path: '/var/log/zk.log',
      offset: 77,
      why: 'It hurts.',
    });
    rig.verdicts.say(
      'peer@3',
      [
        { observer: 'peer@1', status: Status.DEAD, evidence: shown },
        { observer: 'peer@2', status: Status.HEALTHY },
      ],
      rig.clock.now() - 5000,
    );
    const began = rig.clock.now() - 5000;
    await rig.pass(12);
    const [alert] = rig.posted();
    expect(alert).toEqual({
      labels: {
        alertname: 'HviewSubjectSick',
        cluster: 'east',
        severity: 'critical',
        subject: 'peer@3',
        system: 'ZooKeeper',
      },
      annotations: {
        summary: 'peer@3 is DEAD: link',
        reason: 'peer@1 says DEAD, peer@2 says HEALTHY',
        evidence: 'host1:/var/log/zk.log at byte 77: ERROR gone',
        why: 'It hurts.',
        rule: shown.rule,
        status: 'DEAD',
        score: '2',
        metrics: 'link',
        aggregator: 'pano0',
      },
      startsAt: new Date(began).toISOString(),
      endsAt: expect.stringMatching(/Z$/),
      generatorURL: 'http://hview/#subject=peer%403',
    });
  });

  it('is told of the webhook once with all that fall sick within the wait', async () => {
    const rig = new Rig();
    rig.say('peer@1', Status.UNHEALTHY);
    await rig.pass(5);
    rig.say('peer@2', Status.DEAD);
    rig.say('dn@a:9866', Status.DEAD);
    await rig.pass(40);
    const told = rig.told();
    expect(told.map(({ groupLabels, reason }) => [groupLabels, reason])).toEqual([
      [{ system: 'ZooKeeper' }, 'first'],
      [{ system: 'HDFS' }, 'first'],
    ]);
    expect(named(told[0]?.alerts ?? [])).toEqual(['peer@1 critical', 'peer@2 critical']);
  });

  it('whose clock is ahead is told of as sick since now', async () => {
    const rig = new Rig();
    const now = rig.clock.now();
    rig.verdicts.say('peer@3', [{ observer: 'peer@1', status: Status.DEAD }], now + 3_600_000);
    await rig.pass(12);
    const [alert] = rig.posted();
    expect(Date.parse(alert?.startsAt ?? '')).toBeLessThan(now + 1000);
  });

  it('is not told of below the least status', async () => {
    const rig = new Rig();
    rig.say('peer@3', Status.MAYBE_UNHEALTHY);
    await rig.pass(100);
    expect(rig.posted()).toEqual([]);
  });

  it('has an alert for each metric where that is asked for', async () => {
    const rig = new Rig({ unit: 'metric' });
    rig.verdicts.say(
      'peer@3',
      [
        { observer: 'peer@1', status: Status.DEAD, metric: 'link' },
        { observer: 'peer@1', status: Status.UNHEALTHY, metric: 'disk' },
        { observer: 'peer@1', status: Status.HEALTHY, metric: 'memory' },
      ],
      rig.clock.now(),
    );
    await rig.pass(12);
    expect(rig.posted().map(({ labels }) => labels['metric'])).toEqual(['link', 'disk']);
  });
});

describe('a subject that recovers', () => {
  it('is told of as over since it recovered, once it has been well for a while', async () => {
    const rig = new Rig();
    rig.say('peer@3', Status.UNHEALTHY);
    await rig.pass(25);
    rig.posted();
    expect(rig.told()).toHaveLength(1);
    rig.say('peer@3', Status.HEALTHY);
    const wellMs = rig.clock.now();
    await rig.pass(28);
    const now = rig.clock.now();
    expect(rig.posted().filter(({ endsAt }) => Date.parse(endsAt) <= now)).toEqual([]);
    await rig.pass(5);
    const [over] = rig.posted();
    expect(over?.labels['subject']).toBe('peer@3');
    expect(Date.parse(over?.endsAt ?? '') - wellMs).toBeLessThanOrEqual(1000);
    await rig.pass(60);
    const [told] = rig.told();
    expect(told).toMatchObject({ status: 'resolved', reason: 'changed', alerts: [{ status: 'resolved' }] });
    expect(rig.memory.size).toBe(0);
    expect(rig.alerts.counts()).toMatchObject({ standing: 0, pending: 0 });
  });

  it('in time was never told of', async () => {
    const rig = new Rig();
    rig.say('peer@3', Status.DEAD);
    await rig.pass(5);
    rig.say('peer@3', Status.HEALTHY);
    await rig.pass(200);
    expect(rig.posted()).toEqual([]);
    expect(rig.told()).toEqual([]);
  });

  it('is over too when nothing is known of it any more', async () => {
    const rig = new Rig();
    const verdicts = rig.verdicts;
    rig.say('peer@3', Status.DEAD);
    await rig.pass(12);
    rig.posted();
    verdicts.forget('peer@3');
    await rig.pass(100);
    const last = rig.posted().at(-1);
    expect(Date.parse(last?.endsAt ?? '')).toBeLessThan(rig.clock.now());
  });
});

describe('a subject that flaps', () => {
  it('is told of once and stays told of until it has been quiet', async () => {
    const rig = new Rig();
    for (let round = 0; round < 20; round += 1) {
      rig.say('peer@3', Status.UNHEALTHY);
      await rig.pass(3);
      rig.say('peer@3', Status.HEALTHY);
      await rig.pass(3);
    }
    const posted = rig.posted();
    expect(posted.length).toBeGreaterThan(0);
    expect(posted.every(({ endsAt }) => Date.parse(endsAt) > rig.clock.now())).toBe(true);
    expect(rig.told().map(({ status, reason }) => [status, reason])).toEqual([['firing', 'first']]);
    await rig.pass(90);
    expect(rig.told().map(({ status }) => status)).toEqual(['resolved']);
  });

  it('between severe and mild has the severe alert until it has been mild for a while', async () => {
    const rig = new Rig({ minStatus: Status.MAYBE_UNHEALTHY });
    rig.say('peer@3', Status.MAYBE_UNHEALTHY);
    await rig.pass(12);
    expect(named(rig.posted())).toEqual(['peer@3 warning']);
    rig.say('peer@3', Status.DEAD);
    await rig.pass(12);
    const now = rig.clock.now();
    expect(rig.posted().map(({ labels, endsAt }) => [labels['severity'], Date.parse(endsAt) > now])).toEqual([
      ['warning', true],
      ['warning', false],
      ['critical', true],
    ]);
    rig.say('peer@3', Status.MAYBE_UNHEALTHY);
    await rig.pass(20);
    rig.say('peer@3', Status.DEAD);
    await rig.pass(5);
    expect(new Set(named(rig.posted()))).toEqual(new Set(['peer@3 critical']));
    rig.say('peer@3', Status.MAYBE_UNHEALTHY);
    await rig.pass(33);
    expect(named(rig.posted()).slice(-2)).toEqual(['peer@3 critical', 'peer@3 warning']);
  });
});

describe('an alert that stands', () => {
  it('is sent to Alertmanager again and again, each time with a later end', async () => {
    const rig = new Rig();
    rig.say('peer@3', Status.DEAD);
    await rig.pass(200);
    const ends = rig.posted().map(({ endsAt }) => Date.parse(endsAt));
    expect(ends.length).toBeGreaterThanOrEqual(4);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    expect(ends.at(-1)).toBeGreaterThan(rig.clock.now() + 180_000);
  });

  it('is told of the webhook again only after the time for that', async () => {
    const rig = new Rig();
    rig.say('peer@3', Status.DEAD);
    await rig.pass(3500);
    expect(rig.told()).toHaveLength(1);
    await rig.pass(150);
    expect(rig.told()).toMatchObject([{ reason: 'repeated', alerts: [{ status: 'firing' }] }]);
  });

  it('takes along what joins its group, after the interval', async () => {
    const rig = new Rig();
    rig.say('peer@1', Status.DEAD);
    await rig.pass(25);
    rig.told();
    rig.say('peer@2', Status.DEAD);
    await rig.pass(30);
    expect(rig.told()).toEqual([]);
    await rig.pass(40);
    const [told] = rig.told();
    expect(told?.reason).toBe('changed');
    expect(named(told?.alerts ?? [])).toEqual(['peer@1 critical', 'peer@2 critical']);
  });
});

describe('a receiver that is away', () => {
  it('is told the newest state of each subject when it is back, and nobody else waits for it', async () => {
    const rig = new Rig();
    rig.alertmanager.answer = { kind: 'failed', reason: 'away', retryAfterMs: 0 };
    rig.say('peer@1', Status.DEAD);
    rig.say('peer@2', Status.DEAD);
    await rig.pass(30);
    rig.say('peer@1', Status.HEALTHY);
    await rig.pass(60);
    expect(rig.told().length).toBeGreaterThan(0);
    expect(rig.memory.size).toBe(2);
    rig.posted();
    rig.alertmanager.answer = { kind: 'taken' };
    await rig.pass(61);
    const now = rig.clock.now();
    const first = rig.posted().slice(0, 2);
    expect(new Map(first.map(({ labels, endsAt }) => [labels['subject'], Date.parse(endsAt) > now]))).toEqual(
      new Map([
        ['peer@1', false],
        ['peer@2', true],
      ]),
    );
    expect(rig.memory.size).toBe(1);
    const { am } = rig.alerts.counts().receivers;
    expect(am?.failed).toBeGreaterThan(2);
    expect(am).toMatchObject({ dropped: 0, waiting: 0 });
  });

  it('is asked less and less often', async () => {
    const rig = new Rig();
    rig.alertmanager.answer = { kind: 'failed', reason: 'away', retryAfterMs: 0 };
    rig.say('peer@1', Status.DEAD);
    await rig.pass(71);
    // At 10 s, then 1, 2, 4, 8, 16 and 32 s later.
    expect(rig.alerts.counts().receivers['am']?.failed).toBe(6);
  });

  it('is left alone for as long as it asks for', async () => {
    const rig = new Rig();
    rig.alertmanager.answer = { kind: 'failed', reason: 'answers 429', retryAfterMs: 120_000 };
    rig.say('peer@1', Status.DEAD);
    await rig.pass(125);
    expect(rig.alerts.counts().receivers['am']?.failed).toBe(1);
  });

  it('and comes back after all is over is told that it is over if it may have heard of it', async () => {
    const rig = new Rig();
    rig.webhook.answer = null;
    rig.say('peer@1', Status.DEAD);
    await rig.pass(25);
    expect(rig.told()).toHaveLength(1);
    rig.say('peer@1', Status.HEALTHY);
    await rig.pass(60);
    expect(rig.memory.size).toBe(1);
    rig.webhook.answer = { kind: 'taken' };
    await rig.webhook.finish({ kind: 'failed', reason: 'no answer', retryAfterMs: 0 });
    await rig.pass(5);
    expect(rig.told()).toMatchObject([{ status: 'resolved', alerts: [{ status: 'resolved' }] }]);
    expect(rig.memory.size).toBe(0);
  });

  it('that refuses a group is sent it again after five minutes, and other groups at once', async () => {
    const rig = new Rig();
    rig.webhook.answer = { kind: 'refused', reason: 'answers 400' };
    rig.say('peer@1', Status.DEAD);
    await rig.pass(25);
    expect(rig.told()).toHaveLength(1);
    rig.webhook.answer = { kind: 'taken' };
    rig.say('dn@1', Status.DEAD);
    await rig.pass(60);
    expect(rig.told().map(({ groupLabels }) => groupLabels['system'])).toEqual(['HDFS']);
    await rig.pass(240);
    expect(rig.told().map(({ groupLabels }) => groupLabels['system'])).toEqual(['ZooKeeper']);
    expect(rig.alerts.counts().receivers['hook']).toMatchObject({ failed: 1, dropped: 0, sent: 2 });
  });
});

describe('after a restart', () => {
  it('what stands is sent again and what was not told yet waits anew', async () => {
    const before = new Rig();
    before.say('peer@1', Status.DEAD);
    await before.pass(25);
    before.say('peer@2', Status.DEAD);
    await before.pass(5);
    before.alerts.close();
    const rig = new Rig({}, before);
    await rig.pass(2);
    expect(named(rig.posted())).toEqual(['peer@1 critical']);
    await rig.pass(25);
    expect(named(rig.posted())).toEqual(['peer@2 critical']);
    const [told] = rig.told();
    expect(told).toMatchObject({ status: 'firing', reason: 'first' });
    expect(named(told?.alerts ?? [])).toContain('peer@1 critical');
  });

  it('what is over meanwhile is told to be over', async () => {
    const before = new Rig();
    before.say('peer@1', Status.DEAD);
    await before.pass(25);
    before.alerts.close();
    before.verdicts.say('peer@1', [{ observer: 'peer@2', status: Status.HEALTHY }], before.clock.now());
    const rig = new Rig({}, before);
    await rig.pass(45);
    expect(rig.told()).toMatchObject([{ status: 'resolved', alerts: [{ labels: { subject: 'peer@1' } }] }]);
    expect(rig.posted().some(({ endsAt }) => Date.parse(endsAt) <= rig.clock.now())).toBe(true);
    expect(rig.memory.size).toBe(0);
  });

  it('with other labels the alert of the old ones is over and one of the new ones stands', async () => {
    const before = new Rig();
    before.say('peer@1', Status.DEAD);
    await before.pass(25);
    before.alerts.close();
    const rig = new Rig({ setting: { ...SETTING, labels: { cluster: 'east' } } }, before);
    await rig.pass(2);
    const now = rig.clock.now();
    expect(rig.posted().map(({ labels, endsAt }) => [labels['cluster'], Date.parse(endsAt) > now])).toEqual([
      [undefined, false],
      ['east', true],
    ]);
    await rig.pass(20);
    expect([...rig.memory.values()].map(({ labels }) => labels['cluster'])).toEqual(['east']);
  });
});

describe('very many sick subjects', () => {
  it('are looked at some at a time, sent in batches, and no more than fit are kept', async () => {
    const rig = new Rig();
    for (let number = 0; number < 10_050; number += 1) rig.say(`peer@${number}`, Status.DEAD);
    rig.alertmanager.answer = null;
    await rig.pass(15);
    expect(rig.alerts.counts()).toMatchObject({ standing: 10_000, overlooked: 50 });
    expect(rig.alertmanager.bodies).toHaveLength(1);
    expect((rig.alertmanager.bodies[0] as unknown[]).length).toBeLessThanOrEqual(100);
    expect(rig.alerts.counts().receivers['am']).toMatchObject({ waiting: 10_000, dropped: 0 });
  });
});

describe('stopping', () => {
  it('watches and waits no longer', () => {
    const rig = new Rig();
    rig.say('peer@1', Status.DEAD);
    rig.alerts.close();
    expect(rig.verdicts.watchers).toBe(0);
    expect(rig.clock.pendingTimers).toBe(0);
    expect(rig.alertmanager.isClosed && rig.webhook.isClosed).toBe(true);
  });
});
