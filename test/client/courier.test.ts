import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeDestination } from '../support/fake-destination.js';
import type { ReporterRig } from '../support/reporter-rig.js';
import { reporterRig } from '../support/reporter-rig.js';

/** One statement on each of several metrics of a subject. */
function sayAll(rig: ReporterRig, metrics: readonly string[], subject = 'db@1'): void {
  for (const metric of metrics) rig.health.report(subject, metric, 'DEAD', 1);
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`);
const metricsOf = (rig: ReporterRig): string[] =>
  rig.destination.said.map((text) => text.split(' ')[1] ?? '');

describe.each(['batches', 'single reports'])('an aggregator that takes %s', (kind) => {
  const rigged = (): ReporterRig => {
    const rig = reporterRig();
    rig.destination.hasBatches = kind === 'batches';
    return rig;
  };

  it('gets everything in order', async () => {
    const rig = rigged();
    sayAll(rig, names(1000));
    await rig.pass(1000);
    expect(metricsOf(rig)).toEqual(names(1000));
    expect(rig.health.counts()).toMatchObject({
      mode: kind === 'batches' ? 'batch' : 'single',
      delivered: 1000,
    });
  });

  it('gets what was said while it was away, when it is back', async () => {
    const rig = rigged();
    sayAll(rig, ['before']);
    await rig.settle();
    rig.destination.failure = 'UNREACHABLE';
    sayAll(rig, ['during']);
    await rig.pass(30_000);
    sayAll(rig, ['later']);
    await rig.pass(30_000);
    expect(rig.health.counts()).toMatchObject({
      mode: 'unknown',
      waiting: 2,
      awaySinceMs: 1_700_000_000_000,
    });
    expect(rig.problems).toEqual(['aggregator-away: as told: UNREACHABLE']);
    rig.destination.failure = null;
    await rig.pass(10_000);
    expect(metricsOf(rig)).toEqual(['before', 'during', 'later']);
    expect(rig.health.counts()).toMatchObject({ waiting: 0, delivered: 3, awaySinceMs: null });
  });

  it('is not sent again what it will not take, and gets the rest', async () => {
    const rig = rigged();
    rig.destination.invalid.add('m3');
    sayAll(rig, names(8));
    await rig.pass(60_000);
    expect(metricsOf(rig).sort()).toEqual(names(8).filter((name) => name !== 'm3'));
    expect(rig.health.counts()).toMatchObject({ refused: 1, delivered: 7, waiting: 0 });
    expect(rig.problems.filter((text) => text.startsWith('refused'))).toEqual([
      'refused: an observation on db@1 (m3) is not taken: as told: REQUEST_INVALID',
    ]);
  });

  it('is spared, in the end, what it fails on', async () => {
    const rig = rigged();
    rig.destination.poison.add('m2');
    sayAll(rig, names(5));
    await rig.pass(300_000);
    expect(metricsOf(rig).sort()).toEqual(['m0', 'm1', 'm3', 'm4']);
    expect(rig.health.counts()).toMatchObject({ refused: 1, waiting: 0 });
  });

  it('loses nothing by failing on everything for a while', async () => {
    const rig = rigged();
    rig.destination.failure = 'REMOTE_FAILED';
    sayAll(rig, names(20));
    await rig.pass(120_000);
    rig.destination.failure = null;
    await rig.pass(20_000);
    expect(metricsOf(rig)).toEqual(names(20));
  });
});

describe('an aggregator with batches', () => {
  it('is sent again, by the same ids, what it took without an answer', async () => {
    const rig = reporterRig();
    rig.destination.losesAnswer = true;
    sayAll(rig, names(10));
    await rig.pass(1000);
    expect(rig.destination.batches.slice(0, 2)).toEqual([10, 5]);
    expect(metricsOf(rig)).toEqual(names(10));
    expect(rig.health.counts()).toMatchObject({ delivered: 10, waiting: 0 });
  });

  it('names what it refuses, and gets the rest at the first attempt', async () => {
    const rig = reporterRig();
    rig.destination.refused.add('m1');
    sayAll(rig, names(3));
    await rig.settle();
    expect(rig.destination.batches).toEqual([3]);
    expect(metricsOf(rig)).toEqual(['m0', 'm2']);
    expect(rig.problems).toEqual(['refused: an observation on db@1 (m1) is not taken: it is not wanted']);
  });

  it('gets less at a time when it is overloaded, and more again when it takes that', async () => {
    const rig = reporterRig();
    await rig.settle();
    rig.destination.capacity = 100;
    sayAll(rig, names(400));
    await rig.pass(10_000);
    expect(metricsOf(rig)).toEqual(names(400));
    rig.destination.capacity = Infinity;
    sayAll(rig, names(400));
    sayAll(rig, names(400), 'db@2');
    await rig.pass(10_000);
    expect(rig.destination.said).toHaveLength(1200);
    expect(Math.max(...rig.destination.batches.slice(-3))).toBeGreaterThan(100);
  });

  it('gets no larger batch than it says it takes', async () => {
    const destination = new FakeDestination();
    destination.maxObservations = 7;
    const rig = reporterRig({}, destination);
    sayAll(rig, names(20));
    await rig.settle();
    expect(rig.destination.batches).toEqual([7, 7, 6]);
  });

  it('that does not take anything, though it answers, is asked ever less often', async () => {
    const rig = reporterRig();
    await rig.settle();
    rig.destination.submitFailure = 'UNREACHABLE';
    sayAll(rig, ['m']);
    await rig.pass(600_000);
    // Six attempts while the pauses grow, then one in ten seconds.
    expect(rig.destination.batches.length).toBeLessThan(70);
    expect(rig.health.counts()).toMatchObject({ waiting: 1, delivered: 0 });
  });

  it('may be replaced by one without, and the other way round', async () => {
    const rig = reporterRig();
    sayAll(rig, ['a']);
    await rig.settle();
    rig.destination.hasBatches = false;
    sayAll(rig, ['b']);
    await rig.settle();
    expect(rig.health.counts().mode).toBe('single');
    rig.destination.failure = 'UNREACHABLE';
    sayAll(rig, ['c']);
    await rig.settle();
    Object.assign(rig.destination, { hasBatches: true, failure: null });
    await rig.pass(1000);
    expect(rig.health.counts().mode).toBe('batch');
    expect(metricsOf(rig)).toEqual(['a', 'b', 'c']);
  });
});

describe('an aggregator without batches', () => {
  it('gets several reports at once, but those on one subject one after the other', async () => {
    const rig = reporterRig();
    rig.destination.hasBatches = false;
    await rig.settle();
    sayAll(rig, names(10), 'db@1');
    await rig.settle();
    expect(rig.destination.mostAtOnce).toBe(1);
    for (let number = 0; number < 100; number += 1) rig.health.report(`db@${number}`, 'm', 'DEAD');
    await rig.settle();
    expect(rig.destination.mostAtOnce).toBe(32);
    expect(rig.destination.said).toHaveLength(110);
  });

  it('that has forgotten its registrations gets them again', async () => {
    const rig = reporterRig();
    rig.destination.hasBatches = false;
    sayAll(rig, ['a']);
    await rig.settle();
    rig.destination.forgetHandles();
    sayAll(rig, ['b']);
    await rig.pass(1000);
    expect(metricsOf(rig)).toEqual(['a', 'b']);
    expect(rig.destination.registered).toEqual(['shop cart@1', 'shop cart@1']);
  });
});

describe('memory', () => {
  /** What a program may do to its reporter, and its aggregator to it. */
  const deeds = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('report'), a: fc.nat(40), b: fc.nat(6) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('pending'), a: fc.nat(60), b: fc.nat(500) }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constantFrom('clear', 'fail'), a: fc.nat(60), b: fc.nat() }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), a: fc.nat(30_000), b: fc.nat() }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constantFrom('away', 'back'), a: fc.nat(), b: fc.nat() }),
      },
    ),
    { maxLength: 150 },
  );
  const statuses = ['HEALTHY', 'NA', 'PENDING', 'MAYBE_UNHEALTHY', 'UNHEALTHY', 'DYING', 'DEAD'] as const;

  it('is bounded whatever is reported while the aggregator comes and goes, and everything is accounted for', async () => {
    await fc.assert(
      fc.asyncProperty(deeds, fc.boolean(), async (acts, hasBatches) => {
        const rig = reporterRig({ maxWaiting: 8, maxTracked: 10 });
        rig.destination.hasBatches = hasBatches;
        for (const { kind, a, b } of acts) {
          if (kind === 'report') rig.health.report(`s${a}`, 'm', statuses[b] ?? 'DEAD', b);
          if (kind === 'pending') rig.health.pending(`s${a % 7}`, 'm', a, { withinMs: b + 1 });
          if (kind === 'clear') rig.health.clear(a);
          if (kind === 'fail') rig.health.fail(a);
          if (kind === 'pass') await rig.pass(a);
          if (kind === 'away') rig.destination.failure = b % 2 === 0 ? 'UNREACHABLE' : 'OVERLOADED';
          if (kind === 'back') rig.destination.failure = null;
          const counts = rig.health.counts();
          // One batch is out of the outbox; of this aggregator no larger than the outbox.
          expect(counts.waiting).toBeLessThanOrEqual(16);
          expect(counts.pendingRequests + counts.overdueRequests).toBeLessThanOrEqual(10);
          const { delivered, refused, dropped, waiting, observations } = counts;
          expect(delivered + refused + dropped + waiting).toBe(observations);
          // Requests, periods, a pause, a limit.
          expect(rig.clock.pendingTimers).toBeLessThanOrEqual(13);
        }
        rig.destination.failure = null;
        await rig.pass(60_000);
        const { delivered, dropped, waiting, observations, pendingRequests } = rig.health.counts();
        expect([waiting, pendingRequests]).toEqual([0, 0]);
        expect(delivered + dropped).toBe(observations);
        expect(rig.destination.said).toHaveLength(delivered);
      }),
      { numRuns: 60 },
    );
  });

  it('holds the last word on each subject through an absence, for as many subjects as there is room', async () => {
    const rig = reporterRig({ maxWaiting: 100 });
    await rig.settle();
    rig.destination.failure = 'UNREACHABLE';
    for (let round = 0; round < 1000; round += 1) {
      rig.health.report(`s${round % 50}`, 'm', round < 500 ? 'DEAD' : 'UNHEALTHY', round / 10);
      if (round % 100 === 0) await rig.pass(1000);
    }
    rig.destination.failure = null;
    await rig.pass(10_000);
    const last = new Map(rig.destination.said.map((text) => [text.split(' ')[0], text]));
    for (let subject = 0; subject < 50; subject += 1) {
      expect(last.get(`s${subject}`)).toBe(`s${subject} m UNHEALTHY ${(950 + subject) / 10}`);
    }
    expect(rig.problems.some((text) => text.startsWith('queue-full'))).toBe(true);
  });
});
