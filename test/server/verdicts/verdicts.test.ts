import { describe, expect, it } from '@jest/globals';
import { Status, timestampFromMillis } from '../../../protocol/model.js';
import type { Evidence, VerdictChange } from '../../../protocol/verdict.js';
import { ALGORITHMS } from '../../../server/inference/algorithms.js';
import type { AlgorithmName } from '../../../server/inference/algorithms.js';
import { Inferences } from '../../../server/inference/inferences.js';
import { ReportStore } from '../../../server/store/report-store.js';
import { AggregatorVerdicts } from '../../../server/verdicts/aggregator-verdicts.js';
import type { Standing } from '../../../server/verdicts/standing.js';
import { evidence } from '../../support/fake-verdicts.js';
import { FakeClock, settle } from '../../support/fake-clock.js';

const START_MS = 1_700_000_000_000;

/** Seconds after the start as a time. */
const second = (seconds: number): number => START_MS + seconds * 1000;

/** Store, inferences and verdicts as an aggregator connects them; the clock is an hour ahead of the logs. */
class Rig {
  readonly store = new ReportStore();
  readonly inferences: Inferences;
  readonly verdicts: AggregatorVerdicts;
  readonly saved: [subject: string, standing: Standing | null, change: VerdictChange | null][] = [];
  /** Settles what is saved. */
  onSave: () => Promise<void> = () => Promise.resolve();

  constructor(algorithm: AlgorithmName = 'weighted', clock = new FakeClock(second(3600))) {
    this.inferences = new Inferences({
      algorithm: ALGORITHMS[algorithm],
      panorama: (subject) => this.store.panorama(subject),
      onChange: (inference) => this.verdicts.inferred(inference),
      onEnd: (subject) => this.verdicts.ended(subject),
    });
    this.verdicts = new AggregatorVerdicts({
      algorithm,
      panorama: (subject) => this.store.panorama(subject),
      inferences: this.inferences,
      save: (...saved) => {
        this.saved.push(saved);
        return this.onSave();
      },
      clock,
    });
  }

  /** `10 peer@1 -> peer@2 Link UNHEALTHY`, one statement a line. The word of each is its own evidence. */
  async say(...lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      this.take(line);
      this.inferences.settle();
    }
    await settle();
  }

  take(line: string, from: Evidence | null = evidence({ line })): void {
    const [, seconds, observer = '', subject = '', name = '', status = ''] =
      /^(\d+) (\S+) -> (\S+) (\S+) (\S+)$/.exec(line) ?? [];
    const observation = {
      time: timestampFromMillis(second(Number(seconds))),
      metrics: [{ name, status: Status[status as keyof typeof Status], score: 20 }],
    };
    this.store.add({ observer, subject, observation });
    this.verdicts.reported({ observer, subject, observation }, from);
    this.inferences.mark(subject, observer);
  }

  /** `peer@2 HEALTHY UNHEALTHY 10` for each change: subject, before, after, seconds. */
  get changes(): string[] {
    const name = (status: number): string => Object.keys(Status)[status] ?? '';
    return this.verdicts
      .history({ limit: 100 })
      .map(
        ({ subject, before, after, timeMs }) =>
          `${subject} ${name(before)} ${name(after)} ${(timeMs - START_MS) / 1000}`,
      );
  }
}

