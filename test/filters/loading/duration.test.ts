import { expect, it } from '@jest/globals';
import { durationText, lengthOfTime, parseDuration } from '../../../filters/loading/duration.js';

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

it.each([
  ['1500', 1500],
  ['12.5', 12.5],
  ['1500ms', 1500],
  ['2 s', 2000],
  ['0.25 seconds', 250],
  ['3 Minutes', 180_000],
  ['1m30s', 90_000],
  [' 7 ', 7],
])('a record that says %j means %d ms', (text, expected) => {
  expect(lengthOfTime(text)).toBe(expected);
});

it.each(['', 'long', '5 parsecs', '-5', '1,5'])('%j in a record is no length of time', (text) => {
  expect(lengthOfTime(text)).toBe(0);
});

it.each([
  [500, '500ms'],
  [30_000, '30s'],
  [5_400_000, '1h30m'],
  [90_250, '1m30s250ms'],
  [0, '0s'],
])('%i ms are written %s', (durationMs, expected) => {
  expect(durationText(durationMs)).toBe(expected);
});
