import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LiteralScanner } from '../../filters/literal-scanner.js';

/** All [start, end) of occurrences within [from, to). */
function occurrences(
  literals: readonly string[],
  bytes: Buffer,
  from: number,
  to: number,
): [number, number][] {
  const region = bytes.subarray(0, Math.max(from, Math.min(to, bytes.length)));
  const found: [number, number][] = [];
  for (const literal of literals) {
    const needle = Buffer.from(literal);
    for (let at = from; at <= region.length - needle.length; at++) {
      if (region.subarray(at, at + needle.length).equals(needle)) found.push([at, at + needle.length]);
    }
  }
  return found;
}

function expectSameAsSearch(literals: readonly string[], bytes: Buffer, from: number, to: number): void {
  const hit = new LiteralScanner(literals).next(bytes, from, to);
  const all = occurrences(literals, bytes, from, to);
  if (all.length === 0) expect(hit).toBe(-1);
  else {
    expect(all.map(([start]) => start)).toContain(hit);
    expect(all.filter(([, end]) => end <= hit && hit > from)).toEqual([]);
  }
}

const letters = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet.split('')), minLength, maxLength });

describe('LiteralScanner', () => {
  it('finds what a plain search finds, whatever the literals and the region', () => {
    fc.assert(
      fc.property(
        fc.array(letters('ab\n', 1, 6), { minLength: 1, maxLength: 5 }),
        letters('abc\n', 0, 60),
        fc.nat(60),
        fc.nat(70),
        (literals, text, from, to) => {
          const bytes = Buffer.from(text);
          if (from <= bytes.length) expectSameAsSearch(literals, bytes, from, to);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds long literals in regions longer than its stride', () => {
    fc.assert(
      fc.property(
        fc.array(letters('abcd', 4, 12), { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(12_000), fc.nat(3)), { maxLength: 3 }),
        fc.nat(3000),
        (literals, plants, from) => {
          const bytes = Buffer.alloc(12_100, 'abcx-');
          for (const [at, which] of plants) bytes.write(literals[which % literals.length] ?? '', at);
          expectSameAsSearch(literals, bytes, from, bytes.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds an occurrence at every offset of a long region', () => {
    const scanner = new LiteralScanner(['needle in here', 'other words']);
    const bytes = Buffer.alloc(9000, 'the quick brown fox; ');
    for (let at = 0; at + 14 <= bytes.length; at += 7) {
      const original = Buffer.from(bytes.subarray(at, at + 14));
      bytes.write('needle in here', at);
      expect(scanner.next(bytes, 0, bytes.length)).toBe(at);
      original.copy(bytes, at);
    }
    expect(scanner.next(bytes, 0, bytes.length)).toBe(-1);
  });

  it('returns the occurrence in the first line that has any', () => {
    const bytes = Buffer.from('nothing\nthe second word\nthe first word\n');
    expect(new LiteralScanner(['first word', 'second word']).next(bytes, 0, bytes.length)).toBe(12);
  });

  it('sees only what lies entirely between from and to', () => {
    const bytes = Buffer.from('..needle..');
    const scanner = new LiteralScanner(['needle']);
    expect(scanner.next(bytes, 2, 8)).toBe(2);
    expect(scanner.next(bytes, 3, 10)).toBe(-1);
    expect(scanner.next(bytes, 0, 7)).toBe(-1);
    expect(scanner.next(bytes, 0, 1000)).toBe(2);
    expect(scanner.next(bytes, 11, 12)).toBe(-1);
  });

  it('looks for the UTF-8 of a literal in any bytes', () => {
    const bytes = Buffer.concat([
      Buffer.from([0xff, 0x00, 0xc3]),
      Buffer.from('größe 😀'),
      Buffer.from([0xfe]),
    ]);
    expect(new LiteralScanner(['öße']).next(bytes, 0, bytes.length)).toBe(5);
    expect(new LiteralScanner(['😀']).next(bytes, 0, bytes.length)).toBe(11);
  });

  it('finds nothing without literals, and the empty literal at once', () => {
    const bytes = Buffer.from('abc');
    expect(new LiteralScanner([]).next(bytes, 0, 3)).toBe(-1);
    expect(new LiteralScanner(['x', '']).next(bytes, 1, 3)).toBe(1);
  });

  it('gives the same answers whatever it was shown first', () => {
    const bytes = Buffer.from(`${'a long line of the usual kind\n'.repeat(400)}rare needle\n`);
    const literals = ['usual needle', 'rare needle'];
    const fresh = new LiteralScanner(literals);
    const used = new LiteralScanner(literals);
    expect(used.next(Buffer.from('rare'), 0, 4)).toBe(-1);
    expect(used.next(Buffer.alloc(8192, 'rare needles are not here'), 0, 8192)).toBe(0);
    expect(used.next(bytes, 0, bytes.length)).toBe(fresh.next(bytes, 0, bytes.length));
    expect(fresh.next(bytes, 0, bytes.length)).toBe(12_000);
  });
});
