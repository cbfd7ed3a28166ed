import { describe, expect, it } from '@jest/globals';
import { UnsavedPanoramas } from '../../server/persistence/unsaved-panoramas.js';

/** As a journal that holds ten reports, all of them in saved panoramas. */
function atTen(): UnsavedPanoramas {
  const unsaved = new UnsavedPanoramas();
  unsaved.begin({ covered: 10, last: 10 });
  return unsaved;
}

/** A transaction of reports, one a subject, as the aggregator tells of it. */
function reported(unsaved: UnsavedPanoramas, last: number, ...subjects: readonly string[]): void {
  unsaved.written(last);
  for (const subject of subjects) unsaved.mark(subject);
}

describe('panoramas that are not saved', () => {
  it('are saved in the order in which they changed, and everything before the first that is left is covered', () => {
    const unsaved = atTen();
    reported(unsaved, 12, 'a', 'b');
    reported(unsaved, 14, 'a', 'c');
    // One in a hundred reports.
    expect(unsaved.take(99)).toBeNull();
    expect(unsaved.take(1)).toEqual({ subjects: ['a'], covered: 10 });
    unsaved.written(15);
    expect(unsaved.take(100)).toEqual({ subjects: ['b'], covered: 12 });
    unsaved.written(16);
    expect(unsaved.takeMany()).toEqual({ subjects: ['c'], covered: 16 });
    unsaved.written(17);
    expect(unsaved.takeMany()).toBeNull();
  });

  it('are unsaved again, each at its earlier place, when the transaction fails', () => {
    const unsaved = atTen();
    reported(unsaved, 11, 'a');
    reported(unsaved, 12, 'b');
    expect(unsaved.takeMany()).toEqual({ subjects: ['a', 'b'], covered: 12 });
    // Changed while it was on its way, by no report.
    unsaved.mark('b');
    unsaved.failed();
    expect(unsaved.take(100)).toEqual({ subjects: ['a'], covered: 11 });
    unsaved.failed();
    expect(unsaved.size).toBe(2);
  });

  it('stay unsaved when they change while they are on their way', () => {
    const unsaved = atTen();
    reported(unsaved, 11, 'a');
    unsaved.takeMany();
    unsaved.mark('a');
    unsaved.written(12);
    expect(unsaved.takeMany()).toEqual({ subjects: ['a'], covered: 12 });
  });

  it('cover nothing new as long as those from before a restart are not saved', () => {
    const unsaved = new UnsavedPanoramas();
    unsaved.begin({ covered: 10, last: 50 });
    unsaved.mark('a');
    unsaved.mark('b');
    reported(unsaved, 60, 'c');
    expect(unsaved.take(100)).toEqual({ subjects: ['a'], covered: 10 });
    unsaved.written(60);
    expect(unsaved.takeMany()).toEqual({ subjects: ['b', 'c'], covered: 60 });
  });

  it('are saved more often when there are very many, a hundred at once', () => {
    const unsaved = atTen();
    reported(unsaved, 100_000, ...Array.from({ length: 60_000 }, (_, index) => `s${index}`));
    // With 60,000 a fifth of one for each report.
    expect(unsaved.take(50)?.subjects).toHaveLength(10);
    unsaved.written(100_050);
    expect(unsaved.take(5000)?.subjects).toHaveLength(100);
  });

  it('earn nothing while there are none', () => {
    const unsaved = atTen();
    unsaved.take(100_000);
    reported(unsaved, 11, 'a');
    expect(unsaved.take(1)).toBeNull();
  });
});
