import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { forEachLine, lineAt } from '../../../agent/tail/line-region.js';
import type { LineRegion } from '../../../agent/tail/line-region.js';
import { LineSplitter, decodeLine } from '../../../agent/tail/line-splitter.js';

interface Line {
  readonly text: string;
  readonly offset: number;
  readonly endOffset: number;
}

function linesOf(regions: readonly LineRegion[]): Line[] {
  const lines: Line[] = [];
  for (const region of regions) {
    forEachLine(region, ({ start, end, offset, endOffset }) => {
      lines.push({ text: region.bytes.toString('latin1', start, end).replace(/\r$/, ''), offset, endOffset });
    });
  }
  return lines;
}

function texts(regions: readonly LineRegion[]): string[] {
  return linesOf(regions).map(({ text }) => text);
}

/** Feeds the chunks one after the other, then ends. Lines are taken before the next chunk comes. */
function split(chunks: readonly Buffer[], maxLineBytes?: number): Line[] {
  const splitter = new LineSplitter(maxLineBytes === undefined ? {} : { maxLineBytes });
  const lines: Line[] = [];
  let offset = 0;
  for (const chunk of chunks) {
    // A copy that is wiped afterwards, as the reader's buffer is used again.
    const bytes = Buffer.from(chunk);
    lines.push(...linesOf(splitter.push(bytes, offset)));
    bytes.fill(0x3f);
    offset += chunk.length;
  }
  const rest = splitter.end();
  if (rest !== null) lines.push(...linesOf([rest]));
  return lines;
}

/** The plain way: all bytes at once, cut at each line feed. */
function splitPlainly(bytes: Buffer, maxLineBytes: number): Line[] {
  const lines: Line[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const lineFeed = bytes.indexOf(10, offset);
    const end = lineFeed === -1 ? bytes.length : lineFeed;
    const kept = bytes.toString('latin1', offset, Math.min(end, offset + maxLineBytes));
    const endOffset = lineFeed === -1 ? end : end + 1;
    lines.push({ text: kept.replace(/\r$/, ''), offset, endOffset });
    offset = endOffset;
  }
  return lines;
}

