import { describe, expect, it } from '@jest/globals';
import type { Report } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import { StoreRoom } from '../../server/intake/store-room.js';
import { ReportStore } from '../../server/store/report-store.js';

const LIMITS = { subjects: 3, observersPerSubject: 2, metricsPerSubject: 2, bytes: 100_000 };

function reportOf(
  observer: string,
  subject: string,
  metrics: readonly string[] = ['m'],
  seconds = 1,
): Report {
  return {
    observer,
    subject,
    observation: {
      time: { seconds, nanos: 0 },
      metrics: metrics.map((name) => ({ name, status: Status.HEALTHY, score: 90 })),
    },
  };
}

function storeWith(...reports: readonly Report[]): ReportStore {
  const store = new ReportStore(10, LIMITS.bytes);
  for (const report of reports) {
    store.watch(report.subject, { seconds: 0, nanos: 0 });
    store.add(report);
  }
  return store;
}

describe('the room in a store', () => {
  it('ends with the number of subjects, and news of those that are known goes on', () => {
    const room = new StoreRoom(storeWith(reportOf('o', 'a'), reportOf('o', 'b'), reportOf('o', 'c')), LIMITS);
    expect(room.refuse(reportOf('o', 'd'))).toBe('limit of 3 subjects reached: there is no room for "d"');
    expect(room.refuseName('d')).toBe('limit of 3 subjects reached: there is no room for "d"');
    expect(room.refuse(reportOf('o', 'c', ['m'], 2))).toBeNull();
    expect(room.refuseName('c')).toBeNull();
  });

  it('ends with the observers of one subject', () => {
    const room = new StoreRoom(storeWith(reportOf('o', 'a'), reportOf('p', 'a')), LIMITS);
    expect(room.refuse(reportOf('q', 'a'))).toBe('limit of 2 observers of one subject reached by "a"');
    expect(room.refuse(reportOf('p', 'a'))).toBeNull();
    expect(room.refuse(reportOf('q', 'b'))).toBeNull();
  });

  it('ends with the metrics of one subject, whoever used them', () => {
    const room = new StoreRoom(storeWith(reportOf('o', 'a', ['m']), reportOf('p', 'a', ['n'])), LIMITS);
    expect(room.refuse(reportOf('o', 'a', ['m', 'k']))).toBe(
      'limit of 2 metrics of one subject reached by "a"',
    );
    expect(room.refuse(reportOf('o', 'a', ['n']))).toBeNull();
  });

  it('counts what is on its way, until it has arrived or has failed to', () => {
    const room = new StoreRoom(storeWith(reportOf('o', 'a'), reportOf('o', 'b')), LIMITS);
    const leave = room.keep(reportOf('o', 'c'));
    expect(room.refuse(reportOf('o', 'd'))).toContain('limit of 3 subjects');
    // The same again needs no more room.
    expect(room.refuse(reportOf('o', 'c'))).toBeNull();
    const leaveObserver = room.keep(reportOf('p', 'c'));
    expect(room.refuse(reportOf('q', 'c'))).toContain('limit of 2 observers');
    leaveObserver();
    leave();
    expect(room.refuse(reportOf('o', 'd'))).toBeNull();
    expect(room.refuse(reportOf('q', 'c'))).toBeNull();
  });

  it('ends with the bytes of all, while views that there are go on and grow no more', () => {
    const store = storeWith(reportOf('o', 'a'));
    for (let seconds = 0; store.bytes < LIMITS.bytes; seconds += 1)
      store.add(reportOf(`o${seconds % 100}`, 'a', [`m${seconds % 50}`], seconds));
    const room = new StoreRoom(store, { ...LIMITS, observersPerSubject: 1000, metricsPerSubject: 1000 });
    expect(room.refuse(reportOf('new', 'a', ['m1']))).toMatch(/^limit of 0 MB for all observations reached/);
    expect(room.refuse(reportOf('o1', 'a', ['fresh']))).toMatch(/^limit of 0 MB/);
    expect(room.refuseName('b')).toMatch(/^limit of 0 MB/);
    expect(room.refuse(reportOf('o1', 'a', ['m1']))).toBeNull();
    const full = store.bytes;
    for (let seconds = 1000; seconds < 2000; seconds += 1) store.add(reportOf('o1', 'a', ['m1'], seconds));
    expect(store.bytes).toBeLessThanOrEqual(full);
    expect(store.view('o1', 'a')?.observations.at(-1)?.time.seconds).toBe(1999);
  });
});

describe('what a store reckons', () => {
  it('is what it holds, and nothing once all is gone', () => {
    const store = storeWith();
    for (let number = 0; number < 500; number += 1) {
      const subject = `s${number % 3}`;
      store.add(reportOf(`o${number % 5}`, subject, [`m${number % 7}`, 'always'], number));
      if (number % 100 === 99)
        store.collectGarbage({ thresholdMs: 20_000, against: 'absolute' }, number * 1000);
    }
    const metrics = new Set<string>();
    let bytes = 0;
    for (const { observations } of store.panorama('s0')?.views.values() ?? [])
      for (const observation of observations) for (const { name } of observation.metrics) metrics.add(name);
    for (const subject of ['s0', 's1', 's2'])
      for (const { observations } of store.panorama(subject)?.views.values() ?? [])
        for (const observation of observations)
          bytes += 160 + observation.metrics.reduce((sum, { name }) => sum + 80 + name.length, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(store.bytes).toBe(bytes);
    expect(store.sizesOf('s0')).toEqual({
      observers: store.panorama('s0')?.views.size,
      metrics: metrics.size,
    });
    for (const subject of ['s0', 's1']) store.unwatch(subject);
    store.restore({ subject: 's2', views: new Map() });
    expect(store.bytes).toBe(0);
    expect(store.sizesOf('s0')).toEqual({ observers: 0, metrics: 0 });
  });
});
