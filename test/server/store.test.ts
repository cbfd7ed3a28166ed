import { describe, expect, it } from '@jest/globals';
import { Status } from '../../protocol/model.js';
import { Inferences } from '../../server/inference/inferences.js';
import { majority } from '../../server/inference/majority.js';
import { HoldBuffer } from '../../server/store/hold-buffer.js';
import { ReportStore } from '../../server/store/report-store.js';
import { retained } from '../../server/store/retention.js';
import { observation, report } from '../support/observations.js';

const SINCE = { seconds: 1, nanos: 0 };

/** A report of the given second. */
function at(seconds: number, parts: { observer?: string; subject?: string } = {}) {
  return report({ ...parts, observation: observation(seconds, ['q', Status.HEALTHY, seconds]) });
}

function secondsOf(store: ReportStore, observer = 'peer@1'): number[] | undefined {
  return store.view(observer, 'peer@2')?.observations.map(({ time }) => time.seconds);
}

describe('the store', () => {
  it('keeps the ten newest observations of a view', () => {
    const store = new ReportStore();
    for (let second = 1; second <= 12; second += 1) store.add(at(second));
    expect(secondsOf(store)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('knows how many observers and subjects it has something of, whatever goes', () => {
    const store = new ReportStore();
    const known = (): unknown => store.known;
    expect(known()).toEqual({ subjects: 0, observers: 0 });
    store.add(at(1, { observer: 'peer@1', subject: 'peer@2' }));
    store.add(at(2, { observer: 'peer@1', subject: 'peer@2' }));
    store.add(at(1000, { observer: 'peer@1', subject: 'peer@3' }));
    store.add(at(1000, { observer: 'peer@2', subject: 'peer@3' }));
    store.add(at(1, { observer: 'peer@4', subject: 'peer@3' }));
    expect(known()).toEqual({ subjects: 2, observers: 3 });
    const panorama = store.panorama('peer@3');
    // What there was of the subject is replaced.
    if (panorama !== undefined) store.restore(panorama);
    expect(known()).toEqual({ subjects: 2, observers: 3 });
    store.collectGarbage({ thresholdMs: 300_000, against: 'absolute' }, 1_000_000);
    expect(known()).toEqual({ subjects: 1, observers: 2 });
    store.unwatch('peer@3');
    expect(known()).toEqual({ subjects: 0, observers: 0 });
  });

  it('puts a late report where its time belongs', () => {
    const store = new ReportStore();
    for (const second of [5, 9, 7, 6, 9]) store.add(at(second));
    expect(secondsOf(store)).toEqual([5, 6, 7, 9, 9]);
  });

  it('lets no late report push out a newer one', () => {
    const store = new ReportStore(2);
    for (const second of [5, 6, 1]) store.add(at(second));
    expect(secondsOf(store)).toEqual([5, 6]);
  });

  it('keeps the last word on each metric, however much is said of others', () => {
    const store = new ReportStore(3);
    const say = (second: number, name: string): void =>
      store.add(report({ observation: observation(second, [name, Status.UNHEALTHY, 20]) }));
    say(1, 'disk');
    for (let second = 2; second <= 9; second += 1) say(second, 'snapshot');
    expect(secondsOf(store)).toEqual([1, 8, 9]);
    say(10, 'disk');
    expect(secondsOf(store)).toEqual([8, 9, 10]);
  });

  it('has a limit for a view with ever new metrics', () => {
    const store = new ReportStore(3);
    for (let second = 1; second <= 100; second += 1) {
      store.add(report({ observation: observation(second, [`m${second}`, Status.HEALTHY, 90]) }));
    }
    expect(secondsOf(store)).toHaveLength(64);
    expect(secondsOf(store)?.[0]).toBe(37);
  });

  it('knows the newest report over all views', () => {
    const store = new ReportStore();
    store.add(at(5, { observer: 'a' }));
    store.add(at(9, { observer: 'b' }));
    store.add(at(7, { observer: 'c' }));
    expect(store.latest('peer@2')?.observer).toBe('b');
    expect(store.latest('nobody')).toBeUndefined();
  });

  it('counts nanoseconds when it looks for the newest', () => {
    const store = new ReportStore();
    const said = (observer: string, nanos: number) =>
      report({ observer, observation: { time: { seconds: 5, nanos }, metrics: [] } });
    store.add(said('a', 7));
    store.add(said('b', 8));
    store.add(said('c', 6));
    expect(store.latest('peer@2')).toEqual(said('b', 8));
  });

  it('keeps the views of observers apart', () => {
    const store = new ReportStore();
    store.add(at(5, { observer: 'a' }));
    store.add(at(6, { observer: 'b' }));
    store.add(at(7, { observer: 'a', subject: 'other' }));
    expect(secondsOf(store, 'a')).toEqual([5]);
    expect(secondsOf(store, 'b')).toEqual([6]);
    expect(store.view('b', 'other')).toBeUndefined();
    expect([...store.subjects()]).toEqual(['peer@2', 'other']);
  });

  it('forgets the panorama of a subject that is watched no longer', () => {
    const store = new ReportStore();
    expect(store.watch('peer@2', SINCE)).toBe(true);
    expect(store.watch('peer@2', { seconds: 2, nanos: 0 })).toBe(false);
    expect(store.watched().get('peer@2')).toEqual(SINCE);
    store.add(at(5));
    expect(store.unwatch('peer@2')).toBe(true);
    expect(store.panorama('peer@2')).toBeUndefined();
    expect(store.unwatch('peer@2')).toBe(false);
  });

  it('drops what is too old and says whose panorama shrank', () => {
    const store = new ReportStore();
    for (const second of [100, 390, 400]) store.add(at(second));
    store.add(at(100, { subject: 'quiet' }));
    expect(store.collectGarbage({ thresholdMs: 300_000, against: 'relative' }, 0)).toEqual(['peer@2']);
    expect(secondsOf(store)).toEqual([390, 400]);
    expect(store.collectGarbage({ thresholdMs: 300_000, against: 'absolute' }, 695_000).sort()).toEqual([
      'peer@2',
      'quiet',
    ]);
    expect(secondsOf(store)).toEqual([400]);
    expect(store.panorama('quiet')).toBeUndefined();
  });
});

describe('what is retained', () => {
  it.each([
    ['relative' as const, [100, 399, 400, 700], 0, [3]],
    ['relative' as const, [100, 401, 700], 0, [1, 2]],
    ['relative' as const, [5], 1e9, [0]],
    ['absolute' as const, [100, 699, 701], 1000, [2]],
    ['absolute' as const, [100], 1000, []],
  ])('%s, times %j, now %d: %j', (against, seconds, nowSeconds, expected) => {
    const times = seconds.map((second) => second * 1000);
    expect(retained(times, { thresholdMs: 300_000, against }, nowSeconds * 1000)).toEqual(expected);
  });
});

describe('the hold buffer', () => {
  const options = { timeMs: 1000, listLength: 3 };

  it('hands out what it holds once, in order, the newest of each subject', () => {
    const buffer = new HoldBuffer(options);
    for (const second of [1, 2, 3, 4]) buffer.hold(at(second), 0);
    buffer.hold(at(9, { subject: 'other' }), 0);
    expect(buffer.release('peer@2', 999).map((held) => held.observation.time.seconds)).toEqual([2, 3, 4]);
    expect(buffer.release('peer@2', 999)).toEqual([]);
    expect(buffer.subjects).toBe(1);
  });

  it('holds nothing when its lists have no room', () => {
    const buffer = new HoldBuffer({ timeMs: 1000, listLength: 0 });
    buffer.hold(at(1), 0);
    expect(buffer.subjects).toBe(0);
    expect(buffer.release('peer@2', 0)).toEqual([]);
  });

  it('goes by other options for what comes from then on', () => {
    const buffer = new HoldBuffer(options);
    buffer.hold(at(1), 0);
    buffer.reconfigure({ timeMs: 5000, listLength: 3 });
    buffer.hold(at(2), 0);
    expect(buffer.release('peer@2', 1000).map((held) => held.observation.time.seconds)).toEqual([2]);
  });

  it('forgets the subject held longest ago when there are too many', () => {
    const buffer = new HoldBuffer(options);
    for (let index = 0; index < 10_001; index += 1) buffer.hold(at(1, { subject: `s${index}` }), 0);
    expect(buffer.subjects).toBe(10_000);
    expect(buffer.release('s0', 0)).toEqual([]);
    expect(buffer.release('s1', 0)).toHaveLength(1);
  });

  it('forgets what was held for long enough', () => {
    const buffer = new HoldBuffer(options);
    buffer.hold(at(1), 0);
    buffer.hold(at(2), 500);
    expect(buffer.release('peer@2', 1000).map((held) => held.observation.time.seconds)).toEqual([2]);
    buffer.hold(at(3), 0);
    buffer.sweep(1000);
    expect(buffer.subjects).toBe(0);
  });
});

describe('the inferences', () => {
  function setUp() {
    const store = new ReportStore();
    const changes: string[] = [];
    let inferred = 0;
    const inferences = new Inferences({
      algorithm: {
        name: 'counted',
        weighsObservers: false,
        infer: (panorama) => {
          inferred += 1;
          return majority.infer(panorama, () => undefined);
        },
        votes: () => [],
      },
      panorama: (subject) => store.panorama(subject),
      onChange: ({ subject }) => changes.push(subject),
      onEnd: (subject) => changes.push(`end of ${subject}`),
    });
    return { store, inferences, changes, count: () => inferred };
  }

  it('are made once for many reports', () => {
    const { store, inferences, count } = setUp();
    for (const second of [1, 2, 3]) {
      store.add(at(second));
      inferences.mark('peer@2');
    }
    expect(inferences.get('peer@2')?.observation.time.seconds).toBe(3);
    inferences.settle();
    expect(count()).toBe(1);
  });

  it('are announced when they say something new, not when only time went on', () => {
    const { store, inferences, changes } = setUp();
    const say = (second: number, score: number): void => {
      store.add(report({ observation: observation(second, ['q', Status.HEALTHY, score]) }));
      inferences.mark('peer@2');
      inferences.settle();
    };
    say(1, 90);
    say(2, 90);
    say(3, 50);
    expect(changes).toEqual(['peer@2', 'peer@2']);
  });

  it('cost nothing until someone asks', () => {
    const { store, inferences, count } = setUp();
    store.add(at(1));
    inferences.mark('peer@2');
    inferences.mark('peer@2');
    expect(count()).toBe(0);
    inferences.get('peer@2');
    inferences.get('peer@2');
    expect(count()).toBe(1);
  });

  it('are announced when another observer joins without changing the verdict', () => {
    const { store, inferences, changes } = setUp();
    for (const observer of ['a', 'b']) {
      store.add(at(5, { observer }));
      inferences.mark('peer@2');
      inferences.settle();
    }
    expect(changes).toEqual(['peer@2', 'peer@2']);
  });

  it('go with the panorama', () => {
    const { store, inferences } = setUp();
    store.add(at(1));
    inferences.mark('peer@2');
    expect(inferences.all().size).toBe(1);
    store.unwatch('peer@2');
    inferences.mark('peer@2');
    expect(inferences.get('peer@2')).toBeUndefined();
    expect(inferences.all().size).toBe(0);
  });
});