describe('the verdict on a subject', () => {
  it('says the worst status, since when, in which metrics, and who says so', async () => {
    const rig = new Rig();
    await rig.say(
      '1 peer@1 -> peer@2 Link HEALTHY',
      '2 peer@3 -> peer@2 Disk HEALTHY',
      '5 peer@1 -> peer@2 Link UNHEALTHY',
      '9 peer@1 -> peer@2 Link UNHEALTHY',
    );
    expect(rig.verdicts.list()).toEqual([
      {
        subject: 'peer@2',
        status: Status.UNHEALTHY,
        score: 20,
        sinceMs: second(5),
        timeMs: second(9),
        metrics: ['Link'],
        observers: ['peer@1'],
      },
    ]);
  });

  it('explains each metric by its votes, the worst first, with their weight and evidence', async () => {
    const rig = new Rig('majority');
    await rig.say(
      '1 peer@1 -> peer@2 Disk HEALTHY',
      '3 peer@1 -> peer@2 Link UNHEALTHY',
      '4 peer@3 -> peer@2 Link HEALTHY',
      '5 peer@4 -> peer@2 Link UNHEALTHY',
    );
    const verdict = rig.verdicts.explain('peer@2');
    expect(verdict?.algorithm).toBe('majority');
    expect(verdict?.verdicts.map(({ name, status, sinceMs }) => [name, status, sinceMs])).toEqual([
      ['Link', Status.UNHEALTHY, second(3)],
      ['Disk', Status.HEALTHY, second(1)],
    ]);
    const votes = verdict?.verdicts[0]?.votes ?? [];
    expect(votes.map((vote) => [vote.observer, vote.status, vote.timeMs, vote.weight])).toEqual([
      ['peer@4', Status.UNHEALTHY, second(5), 1],
      ['peer@1', Status.UNHEALTHY, second(3), 1],
      ['peer@3', Status.HEALTHY, second(4), 1],
    ]);
    expect(votes.map((vote) => vote.evidence?.line)).toEqual([
      '5 peer@4 -> peer@2 Link UNHEALTHY',
      '3 peer@1 -> peer@2 Link UNHEALTHY',
      '4 peer@3 -> peer@2 Link HEALTHY',
    ]);
  });

  it('has no evidence for what came without', async () => {
    const rig = new Rig();
    rig.take('1 peer@1 -> peer@2 Link UNHEALTHY', null);
    await settle();
    expect(rig.verdicts.explain('peer@2')?.verdicts[0]?.votes[0]?.evidence).toBeNull();
  });

  it('is unknown of who was never spoken of', () => {
    expect(new Rig().verdicts.explain('nobody')).toBeUndefined();
  });

  it('lists the worst first, then by name', async () => {
    const rig = new Rig('majority');
    await rig.say(
      '1 o -> c Link HEALTHY',
      '1 o -> b Link DEAD',
      '1 o -> a Link HEALTHY',
      '1 o -> d Link UNHEALTHY',
    );
    expect(rig.verdicts.list().map(({ subject }) => subject)).toEqual(['b', 'd', 'a', 'c']);
  });
});

describe('a change of a verdict', () => {
  it('is told once, with the time and the line that brought it about', async () => {
    const rig = new Rig();
    await rig.say(
      '1 peer@1 -> peer@2 Link HEALTHY',
      '2 peer@1 -> peer@2 Link HEALTHY',
      '5 peer@1 -> peer@2 Link UNHEALTHY',
      '8 peer@1 -> peer@2 Link UNHEALTHY',
      '9 peer@1 -> peer@2 Link HEALTHY',
    );
    expect(rig.changes).toEqual([
      'peer@2 NA HEALTHY 1',
      'peer@2 HEALTHY UNHEALTHY 5',
      'peer@2 UNHEALTHY HEALTHY 9',
    ]);
    expect(rig.verdicts.history({ limit: 3 }).map((change) => change.evidence?.line)).toEqual([
      '1 peer@1 -> peer@2 Link HEALTHY',
      '5 peer@1 -> peer@2 Link UNHEALTHY',
      '9 peer@1 -> peer@2 Link HEALTHY',
    ]);
  });

  it('has sequences that rise by one', async () => {
    const rig = new Rig();
    const start = rig.verdicts.sequence();
    await rig.say('1 o -> a Link HEALTHY', '2 o -> b Link HEALTHY', '3 o -> a Link UNHEALTHY');
    expect(rig.verdicts.history({ limit: 9 }).map(({ sequence }) => sequence - start)).toEqual([1, 2, 3]);
    expect(rig.verdicts.sequence()).toBe(start + 3);
  });

  it('happens with the line, even where many lines are read at once', async () => {
    const rig = new Rig();
    rig.take('5 peer@1 -> peer@2 Link UNHEALTHY');
    rig.take('6 peer@1 -> peer@2 Link UNHEALTHY');
    rig.take('7 peer@1 -> peer@2 Link UNHEALTHY');
    rig.inferences.settle();
    await settle();
    expect(rig.changes).toEqual(['peer@2 NA UNHEALTHY 5']);
  });

  it('never goes back in time, whatever comes late', async () => {
    const rig = new Rig();
    await rig.say('10 peer@1 -> peer@2 Link HEALTHY', '5 peer@3 -> peer@2 Disk UNHEALTHY');
    expect(rig.changes).toEqual(['peer@2 NA HEALTHY 10', 'peer@2 HEALTHY UNHEALTHY 10']);
  });

  it('does not happen in the future because a clock is ahead', async () => {
    const rig = new Rig('weighted', new FakeClock(second(20)));
    await rig.say('90 peer@1 -> peer@2 Link UNHEALTHY');
    expect(rig.changes).toEqual(['peer@2 NA UNHEALTHY 20']);
  });

  it('that follows from what is said of an observer happens when that is said', async () => {
    const rig = new Rig();
    await rig.say(
      '10 cut -> a Link UNHEALTHY',
      '30 a -> cut Link UNHEALTHY',
      '31 b -> cut Link UNHEALTHY',
      '32 c -> cut Link UNHEALTHY',
    );
    const [accused, cutOff, doubted] = rig.changes;
    expect([accused, cutOff]).toEqual(['a NA UNHEALTHY 10', expect.stringMatching(/^cut NA /)]);
    expect(doubted).toMatch(/^a UNHEALTHY MAYBE_UNHEALTHY 3[0-2]$/);
  });

  it('to nothing is told when the subject is no longer watched', async () => {
    const rig = new Rig();
    rig.store.watch('peer@2', timestampFromMillis(START_MS));
    await rig.say('5 peer@1 -> peer@2 Link UNHEALTHY');
    rig.store.unwatch('peer@2');
    rig.inferences.mark('peer@2');
    rig.inferences.settle();
    await settle();
    expect(rig.changes).toEqual(['peer@2 NA UNHEALTHY 5', 'peer@2 UNHEALTHY NA 5']);
    expect(rig.verdicts.list()).toEqual([]);
    expect(rig.verdicts.explain('peer@2')).toBeUndefined();
    expect([...rig.verdicts.evidenceOf('peer@2')]).toEqual([]);
  });

  it('is told when it is on disk, and also when it cannot be written', async () => {
    const rig = new Rig();
    let fail: (reason: Error) => void = () => undefined;
    rig.onSave = () => new Promise((_, reject) => (fail = reject));
    await rig.say('5 peer@1 -> peer@2 Link UNHEALTHY');
    expect(rig.changes).toEqual([]);
    fail(new Error('the disk is full'));
    await settle();
    expect(rig.changes).toEqual(['peer@2 NA UNHEALTHY 5']);
  });
});

