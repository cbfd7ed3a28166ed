import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeEntry,
  encodeEntries,
  encodeGap,
  encodeId,
  namesIn,
  visitRecords,
} from '../../../agent/spool/record-codec.js';
import type { RecordPlace } from '../../../agent/spool/record-codec.js';
import { numberedEntries, spoolEntry } from '../../support/spool-entries.js';

const recordsOf = (from: number, through: number): Buffer[] =>
  encodeEntries(numberedEntries(from, through), from).map(({ record }) => record);

function placesIn(bytes: Buffer, isEnd = true): { places: RecordPlace[]; next: number } {
  const places: RecordPlace[] = [];
  const next = visitRecords(bytes, 0, bytes.length, isEnd, (place) => {
    places.push(place);
    return true;
  });
  return { places, next };
}

describe('records of a spool', () => {
  it('come back as they were written', () => {
    const bytes = Buffer.concat([...recordsOf(1, 2), encodeGap(3, 7), encodeId(8, 'log', 'x')]);
    const { places, next } = placesIn(bytes);
    expect(places.map(({ kind, from, sequence }) => [kind, from, sequence])).toEqual([
      ['entry', 1, 1],
      ['entry', 2, 2],
      ['gap', 3, 7],
      ['id', 8, 8],
    ]);
    expect(next).toBe(bytes.length);
    const [first] = places;
    const last = places.at(-1);
    if (first === undefined || last === undefined) throw new Error('no records');
    expect(decodeEntry(bytes, first)).toMatchObject({ ...numberedEntries(1, 1)[0], sequence: 1 });
    expect(namesIn(bytes, last)).toEqual({ source: 'log', id: 'x' });
  });

  it('keep a score that is no number as one that is none', () => {
    const [{ record } = { record: Buffer.alloc(0) }] = encodeEntries([spoolEntry({ score: NaN })], 1);
    const [place] = placesIn(record).places;
    if (place === undefined) throw new Error('no record');
    expect(decodeEntry(record, place).report.observation.metrics[0]?.score).toBeNaN();
  });

  it('are left for later when more bytes may come', () => {
    const bytes = Buffer.concat(recordsOf(1, 2));
    const whole = recordsOf(1, 1)[0]?.length ?? 0;
    const { places, next } = placesIn(bytes.subarray(0, bytes.length - 1), false);
    expect(places).toHaveLength(1);
    expect(next).toBe(whole);
  });

  it('are found again after any damage, and no other ones', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.uint8Array({ maxLength: 40 }),
        (torn, flips, junk) => {
          const records = recordsOf(1, 10);
          const damaged = Buffer.from(records[torn] ?? Buffer.alloc(0));
          for (const [at, by] of flips) {
            const index = at % damaged.length;
            damaged[index] = (damaged[index] ?? 0) ^ by;
          }
          const isSame = damaged.equals(records[torn] ?? Buffer.alloc(0));
          const bytes = Buffer.concat(records.map((record, index) => (index === torn ? damaged : record)));
          const { places } = placesIn(Buffer.concat([Buffer.from(junk), bytes]));
          const expected = records.map((_, index) => index + 1).filter((n) => isSame || n !== torn + 1);
          expect(places.map(({ sequence }) => sequence)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});
