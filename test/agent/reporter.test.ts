import { describe, expect, it } from '@jest/globals';
import type { Delivery, ReportSink } from '../../agent/reporter.js';
import { Reporter } from '../../agent/reporter.js';
import type { Intake, Registration } from '../../protocol/health-service.js';
import type { Report } from '../../protocol/model.js';
import { HviewError } from '../../runtime/errors.js';
import { silentLogger } from '../../runtime/logger.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { finding } from '../support/findings.js';

/** An aggregator that answers only when told to. */
class ScriptedSink implements ReportSink {
  readonly target = 'test:1';
  readonly registered: string[] = [];
  readonly received: { handle: number; report: Report; answer: (outcome: Intake | HviewError) => void }[] =
    [];
  /** Thrown by each call for as long as it is set. */
  trouble: HviewError | null = null;
  #nextHandle = 10001;

  register({ module, observer }: Registration): Promise<number> {
    if (this.trouble !== null) return Promise.reject(this.trouble);
    this.registered.push(`${module} ${observer}`);
    return Promise.resolve(this.#nextHandle++);
  }

  submitReport(handle: number, report: Report): Promise<Intake> {
    if (this.trouble !== null) return Promise.reject(this.trouble);
    return new Promise((resolve, reject) => {
      this.received.push({
        handle,
        report,
        answer: (outcome) => (outcome instanceof HviewError ? reject(outcome) : resolve(outcome)),
      });
    });
  }

  get scores(): number[] {
    return this.received.map(({ report }) => report.observation.metrics[0]?.score ?? NaN);
  }
}

function setUp(parts: { queueLength?: number; inFlight?: number; giveUpAfterMs?: number } = {}) {
  const sink = new ScriptedSink();
  const clock = new FakeClock();
  const deliveries: Delivery[] = [];
  const reporter = new Reporter({
    sink,
    module: 'ZooKeeper',
    clock,
    random: () => 0,
    logger: silentLogger,
    queueLength: parts.queueLength ?? 100,
    inFlight: parts.inFlight ?? 8,
    giveUpAfterMs: parts.giveUpAfterMs ?? Infinity,
    onDelivered: (_, delivery) => deliveries.push(delivery),
  });
  return { sink, clock, reporter, deliveries };
}

const AWAY = new HviewError('UNREACHABLE', 'nobody listens');

describe('delivering findings', () => {
  it('registers the observer once and submits under its handle', async () => {
    const { sink, reporter, deliveries } = setUp();
    await reporter.deliver(finding({ subject: 'peer@2' }));
    await reporter.deliver(finding({ subject: 'peer@3' }));
    await settle();
    expect(sink.registered).toEqual(['ZooKeeper peer@1']);
    expect(sink.received.map(({ handle }) => handle)).toEqual([10001, 10001]);
    for (const { answer } of sink.received) answer('accepted');
    await reporter.drain();
    expect(deliveries).toEqual(['accepted', 'accepted']);
  });

  it('sends findings on one subject one after the other and others beside them', async () => {
    const { sink, reporter } = setUp();
    await reporter.deliver(finding({ subject: 'peer@2', score: 1 }));
    await reporter.deliver(finding({ subject: 'peer@2', score: 2 }));
    await reporter.deliver(finding({ subject: 'peer@3', score: 3 }));
    await settle();
    expect(sink.scores).toEqual([1, 3]);
    sink.received[0]?.answer('accepted');
    await settle();
    expect(sink.scores).toEqual([1, 3, 2]);
  });

  it('has no more calls under way than it may', async () => {
    const { sink, reporter } = setUp({ inFlight: 2 });
    for (let subject = 0; subject < 5; subject += 1) {
      await reporter.deliver(finding({ subject: `peer@${subject}`, score: subject }));
    }
    await settle();
    expect(sink.scores).toEqual([0, 1]);
    sink.received[1]?.answer('accepted');
    await settle();
    expect(sink.scores).toEqual([0, 1, 2]);
  });

  it('holds up the caller while the queue is full', async () => {
    const { sink, reporter } = setUp({ queueLength: 2 });
    await reporter.deliver(finding({ subject: 'peer@2' }));
    let accepted = false;
    const second = reporter.deliver(finding({ subject: 'peer@3' })).then(() => (accepted = true));
    await settle();
    expect(accepted).toBe(false);
    sink.received[0]?.answer('accepted');
    await second;
    expect(accepted).toBe(true);
  });
});

describe('an aggregator that is away', () => {
  it('gets everything in order once it is back', async () => {
    const { sink, clock, reporter, deliveries } = setUp();
    sink.trouble = AWAY;
    await reporter.deliver(finding({ score: 1 }));
    await reporter.deliver(finding({ score: 2 }));
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await settle();
      clock.advance(10_000);
    }
    await settle();
    expect(sink.received).toEqual([]);
    sink.trouble = null;
    clock.advance(10_000);
    await settle();
    sink.received[0]?.answer('accepted');
    await settle();
    sink.received[1]?.answer('accepted');
    await reporter.drain();
    expect(sink.scores).toEqual([1, 2]);
    expect(deliveries).toEqual(['accepted', 'accepted']);
  });

  it('is asked again after pauses that double up to ten seconds', async () => {
    const { sink, clock, reporter } = setUp();
    const attempts: number[] = [];
    sink.register = () => {
      attempts.push(clock.now());
      return Promise.reject(AWAY);
    };
    await reporter.deliver(finding());
    for (let step = 0; step < 700; step += 1) {
      await settle();
      clock.advance(100);
    }
    const pauses = attempts.slice(1).map((time, index) => time - (attempts[index] ?? 0));
    expect(pauses.slice(0, 8)).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });

  it('is given up after the time set for that, and says why', async () => {
    const { sink, clock, reporter, deliveries } = setUp({ giveUpAfterMs: 1000 });
    sink.trouble = AWAY;
    await reporter.deliver(finding());
    for (let step = 0; step < 20; step += 1) {
      await settle();
      clock.advance(200);
    }
    await expect(reporter.drain()).rejects.toBe(AWAY);
    expect(deliveries).toEqual(['given-up']);
  });
});

describe('an aggregator that refuses', () => {
  it('is registered with anew when it has forgotten the handle', async () => {
    const { sink, reporter, deliveries } = setUp();
    await reporter.deliver(finding());
    await settle();
    sink.received[0]?.answer(new HviewError('REQUEST_INVALID', 'Invalid submission handle'));
    await settle();
    expect(sink.registered).toHaveLength(2);
    expect(sink.received[1]?.handle).toBe(10002);
    sink.received[1]?.answer('accepted');
    await reporter.drain();
    expect(deliveries).toEqual(['accepted']);
  });

  it('does not hold up the reports behind the refused one', async () => {
    const { sink, reporter, deliveries } = setUp();
    await reporter.deliver(finding({ score: 1 }));
    await reporter.deliver(finding({ score: 2 }));
    await settle();
    sink.received[0]?.answer(new HviewError('REQUEST_INVALID', 'observation.metrics: a score is NaN'));
    await settle();
    sink.received[1]?.answer('accepted');
    await reporter.drain();
    expect(deliveries).toEqual(['refused', 'accepted']);
  });
});
