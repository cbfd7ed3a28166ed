import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogTimeReader, isTimeZone } from '../../plugins/log-time.js';

/** What the reader made of each time, as ISO text; `none` where it saw no time. */
function readAll(timeZone: string | null, ...times: readonly string[]): string[] {
  const reader = new LogTimeReader(timeZone);
  return times.map((time) => {
    const millis = reader.read(time);
    return Number.isNaN(millis) ? 'none' : new Date(millis).toISOString();
  });
}

describe('a log time', () => {
  it.each([
    ['UTC', '2017-05-26 17:26:04,937', '2017-05-26T17:26:04.937Z'],
    ['Europe/Berlin', '2024-07-01 12:00:00,000', '2024-07-01T10:00:00.000Z'],
    ['Europe/Berlin', '2024-01-01 00:30:00,001', '2023-12-31T23:30:00.001Z'],
    ['Asia/Kolkata', '2024-07-01 05:29:59,999', '2024-06-30T23:59:59.999Z'],
    ['America/New_York', '2024-02-29 23:00:00,500', '2024-03-01T04:00:00.500Z'],
    ['Pacific/Apia', '2011-12-31 00:00:00,000', '2011-12-30T10:00:00.000Z'],
    ['UTC', '1969-12-31 23:59:59,000', 'none'],
  ])('in %s, %s is %s', (timeZone, text, expected) => {
    expect(readAll(timeZone, text)).toEqual([expected]);
  });

  it("without a zone is the host's own", () => {
    const local = new Date(2024, 6, 1, 12, 34, 56, 789);
    expect(readAll(null, '2024-07-01 12:34:56,789')).toEqual([local.toISOString()]);
  });

  it('takes a point as well as a comma before the milliseconds, and any separator of date and time', () => {
    expect(readAll('UTC', '2024-07-01 12:00:00.250', '2024-07-01T12:00:00,250')).toEqual([
      '2024-07-01T12:00:00.250Z',
      '2024-07-01T12:00:00.250Z',
    ]);
  });

  it('is read from anywhere in a text', () => {
    expect(new LogTimeReader('UTC').read('[2024-07-01 12:00:00,250] x', 1)).toBe(1_719_835_200_250);
  });

  it.each([
    '2024-13-01 00:00:00,000',
    '2024-00-10 00:00:00,000',
    '2023-02-29 00:00:00,000',
    '2100-02-29 00:00:00,000',
    '2024-04-31 00:00:00,000',
    '2024-01-01 24:00:00,000',
    '2024-01-01 00:60:00,000',
    '2024-01-01 00:00:60,000',
    '2024-01-01 00:00:00,0x0',
    '2024-01-01 00:00:00',
    '20x4-01-01 00:00:00,000',
  ])('%s is none', (text) => {
    expect(readAll('UTC', text)).toEqual(['none']);
    expect(readAll('Europe/Berlin', text)).toEqual(['none']);
  });
});

describe('the hour that occurs twice when clocks are set back', () => {
  it('is its first occurrence when nothing was read before', () => {
    expect(readAll('Europe/Berlin', '2024-10-27 02:30:00,000')).toEqual(['2024-10-27T00:30:00.000Z']);
  });

  it('is its second occurrence once the log has stepped back', () => {
    expect(
      readAll(
        'Europe/Berlin',
        '2024-10-27 01:59:59,999',
        '2024-10-27 02:00:00,000',
        '2024-10-27 02:59:59,999',
        '2024-10-27 02:00:00,001',
        '2024-10-27 02:59:59,999',
        '2024-10-27 03:00:00,000',
      ),
    ).toEqual([
      '2024-10-26T23:59:59.999Z',
      '2024-10-27T00:00:00.000Z',
      '2024-10-27T00:59:59.999Z',
      '2024-10-27T01:00:00.001Z',
      '2024-10-27T01:59:59.999Z',
      '2024-10-27T02:00:00.000Z',
    ]);
  });

  it('is not taken for the second because threads write a little out of order', () => {
    expect(readAll('Europe/Berlin', '2024-10-27 02:30:00,007', '2024-10-27 02:29:59,950')).toEqual([
      '2024-10-27T00:30:00.007Z',
      '2024-10-27T00:29:59.950Z',
    ]);
  });

  it('stays the second after a restart', () => {
    const reader = new LogTimeReader('Europe/Berlin');
    reader.resumeAfter(Date.parse('2024-10-27T01:30:00Z'));
    expect(new Date(reader.read('2024-10-27 02:31:00,000')).toISOString()).toBe('2024-10-27T01:31:00.000Z');
  });

  it('may be a half hour', () => {
    expect(readAll('Australia/Lord_Howe', '2024-04-07 01:50:00,000', '2024-04-07 01:35:00,000')).toEqual([
      '2024-04-06T14:50:00.000Z',
      '2024-04-06T15:05:00.000Z',
    ]);
  });
});

describe('the hour that is left out when clocks are set forward', () => {
  it('is read with the offset that held before, and the hours around it are right', () => {
    expect(
      readAll(
        'Europe/Berlin',
        '2024-03-31 01:59:59,999',
        '2024-03-31 02:30:00,000',
        '2024-03-31 03:00:00,000',
        '2024-03-31 04:00:00,000',
      ),
    ).toEqual([
      '2024-03-31T00:59:59.999Z',
      '2024-03-31T01:30:00.000Z',
      '2024-03-31T01:00:00.000Z',
      '2024-03-31T02:00:00.000Z',
    ]);
  });
});

describe('any time', () => {
  it('is read back as it was written, in zones with and without clock changes', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kolkata', 'Australia/Lord_Howe'];
    const minute = fc.integer({ min: 1440, max: 33_333_333 });
    fc.assert(
      fc.property(fc.constantFrom(...zones), minute, (timeZone, minutes) => {
        const instant = minutes * 60_000;
        const written = new Date(instant)
          .toLocaleString('sv-SE', { timeZone, hourCycle: 'h23' })
          .concat(',000');
        const reader = new LogTimeReader(timeZone);
        // What was read just before decides which of two equal wall clocks is meant.
        reader.resumeAfter(instant - 1);
        const read = reader.read(written);
        const isSame = read === instant;
        const isOtherOfTwo = new Date(read).toLocaleString('sv-SE', { timeZone }) === written.slice(0, 19);
        return isSame || isOtherOfTwo;
      }),
    );
  });
});

describe('a time zone', () => {
  it('is known or not', () => {
    const names = ['UTC', 'Europe/Berlin', 'Mars/Olympus', ''];
    expect(names.map(isTimeZone)).toEqual([true, true, false, false]);
  });
});
