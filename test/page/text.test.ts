import { describe, expect, it } from '@jest/globals';
import { shortened, visible } from '../../page/text/visible-text.js';
import { duration, shortDuration } from '../../page/text/times.js';

describe('a text of unknown origin', () => {
  it.each([
    ['peer@1', 'peer@1'],
    ['名前 ünïcode 🙂', '名前 ünïcode 🙂'],
    ['a\u202Egnp.exe', 'a‹202e›gnp.exe'],
    ['a\u2066b\u2069\u200b\ufeff', 'a‹2066›b‹2069›‹200b›‹feff›'],
    ['\u001b[31mred', '␛[31mred'],
    ['a\nb\rc\0d\u007f', 'a␊b␍c␀d␡'],
    ['a\tb', 'a  b'],
    ['\u0085', '‹0085›'],
    ['<b>&amp;', '<b>&amp;'],
  ])('%j is shown as %j', (text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  it.each([
    ['dn@10.0.0.21:9866', 17, 'dn@10.0.0.21:9866'],
    ['dn@10.0.0.21:9866', 9, 'dn@1…9866'],
    ['🙂🙂🙂🙂🙂', 3, '🙂…🙂'],
  ])('%s in %i characters is %s', (text, length, expected) => {
    expect(shortened(text, length)).toBe(expected);
  });
});

describe('a duration', () => {
  it.each([
    [-5, 'just now', 'now'],
    [999, 'just now', 'now'],
    [59_999, '59 s', '59 s'],
    [60_000, '1 min', '1 min'],
    [252_000, '4 min 12 s', '4 min'],
    [7_260_000, '2 h 1 min', '2 h'],
    [26 * 3_600_000, '1 d 2 h', '26 h'],
    [400 * 86_400_000, '400 d', '400 d'],
  ])('of %i ms is %s, in short %s', (millis, long, short) => {
    expect(duration(millis)).toBe(long);
    expect(shortDuration(millis)).toBe(short);
  });
});
