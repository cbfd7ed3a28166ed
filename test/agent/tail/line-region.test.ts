import { describe, expect, it } from '@jest/globals';
import { piecesOf } from '../../../agent/tail/line-region.js';
import type { LineRegion } from '../../../agent/tail/line-region.js';

/** The lines of `text` that stand at byte 1000 of a file, after three bytes that are none of them. */
function region(text: string): LineRegion {
  const bytes = Buffer.from(`xx\n${text}`);
  return { bytes, start: 3, end: bytes.length, offset: 1000, endOffset: 1000 + text.length, cutBytes: 0 };
}

/** Text and place of each piece. */
function pieces(text: string, maxBytes: number): [string, number, number][] {
  return [...piecesOf(region(text), maxBytes)].map(({ bytes, start, end, offset, endOffset }) => [
    bytes.toString('utf8', start, end),
    offset,
    endOffset,
  ]);
}

describe('a region of lines in pieces', () => {
  it('is one piece when it is small enough', () => {
    expect(pieces('a\nb\n', 4)).toEqual([['a\nb\n', 1000, 1004]]);
  });

  it('is cut after lines, as many as fit, each piece with its place in the file', () => {
    expect(pieces('aa\nb\ncccc\nd\n', 6)).toEqual([
      ['aa\nb\n', 1000, 1005],
      ['cccc\n', 1005, 1010],
      ['d\n', 1010, 1012],
    ]);
  });

  it('gives a line that is longer a piece of its own, first, in between and last', () => {
    expect(pieces('aaaaaaa\nb\nccccccc\n', 3)).toEqual([
      ['aaaaaaa\n', 1000, 1008],
      ['b\n', 1008, 1010],
      ['ccccccc\n', 1010, 1018],
    ]);
  });

  it('ends where the region ends in the file, whatever was cut off its line', () => {
    const cut = { ...region('aaaa\n'), endOffset: 1500, cutBytes: 495 };
    expect([...piecesOf(cut, 2)]).toEqual([cut]);
  });
});
