import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Status } from '../../../protocol/model.js';
import { silentLogger } from '../../../runtime/logger.js';
import type { Alert } from '../../../server/alerts/alert.js';
import { AlertmanagerReceiver } from '../../../server/alerts/alertmanager-receiver.js';
import { Alerts } from '../../../server/alerts/alerts.js';
import type { SendResult, Sender } from '../../../server/alerts/sender.js';
import { WebhookReceiver } from '../../../server/alerts/webhook-receiver.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { FakeVerdicts } from '../../support/fake-verdicts.js';

/** How the network treats a request: it may arrive although its sender hears that it failed. */
type Weather = 'good' | 'lost' | 'unanswered' | 'refused';

type Step =
  | { readonly kind: 'say'; readonly subject: number; readonly status: Status }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'weather'; readonly weather: Weather }
  | { readonly kind: 'restart' };

const STATUSES = [Status.HEALTHY, Status.MAYBE_UNHEALTHY, Status.UNHEALTHY, Status.DEAD] as const;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('say' as const),
      subject: fc.nat(3),
      status: fc.constantFrom(...STATUSES),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 50 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('weather' as const),
      weather: fc.constantFrom<Weather>('good', 'lost', 'unanswered', 'refused'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

interface Arrived {
  readonly labels: Readonly<Record<string, string>>;
  readonly endsAt: string;
  readonly status?: string;
}

/** What a receiver knows from what has arrived: the names of alerts, and until when they stand. */
class Knowledge {
  readonly standsUntilMs = new Map<string, number>();

  hear(body: string): void {
    const message = JSON.parse(body) as readonly Arrived[] | { readonly alerts: readonly Arrived[] };
    const alerts = 'alerts' in message ? message.alerts : message;
    for (const { labels, endsAt, status } of alerts) {
      const name = `${labels['subject'] ?? ''} ${labels['severity'] ?? ''}`;
      this.standsUntilMs.set(name, status === 'firing' ? Infinity : Date.parse(endsAt));
    }
  }

  standing(nowMs: number): string[] {
    return [...this.standsUntilMs]
      .filter(([, untilMs]) => untilMs > nowMs)
      .map(([name]) => name)
      .sort();
  }
}

class World {
  readonly clock = new FakeClock();
  readonly verdicts = new FakeVerdicts();
  readonly memory = new Map<string, Alert>();
  readonly alertmanager = new Knowledge();
  readonly webhook = new Knowledge();
  readonly said = new Map<string, Status>();
  weather: Weather = 'good';
  #alerts = this.#start();

  async take(next: Step): Promise<void> {
    switch (next.kind) {
      case 'say': {
        const subject = `peer@${next.subject}`;
        this.said.set(subject, next.status);
        this.verdicts.say(subject, [{ observer: 'o', status: next.status }], this.clock.now());
        break;
      }
      case 'pass':
        await this.pass(next.seconds);
        break;
      case 'weather':
        this.weather = next.weather;
        break;
      case 'restart':
        this.#alerts.close();
        this.#alerts = this.#start();
        break;
    }
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.clock.advance(1000);
      await settle();
    }
  }

  /** What has to be known when nothing has changed for long. */
  expected(): string[] {
    return [...this.said]
      .filter(([, status]) => status >= Status.MAYBE_UNHEALTHY)
      .map(([subject, status]) => `${subject} ${status >= Status.UNHEALTHY ? 'critical' : 'warning'}`)
      .sort();
  }

  #start(): Alerts {
    const { clock, memory } = this;
    const common = { clock, random: () => 0, logger: silentLogger };
    const alerts = new Alerts({
      verdicts: this.verdicts,
      setting: { aggregator: 'pano0', labels: {}, pageUrl: '' },
      unit: 'subject',
      minStatus: Status.MAYBE_UNHEALTHY,
      damping: { forMs: 10_000, keepForMs: 20_000 },
      resendMs: 60_000,
      receivers: [
        new AlertmanagerReceiver({
          ...{ sender: this.#sender(this.alertmanager), resendMs: 60_000, restartMs: 20_000 },
          ...common,
        }),
        new WebhookReceiver({
          sender: this.#sender(this.webhook),
          grouping: { waitMs: 5000, intervalMs: 30_000, repeatMs: 600_000 },
          ...{ groupBy: ['system'], aggregator: 'pano0', pageUrl: '' },
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
    });
    alerts.start();
    return alerts;
  }

  #sender(knowledge: Knowledge): Sender {
    return {
      name: 'sender',
      send: (body): Promise<SendResult> => {
        const { weather } = this;
        if (weather === 'good' || weather === 'unanswered') knowledge.hear(body);
        if (weather === 'good') return Promise.resolve({ kind: 'taken' });
        if (weather === 'refused') return Promise.resolve({ kind: 'refused', reason: 'answers 400' });
        return Promise.resolve({ kind: 'failed', reason: weather, retryAfterMs: 0 });
      },
      close: () => undefined,
    };
  }
}

describe('whatever subjects, network and restarts do', () => {
  it('receivers know in the end who is sick and how badly, and only that is remembered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        for (const next of steps) await world.take(next);
        world.weather = 'good';
        // Longer than a refused group rests.
        await world.pass(400);
        expect(world.alertmanager.standing(world.clock.now())).toEqual(world.expected());
        expect(world.webhook.standing(world.clock.now())).toEqual(world.expected());
        const remembered = [...world.memory.values()].map(
          ({ labels }) => `${labels['subject'] ?? ''} ${labels['severity'] ?? ''}`,
        );
        expect(remembered.sort()).toEqual(world.expected());
      }),
      { numRuns: 150 },
    );
  });
});
