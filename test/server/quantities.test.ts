import { describe, expect, it } from '@jest/globals';
import { parseDuration, parseSize } from '../../server/quantities.js';

describe('a duration', () => {
  it.each([
    ['30d', 2_592_000_000],
    ['12h', 43_200_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['0', 0],
    ['0d', 0],
  ])('%s is %i milliseconds', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', '30', '30 d', 'd', '-1d', '1y', '30D', '1d2', '1.d'])('is not "%s"', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe('a size', () => {
  it.each([
    ['1GB', 1_000_000_000],
    ['1.5 gb', 1_500_000_000],
    ['500MB', 500_000_000],
    ['64KiB', 65_536],
    ['2GiB', 2_147_483_648],
    ['1TB', 1_000_000_000_000],
    ['0', 0],
  ])('%s is %i bytes', (text, expected) => {
    expect(parseSize(text)).toBe(expected);
  });

  it.each(['', '1', 'GB', '-1GB', '1 G', '1GBs', '1e3MB', '99999999TB'])('is not "%s"', (text) => {
    expect(parseSize(text)).toBeNull();
  });
});
