import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countLineFeeds } from '../../agent/count-line-feeds.js';

describe('counting line feeds', () => {
  it('gives what looking at each byte gives, wherever the range starts and ends', () => {
    const byte = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(9, 10, 11, 0x8a, 0, 255) }, fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(byte, { maxLength: 64 }),
        fc.nat(8),
        fc.nat(64),
        fc.nat(64),
        (values, shift, a, b) => {
          const bytes = new Uint8Array(new ArrayBuffer(values.length + shift), shift);
          bytes.set(values);
          const [start, end] = [Math.min(a, b, values.length), Math.min(Math.max(a, b), values.length)];
          const expected = values.slice(start, end).filter((value) => value === 10).length;
          expect(countLineFeeds(bytes, start, end)).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
