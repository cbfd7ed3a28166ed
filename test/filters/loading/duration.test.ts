import { expect, it } from '@jest/globals';
import { parseDuration } from '../../../filters/loading/duration.js';

it.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['2d', 172_800_000],
])('%s lasts %i ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

it.each(['', '5', 's', '-5s', '5 s', '5S', '0s', '1e3s', '5sec', 'NaNs'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull();
});