describe('a line splitter', () => {
  it('gives the lines of a chunk as one region, without copying them', () => {
    const bytes = Buffer.from('one\ntwo\nthree\n');
    const regions = new LineSplitter().push(bytes, 100);
    expect(regions).toHaveLength(1);
    expect(regions[0]).toMatchObject({ start: 0, end: 14, offset: 100, endOffset: 114, cutBytes: 0 });
    expect(regions[0]?.bytes).toBe(bytes);
  });

  it('puts the line that the last chunk left unfinished first', () => {
    const splitter = new LineSplitter();
    expect(texts(splitter.push(Buffer.from('one\ntw'), 0))).toEqual(['one']);
    expect(splitter.unfinishedBytes).toBe(2);
    const regions = splitter.push(Buffer.from('o\nthree\nfo'), 6);
    expect(linesOf(regions)).toEqual([
      { text: 'two', offset: 4, endOffset: 8 },
      { text: 'three', offset: 8, endOffset: 14 },
    ]);
    expect(splitter.unfinishedBytes).toBe(2);
  });

  it('keeps empty lines, and takes a lone carriage return for an ordinary byte', () => {
    const bytes = Buffer.from('\n\na\rb\n\nlast\n');
    expect(split([bytes]).map(({ text }) => text)).toEqual(['', '', 'a\rb', '', 'last']);
  });

  it('takes a line end whose two bytes come in two chunks for one', () => {
    expect(split([Buffer.from('one\r'), Buffer.from('\ntwo')]).map(({ text }) => text)).toEqual([
      'one',
      'two',
    ]);
  });

  it('gives an unfinished line when told that nothing will follow, and nothing after that', () => {
    const splitter = new LineSplitter();
    splitter.push(Buffer.from('one\ntwo'), 0);
    const rest = splitter.end();
    expect(rest).toMatchObject({ offset: 4, endOffset: 7 });
    expect(rest === null ? [] : texts([rest])).toEqual(['two']);
    expect(splitter.end()).toBeNull();
  });

  it('cuts a line that is too long within a chunk, counts it, and leaves its neighbours whole', () => {
    const splitter = new LineSplitter({ maxLineBytes: 8 });
    const regions = splitter.push(Buffer.from('12345678\n123456789\nshort\n'), 0);
    expect(linesOf(regions)).toEqual([
      { text: '12345678', offset: 0, endOffset: 9 },
      { text: '12345678', offset: 9, endOffset: 19 },
      { text: 'short', offset: 19, endOffset: 25 },
    ]);
    expect(splitter).toMatchObject({ cutLines: 1, cutBytes: 1 });
  });

  it('takes bounded memory for a line without end, and reads on after it', () => {
    const splitter = new LineSplitter({ maxLineBytes: 1000 });
    const chunk = Buffer.alloc(256 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 4096; round += 1) {
      expect(splitter.push(chunk, round * chunk.length)).toEqual([]);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
    expect(splitter.unfinishedBytes).toBe(2 ** 30);
    const regions = splitter.push(Buffer.from('\nnext\n'), 2 ** 30);
    expect(linesOf(regions)).toEqual([
      { text: 'x'.repeat(1000), offset: 0, endOffset: 2 ** 30 + 1 },
      { text: 'next', offset: 2 ** 30 + 1, endOffset: 2 ** 30 + 6 },
    ]);
    expect(splitter).toMatchObject({ cutLines: 1, cutBytes: 2 ** 30 - 1000 });
  });

  it('gives the same lines however the bytes are cut into chunks', () => {
    const bytes = fc.array(fc.constantFrom(10, 13, 0, 65, 66, 195, 169, 255), { maxLength: 200 });
    fc.assert(
      fc.property(
        bytes,
        fc.array(fc.nat(200), { maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        (all, cuts, max) => {
          const whole = Buffer.from(all);
          const edges = [0, ...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].sort(
            (a, b) => a - b,
          );
          const chunks = edges.slice(1).map((edge, index) => whole.subarray(edges[index], edge));
          expect(split(chunks, max)).toEqual(splitPlainly(whole, max));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('lineAt', () => {
  it('finds the line that any byte of a region belongs to', () => {
    const [region] = new LineSplitter().push(Buffer.from('one\r\ntwo\n\nthree\n'), 50);
    if (region === undefined) throw new Error('no region');
    const first = { start: 0, end: 4, offset: 50, endOffset: 55 };
    const second = { start: 5, end: 8, offset: 55, endOffset: 59 };
    const empty = { start: 9, end: 9, offset: 59, endOffset: 60 };
    const last = { start: 10, end: 15, offset: 60, endOffset: 66 };
    const expected = [
      first,
      first,
      first,
      first,
      first,
      second,
      second,
      second,
      second,
      empty,
      last,
      last,
      last,
      last,
      last,
      last,
    ];
    expect(expected.map((_, position) => lineAt(region, position))).toEqual(expected);
  });
});

describe('decodeLine', () => {
  const decode = (bytes: Buffer) => decodeLine(bytes, 0, bytes.length);

  it('leaves out the byte order mark at the start of a file', () => {
    expect(decode(Buffer.from('\uFEFF2026-01-15 ready'))).toBe('2026-01-15 ready');
    expect(decode(Buffer.from('\uFEFF'))).toBe('');
    expect(decode(Buffer.from([0xef, 0xbb]))).toBe('\uFFFD');
  });

  it('reads UTF-8 and puts U+FFFD for what is none', () => {
    expect(decode(Buffer.from('Zoë → 漢'))).toBe('Zoë → 漢');
    expect(decode(Buffer.from([0x61, 0xff, 0x62]))).toBe('a\ufffdb');
  });

  it('leaves out a carriage return at the end and zeros at the start, and keeps others', () => {
    expect(decode(Buffer.from('text\r'))).toBe('text');
    expect(decode(Buffer.from('\0\0\0text\0!'))).toBe('text\0!');
    expect(decode(Buffer.from('\0\0'))).toBe('');
  });

  it('takes line separators of Unicode and escape sequences for ordinary characters', () => {
    expect(decode(Buffer.from('a\u2028b\u001b[31mc'))).toBe('a\u2028b\u001b[31mc');
  });
});
