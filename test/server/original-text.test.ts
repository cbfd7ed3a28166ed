import { describe, expect, it } from '@jest/globals';
import { parseOriginalMetrics, parseOriginalTime } from '../../server/persistence/original-text.js';

describe('metrics as the original writes them', () => {
  it.each<[string, unknown]>([
    ['', []],
    ['a: HEALTHY, 1.0; ', [['a', 2, 1]]],
    [
      'Quorum: MAYBE_UNHEALTHY, 20.5; Snapshot: DEAD, 0.0; ',
      [
        ['Quorum', 4, 20.5],
        ['Snapshot', 7, 0],
      ],
    ],
    ['a: NA, -1.0; ', [['a', 1, -1]]],
    // What the name holds does not end it.
    ['disk: C; x, 1.0; : UNHEALTHY, 52.5; ', [['disk: C; x, 1.0; ', 5, 52.5]]],
    ['two\nlines: PENDING, 3.0; ', [['two\nlines', 3, 3]]],
    // As if the last blank had been cut.
    ['a: DYING, 1.0;', [['a', 6, 1]]],
  ])('%j are read completely', (text, expected) => {
    expect(parseOriginalMetrics(text)).toEqual(expected);
  });

  it.each([
    'a: HEALTHY, 1.0; rest',
    'a: HEALTHY, 1.0',
    'a: WELL, 1.0; ',
    'a: INVALID, 0.0; ',
    'a: 9, 1.0; ',
    'a: HEALTHY, NaN; ',
    'a: HEALTHY, +Inf; ',
    ': HEALTHY, 1.0; ',
    'healthy',
  ])('%j are not understood', (text) => {
    expect(parseOriginalMetrics(text)).toBeNull();
  });

  it('with a very long name take no time', () => {
    expect(parseOriginalMetrics(`${'a: HEALTHY, '.repeat(20_000)}1.0; `)).toHaveLength(1);
    expect(parseOriginalMetrics('x'.repeat(500_000))).toBeNull();
  });
});

describe('times as the original writes them', () => {
  it.each([
    ['2020-01-01 00:00:01+00:00', 1_577_836_801, 0],
    ['2020-01-01 00:00:01.25+00:00', 1_577_836_801, 250_000_000],
    ['2020-01-01T00:00:01.123456789Z', 1_577_836_801, 123_456_789],
    ['2020-01-01 02:00:01+02:00', 1_577_836_801, 0],
    ['2019-12-31 19:30:01-04:30', 1_577_836_801, 0],
    ['2020-01-01 00:00:01', 1_577_836_801, 0],
    ['2020-01-01 00:00:01 +0000 UTC', 1_577_836_801, 0],
    ['2020-02-29 00:00:00Z', 1_582_934_400, 0],
  ])('%s is %i s and %i ns', (text, seconds, nanos) => {
    expect(parseOriginalTime(text)).toEqual({ seconds, nanos });
  });

  it.each([
    '',
    'now',
    '2020-01-01',
    '1577836801',
    '2021-02-29 00:00:00Z',
    '2020-13-01 00:00:00Z',
    '2020-01-01 24:00:00Z',
    '2020-01-01 00:60:00Z',
    '2020-01-01 00:00:61Z',
    '2020-01-01 00:00:01+00:00x',
  ])('"%s" is none', (text) => {
    expect(parseOriginalTime(text)).toBeNull();
  });
});