describe('what stands', () => {
  it('is saved when the status of a metric changes, the worst one or not', async () => {
    const rig = new Rig();
    await rig.say(
      '1 peer@1 -> peer@2 Link UNHEALTHY',
      '2 peer@1 -> peer@2 Disk HEALTHY',
      '3 peer@1 -> peer@2 Disk HEALTHY',
    );
    expect(rig.saved.map(([, , change]) => change?.after ?? null)).toEqual([Status.UNHEALTHY, null]);
    expect(rig.saved.at(-1)?.[1]).toEqual({
      status: Status.UNHEALTHY,
      sinceMs: second(1),
      metrics: new Map([
        ['Link', { status: Status.UNHEALTHY, sinceMs: second(1) }],
        ['Disk', { status: Status.HEALTHY, sinceMs: second(2) }],
      ]),
    });
  });

  it('is not told again after a restart, and goes on from there', async () => {
    const rig = new Rig();
    await rig.say('1 peer@1 -> peer@2 Link UNHEALTHY', '9 peer@1 -> peer@2 Link UNHEALTHY');
    const again = new Rig();
    for (const [subject, standing, change] of rig.saved) {
      if (standing !== null) again.verdicts.restoreStanding(subject, standing);
      if (change !== null) again.verdicts.restoreChange(change);
    }
    again.take('9 peer@1 -> peer@2 Link UNHEALTHY');
    again.inferences.settle();
    again.verdicts.restored();
    await settle();
    expect(again.changes).toEqual(rig.changes);
    expect(again.verdicts.list()[0]?.sinceMs).toBe(second(1));
    await again.say('12 peer@1 -> peer@2 Link HEALTHY');
    expect(again.changes.at(-1)).toBe('peer@2 UNHEALTHY HEALTHY 12');
    expect(again.verdicts.sequence()).toBe(rig.verdicts.sequence() + 1);
  });

  it('stands no longer when nothing is said of it after a restart', async () => {
    const rig = new Rig();
    const standing = { status: Status.UNHEALTHY, sinceMs: second(1), metrics: new Map() };
    rig.verdicts.restoreStanding('peer@2', standing);
    rig.verdicts.restored();
    await settle();
    expect(rig.changes).toEqual(['peer@2 UNHEALTHY NA 1']);
    expect(rig.saved.map(([subject, after]) => [subject, after])).toEqual([['peer@2', null]]);
  });
});
