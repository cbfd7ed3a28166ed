import { describe, expect, it } from '@jest/globals';
import { Status } from '../../../protocol/model.js';
import type { VerdictChange } from '../../../protocol/verdict.js';
import { ChangeLog } from '../../../server/verdicts/change-log.js';

function change(sequence: number, parts: Partial<VerdictChange> = {}): VerdictChange {
  return {
    sequence,
    subject: 'peer@2',
    timeMs: sequence * 1000,
    before: Status.HEALTHY,
    after: Status.UNHEALTHY,
    score: 20,
    metrics: ['Link'],
    observers: ['peer@1'],
    evidence: null,
    ...parts,
  };
}

/** Holds the changes of these sequences. */
function logOf(...sequences: number[]): ChangeLog {
  const log = new ChangeLog(0);
  for (const sequence of sequences) log.add(change(sequence));
  return log;
}

/** What somebody hears who knows all up to `after`; null when it is told to begin anew. */
function heard(log: ChangeLog, after?: number): number[] | null {
  const sequences: number[] = [];
  const watch = log.watch(({ sequence }) => sequences.push(sequence), after);
  return watch === null ? null : sequences;
}

describe('the history of changes', () => {
  it('gives the newest ones, oldest first', () => {
    expect(
      logOf(1, 2, 3)
        .history({ limit: 2 })
        .map(({ sequence }) => sequence),
    ).toEqual([2, 3]);
  });

  it('gives those of one subject, or since a time', () => {
    const log = new ChangeLog(0);
    for (const [index, subject] of ['a', 'b', 'a', 'b'].entries()) log.add(change(index + 1, { subject }));
    const sequences = (filter: Parameters<ChangeLog['history']>[0]) =>
      log.history(filter).map(({ sequence }) => sequence);
    expect(sequences({ subject: 'a', limit: 10 })).toEqual([1, 3]);
    expect(sequences({ sinceMs: 3000, limit: 10 })).toEqual([3, 4]);
    expect(sequences({ subject: 'b', sinceMs: 3000, limit: 10 })).toEqual([4]);
  });

  it('is bounded', () => {
    const log = new ChangeLog(0, 100);
    for (let sequence = 1; sequence <= 1000; sequence += 1) log.add(change(sequence));
    const kept = log.history({ limit: 1000 });
    expect(kept.length).toBeLessThanOrEqual(110);
    expect(kept.length).toBeGreaterThanOrEqual(100);
    expect(kept.at(-1)?.sequence).toBe(1000);
  });
});

describe('who watches', () => {
  it('hears of every later change, in order, until it ends', () => {
    const log = logOf(1);
    const sequences: number[] = [];
    const watch = log.watch(({ sequence }) => sequences.push(sequence));
    log.add(change(2));
    log.add(change(3));
    watch?.close();
    log.add(change(4));
    expect(sequences).toEqual([2, 3]);
  });

  it('first hears what it missed', () => {
    expect(heard(logOf(1, 2, 3), 1)).toEqual([2, 3]);
    expect(heard(logOf(1, 2, 3), 3)).toEqual([]);
    expect(heard(logOf(1, 2, 3), 0)).toEqual([1, 2, 3]);
  });

  it('is told to begin anew when that is no longer kept', () => {
    const log = new ChangeLog(0, 10);
    for (let sequence = 1; sequence <= 100; sequence += 1) log.add(change(sequence));
    const [oldest] = log.history({ limit: 100 });
    const last = (oldest?.sequence ?? 0) - 1;
    expect(heard(log, last)).toHaveLength(100 - last);
    expect(heard(log, last - 1)).toBeNull();
  });

  it('is told to begin anew when it comes from a time that is not known', () => {
    expect(heard(logOf(1, 2), 3)).toBeNull();
    expect(heard(new ChangeLog(5000), 4999)).toBeNull();
    expect(heard(new ChangeLog(5000), 5000)).toEqual([]);
  });

  it('goes on over a restart', () => {
    const log = new ChangeLog(1_000_000);
    log.restore(change(7));
    log.restore(change(8));
    expect(log.last).toBe(8);
    expect(heard(log, 7)).toEqual([8]);
    expect(heard(log, 6)).toEqual([7, 8]);
    expect(heard(log, 5)).toBeNull();
  });
});
