import { describe, expect, it } from '@jest/globals';
import { PRINT_WORDS, printsOf, writePrint } from '../../runtime/text-print.js';
import type { Claim } from '../../server/intake/taken-ids.js';
import { TakenIds } from '../../server/intake/taken-ids.js';

function claimed(taken: TakenIds, ...ids: readonly string[]): Claim {
  const claim = taken.claim(ids);
  if (claim.kind === 'claimed') return claim;
  throw new Error('some of the ids are undecided');
}

function undecided(taken: TakenIds, ...ids: readonly string[]): Promise<void> {
  const claim = taken.claim(ids);
  if (claim.kind === 'undecided') return claim.decided;
  throw new Error('all of the ids are decided');
}

/** Claims and keeps; which of the ids were new. */
function take(taken: TakenIds, ...ids: readonly string[]): boolean[] {
  const claim = claimed(taken, ...ids);
  claim.keep();
  return [...claim.isNew];
}

describe('taken ids', () => {
  it('tell the first of its kind from a repetition, also in one batch', () => {
    const taken = new TakenIds();
    expect(take(taken, 'a', 'b', 'a')).toEqual([true, true, false]);
    expect(take(taken, 'b', 'c', 'c')).toEqual([false, true, false]);
    expect(taken.size).toBe(3);
  });

  it('take no empty id for a repetition', () => {
    expect(take(new TakenIds(), '', 'a', '', '')).toEqual([true, true, true, true]);
  });

  it('forget the oldest beyond their number, and only these', () => {
    const taken = new TakenIds(3);
    take(taken, 'a', 'b', 'c', 'd');
    expect(taken.size).toBe(3);
    expect(take(taken, 'b', 'c', 'd')).toEqual([false, false, false]);
    expect(take(taken, 'a')).toEqual([true]);
    expect(take(taken, 'c', 'd', 'a')).toEqual([false, false, false]);
    expect(take(taken, 'b')).toEqual([true]);
  });

  it('do not count what was not written', () => {
    const taken = new TakenIds(10);
    take(taken, 'a');
    claimed(taken, 'a', 'b', 'c').release();
    expect(taken.size).toBe(1);
    expect(take(taken, 'a', 'b', 'c')).toEqual([false, true, true]);
  });

  it('know those from before a restart', () => {
    const taken = new TakenIds(2);
    taken.restore(printsOf(['a', 'b', 'c']));
    expect(take(taken, 'b', 'c', 'a')).toEqual([false, false, true]);
  });

  it('say that some are on their way to disk, until that is decided, and claim none of the others', async () => {
    const taken = new TakenIds();
    const first = claimed(taken, 'a', 'b');
    const second = claimed(taken, 'c');
    const decisions: string[] = [];
    const noted = [
      undecided(taken, 'x', 'b', 'y').then(() => decisions.push('b')),
      undecided(taken, 'c').then(() => decisions.push('c')),
    ];
    expect(take(taken, '', 'x', 'y')).toEqual([true, true, true]);
    second.release();
    await noted[1];
    first.keep();
    await noted[0];
    expect(decisions).toEqual(['c', 'b']);
    expect(take(taken, 'a', 'b', 'c', 'x')).toEqual([false, false, true, false]);
  });

  it('agree with a plain list of the newest, whatever is claimed, kept and released', () => {
    const capacity = 40;
    const taken = new TakenIds(capacity);
    /** The ids as they stand in the ring; null: released. */
    let model: (string | null)[] = [];
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    for (let round = 0; round < 1000; round += 1) {
      const ids = Array.from({ length: 1 + random(6) }, () => `id-${random(90)}`);
      const claim = claimed(taken, ...ids);
      const start = model.length;
      const expected = ids.map((id) => {
        const isNew = !model.slice(-capacity).includes(id);
        if (isNew) model.push(id);
        return isNew;
      });
      expect(claim.isNew).toEqual(expected);
      if (random(3) === 0) {
        claim.release();
        model = model.map((id, index) => (index >= start ? null : id));
      } else {
        claim.keep();
      }
      expect(taken.size).toBe(model.slice(-capacity).filter((id) => id !== null).length);
    }
  });

  it('take 25 bytes an id', () => {
    const taken = new TakenIds(500_000);
    expect(taken.bytes).toBe(500_000 * 16 + 2 ** 20 * 4);
  });
});

describe('the print of an id', () => {
  it('differs in every one of its words between 50,000 ids that differ little, as chance would have it', () => {
    const print = new Uint32Array(PRINT_WORDS);
    const words = Array.from({ length: PRINT_WORDS }, () => new Set<number>());
    for (let index = 0; index < 50_000; index += 1) {
      writePrint(`observation-${index}`, print);
      print.forEach((word, lane) => words[lane]?.add(word));
    }
    // Of 50,000 words drawn at random not even one is equal to another, on the average.
    for (const lane of words) expect(lane.size).toBeGreaterThan(49_990);
  });

  it('differs when ids differ in length, order or beyond Latin letters', () => {
    const prints = ['', '\u0001', 'a', 'aa', 'aaa', 'ab', 'ba', 'é', 'ē', '💥', '💦'].map((id) => {
      const print = new Uint32Array(PRINT_WORDS);
      writePrint(id, print);
      return print.join();
    });
    expect(new Set(prints).size).toBe(prints.length);
  });
});
