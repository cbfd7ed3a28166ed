import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Outbox } from '../../client/outbox.js';
import type { Statement } from '../../client/statement.js';
import { Status } from '../../protocol/model.js';

function statement(subject: string, status: Status, timeMs: number): Statement {
  return { subject, metric: 'm', status, score: 50, timeMs };
}

function fill(outbox: Outbox, said: readonly (readonly [string, Status])[]): void {
  said.forEach(([subject, status], index) => outbox.add(statement(subject, status, index)));
}

/** What is left, as the numbers by which it was said. */
const left = (outbox: Outbox): number[] => outbox.take(Infinity).map(({ timeMs }) => timeMs);

const { NA, HEALTHY, PENDING, UNHEALTHY, DEAD } = Status;

describe('the outbox', () => {
  it('gives back what was said in its order, and numbers it', () => {
    const outbox = new Outbox(10);
    fill(outbox, [
      ['a', HEALTHY],
      ['b', DEAD],
      ['a', UNHEALTHY],
    ]);
    expect(outbox.take(10).map(({ subject, status, sequence }) => [subject, status, sequence])).toEqual([
      ['a', HEALTHY, 1],
      ['b', DEAD, 2],
      ['a', UNHEALTHY, 3],
    ]);
    expect(outbox.size).toBe(0);
  });

  it('gives no more than asked for, of one subject in order', () => {
    const outbox = new Outbox(10);
    fill(outbox, [
      ['a', HEALTHY],
      ['a', DEAD],
      ['a', PENDING],
      ['b', PENDING],
    ]);
    expect(outbox.take(2).map(({ timeMs }) => timeMs)).toEqual([0, 1]);
    outbox.add(statement('a', HEALTHY, 4));
    expect(left(outbox)).toEqual([2, 3, 4]);
  });

  describe('when it is full', () => {
    it('drops first what is neither the newest nor the worst of its subject', () => {
      const outbox = new Outbox(4);
      fill(outbox, [
        ['a', PENDING],
        ['a', DEAD],
        ['a', UNHEALTHY],
        ['a', HEALTHY],
        ['b', HEALTHY],
        ['c', HEALTHY],
      ]);
      expect(outbox.dropped).toBe(2);
      expect(left(outbox)).toEqual([1, 3, 4, 5]);
    });

    it('keeps the first of several that are as bad: since then it has been so', () => {
      const outbox = new Outbox(2);
      fill(outbox, [
        ['a', DEAD],
        ['a', DEAD],
        ['a', DEAD],
      ]);
      expect(left(outbox)).toEqual([0, 2]);
    });

    it('then drops the worst, so that the last word never goes before what it takes back', () => {
      const outbox = new Outbox(2);
      fill(outbox, [
        ['a', DEAD],
        ['a', HEALTHY],
        ['b', HEALTHY],
      ]);
      expect(left(outbox)).toEqual([1, 2]);
    });

    it('then drops the last word of the subjects that are least bad, the oldest first', () => {
      const outbox = new Outbox(3);
      fill(outbox, [
        ['a', DEAD],
        ['b', HEALTHY],
        ['c', HEALTHY],
        ['d', UNHEALTHY],
        ['e', NA],
      ]);
      expect(left(outbox)).toEqual([0, 2, 3]);
    });

    it('says so', () => {
      const outbox = new Outbox(1);
      expect(outbox.add(statement('a', HEALTHY, 0))).toBe(true);
      expect(outbox.add(statement('b', HEALTHY, 1))).toBe(false);
      expect(outbox.dropped).toBe(1);
    });
  });

  it('keeps at most 64 of a subject that changes all the time, the worst and the newest among them', () => {
    const outbox = new Outbox(1000);
    outbox.add(statement('a', DEAD, 0));
    for (let time = 1; time <= 500; time += 1) outbox.add(statement('a', PENDING, time));
    expect(outbox.size).toBe(64);
    expect(outbox.dropped).toBe(437);
    const times = left(outbox);
    expect(times[0]).toBe(0);
    expect(times.slice(1)).toEqual(Array.from({ length: 63 }, (_, index) => 438 + index));
  });

  it('never holds more than it may, and keeps each last word for as long as something else can go', () => {
    const words = fc.record({
      subject: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      status: fc.constantFrom(NA, HEALTHY, PENDING, UNHEALTHY, DEAD),
      /** How many are taken out afterwards. */
      take: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5 })),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(words, { maxLength: 200 }), (capacity, said) => {
        const outbox = new Outbox(capacity);
        const taken: number[] = [];
        const last = new Map<string, number>();
        const worst = new Map<string, Status>();
        let out = 0;
        said.forEach(({ subject, status, take }, time) => {
          outbox.add(statement(subject, status, time));
          last.set(subject, time);
          worst.set(subject, Math.max(worst.get(subject) ?? 0, status) as Status);
          expect(outbox.size).toBeLessThanOrEqual(capacity);
          const some = outbox.take(take);
          out += some.length;
          taken.push(...some.map(({ timeMs }) => timeMs));
        });
        const rest = outbox.take(Infinity);
        // All that was said was taken, is left or was dropped.
        expect(out + rest.length + outbox.dropped).toBe(said.length);
        const all = [...taken, ...rest.map(({ timeMs }) => timeMs)];
        expect(new Set(all).size).toBe(all.length);
        if (capacity < 6) return;
        // Room for all subjects: the last word on each arrives.
        for (const time of last.values()) expect(all).toContain(time);
        if (capacity < 12) return;
        for (const [subject, status] of worst) {
          expect(all.some((time) => said[time]?.subject === subject && said[time].status === status)).toBe(
            true,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the order of each subject', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 3 }))),
        (said) => {
          const outbox = new Outbox(4);
          const taken = said.flatMap(([subject, take], time) => {
            outbox.add(statement(subject, ((time % 7) + 1) as Status, time));
            return outbox.take(take);
          });
          taken.push(...outbox.take(Infinity));
          for (const subject of ['a', 'b', 'c']) {
            const times = taken.filter((letter) => letter.subject === subject).map(({ timeMs }) => timeMs);
            expect(times).toEqual([...times].sort((a, b) => a - b));
          }
        },
      ),
    );
  });
});
