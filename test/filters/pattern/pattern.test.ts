import { describe, expect, it } from '@jest/globals';
import { compilePattern, patternOf } from '../../../filters/pattern/pattern.js';

/** What the whole match and each group took; null: no match. */
function captures(pattern: string, text: string): (string | undefined)[] | null {
  const match = patternOf(pattern).capturer.exec(text);
  return match === null ? null : [...match];
}

function found(pattern: string, text: string): boolean {
  const { tester, capturer } = patternOf(pattern);
  const isFound = tester.test(text);
  expect(capturer.test(text)).toBe(isFound);
  return isFound;
}

function fault(pattern: string): { message: string; position: number } | null {
  const compiled = compilePattern(pattern);
  return compiled.kind === 'invalid' ? compiled.fault : null;
}

describe('a pattern that RE2 takes means what it means there', () => {
  // [pattern, text, what Go's FindString gives; null: no match]
  const table: readonly [string, string, string | null][] = [
    ['a.c', 'a\rc', 'a\rc'],
    ['a.c', 'a\u2028c', 'a\u2028c'],
    ['a.c', 'a\nc', null],
    ['(?s)a.c', 'a\nc', 'a\nc'],
    ['a(?s:.)c.', 'a\nc\n', null],
    ['^b', 'a\nb', null],
    ['(?m)^b', 'a\nb', 'b'],
    ['(?m)^b', 'a\rb', null],
    ['a$', 'a\n', null],
    ['(?m)a$', 'a\nb', 'a'],
    ['(?m)a$', 'a\rb', null],
    ['\\Aa\\z', 'a', 'a'],
    ['(?m)\\Ab', 'a\nb', null],
    ['a\\sb', 'a\u00a0b', null],
    ['a\\sb', 'a\vb', null],
    ['a[[:space:]]b', 'a\vb', 'a\vb'],
    ['\\S', '\u00a0', '\u00a0'],
    ['\\w+', 'größe', 'gr'],
    ['\\d', '٣', null],
    ['\\bfoo\\b', 'é foo!', 'foo'],
    ['\\v', '\v', '\v'],
    ['\\a', '\u0007', '\u0007'],
    ['\\x41\\x{42}\\103', 'ABC', 'ABC'],
    ['\\x{1F600}', 'x😀', '😀'],
    ['^.$', '😀', '😀'],
    ['^[^a]$', '😀', '😀'],
    ['\\Qa.b[\\E+', 'xa.b[[', 'a.b[['],
    ['\\Qa|b', 'a|b', 'a|b'],
    ['[]a]+', ']a', ']a'],
    ['[^]a]', ']ab', 'b'],
    ['[a-]+', 'b-a', '-a'],
    ['[\\w-]+', 'a-b c', 'a-b'],
    ['[[:alpha:][:digit:]]+', '-a1_', 'a1'],
    ['[[:^alpha:]]', 'a1', '1'],
    ['[[:word:]]+', 'a_1-', 'a_1'],
    ['\\pL+', '1é2', 'é'],
    ['\\PL', 'é1', '1'],
    ['\\p{Greek}', 'aσ', 'σ'],
    ['\\p{^Greek}', 'σa', 'a'],
    ['[^\\p{Lu}]', 'Aa', 'a'],
    ['(?i)straSSe', 'STRAſſE', 'STRAſſE'],
    ['(?i)k', '\u212a', '\u212a'],
    ['(?i)σ', 'ς', 'ς'],
    ['(?i)İ', 'i', null],
    ['(?i)[a-c]+', 'xABC', 'ABC'],
    ['(?i)[^a]', 'Ab', 'b'],
    ['(?i)\\p{Lu}', 'a', 'a'],
    ['(?i)\\P{Lu}', 'aA1', '1'],
    ['(?i)\\W', 'ks', null],
    ['a(?i:b)c', 'aBc', 'aBc'],
    ['a(?i:b)c', 'aBC', null],
    ['a(?i)b|c', 'C', 'C'],
    ['(a(?i)b)c', 'aBC', null],
    ['(?i)a(?-i)b', 'AB', null],
    ['(?U)a+', 'aaa', 'a'],
    ['(?U)a+?', 'aaa', 'aaa'],
    ['a{2,3}', 'aaaa', 'aaa'],
    ['a{,2}', 'a{,2}', 'a{,2}'],
    ['a{x', 'a{x', 'a{x'],
    ['}]', '}]', '}]'],
    ['\\_\\-\\/\\"', '_-/"', '_-/"'],
    ['^*a', 'a', 'a'],
    ['(|a)b', 'ab', 'ab'],
    ['a||b', 'b', ''],
    ['(?:a??)?b', 'ab', 'ab'],
  ];

  it.each(table)('%j in %j finds %j', (pattern, text, expected) => {
    expect(patternOf(pattern).tree.dialect).toBe('re2');
    expect(captures(pattern, text)?.[0] ?? null).toBe(expected);
    expect(found(pattern, text)).toBe(expected !== null);
  });

  it('numbers its groups from left to right, named or not', () => {
    const pattern = patternOf('(a)(?P<one>b)(?:c)(?<two>d)');
    expect([...pattern.tree.groupNames]).toEqual([
      ['one', 2],
      ['two', 3],
    ]);
    expect(captures('(a)(?P<one>b)(?:c)(?<two>d)', 'abcd')).toEqual(['abcd', 'a', 'b', 'd']);
  });

  it('takes group names that JavaScript would refuse', () => {
    expect([...patternOf('(?P<1st>a)').tree.groupNames]).toEqual([['1st', 1]]);
  });

  it('captures the empty text in an optional group that matches nothing, as RE2 does', () => {
    expect(captures('x(a*)?', 'x')).toEqual(['x', '']);
    expect(captures('x(a+)?', 'x')).toEqual(['x', undefined]);
  });
});

describe('a pattern with what only JavaScript has', () => {
  it.each([
    ['a(?=b)', 'ab', 'a'],
    ['a(?!b)', 'abac', 'a'],
    ['(?<=a)b', 'bab', 'b'],
    ['(?<!a)b', 'abb', 'b'],
    ['(a|b)\\1', 'abb', 'bb'],
    ['(a)\\12', 'aa2', null],
    ['(?<x>a|b)\\k<x>', 'abb', 'bb'],
    ['\\u0041\\u{42}', 'AB', 'AB'],
    ['\\cJ', '\n', '\n'],
    ['[\\b]', '\b', '\b'],
    ['a[^]', 'a\n', 'a\n'],
    ['a[]|b', 'ab', 'b'],
  ])('%j in %j finds %j', (pattern, text, expected) => {
    expect(captures(pattern, text)?.[0] ?? null).toBe(expected);
    expect(found(pattern, text)).toBe(expected !== null);
  });

  it('is JavaScript as a whole: . and \\s take what they take there', () => {
    expect(patternOf('(?=a).').tree.dialect).toBe('javascript');
    expect(found('a.c', 'a\rc')).toBe(true);
    expect(found('(?=a)a.c', 'a\rc')).toBe(false);
    expect(found('a\\sc', 'a\u00a0c')).toBe(false);
    expect(found('(?=a)a\\sc', 'a\u00a0c')).toBe(true);
  });

  it('may still write groups and flags as RE2 does', () => {
    expect(captures('(?i)(?P<x>a)(?=b)', 'AB')).toEqual(['A', 'A']);
  });
});

describe('a pattern that cannot be used is refused at the right place', () => {
  it.each([
    ['a(b', 1, 'missing ) for this ('],
    ['ab)c', 2, 'unexpected )'],
    ['a[bc', 1, 'missing ] for this ['],
    ['*a', 0, 'nothing stands before * to be repeated'],
    ['a|+', 2, 'nothing stands before + to be repeated'],
    ['a**', 2, '** repeats a repetition'],
    ['a+?+', 3, '+?+ repeats a repetition'],
    ['a{1001}', 1, '{1001} repeats more than 1000 times'],
    ['a{3,2}', 1, '{3,2} has its bounds the wrong way round'],
    ['(?:x(a{10})){101}', 12, '{101} and the repetitions inside it multiply to over 1000'],
    ['[z-a]', 1, 'range z-a runs backwards'],
    ['[a-\\d]', 3, 'a range cannot end in a class of characters'],
    ['[[:foo:]]', 1, 'there is no character class [:foo:]'],
    ['x\\p{Klingon}', 1, 'there is no Unicode class \\p{Klingon}'],
    ['x\\y', 1, '\\y is no escape that is known'],
    ['x\\', 1, 'the pattern ends with a single backslash'],
    ['\\x{110000}', 0, 'there is no character 110000'],
    ['\\C', 0, '\\C (a single byte) is not supported'],
    ['a\\Z', 1, '\\Z is not supported; write \\z or $'],
    ['(?P<a-b>x)', 4, 'group name "a-b" has other than letters, digits and _'],
    ['(?P<n>x)(?P<n>y)', 12, 'two groups are named n'],
    ['(?P<n', 0, 'missing > after the name of this group'],
    ['(?>a)', 0, '(?>a starts no group that is known'],
    ['(a)\\2', 3, 'there is no group 2 to refer to'],
    ['\\k<n>', 0, 'there is no group n to refer to'],
  ])('%j at %i: %s', (pattern, position, message) => {
    expect(fault(pattern)).toEqual({ message, position });
  });

  it('refuses groups nested too deep instead of running out of stack', () => {
    expect(fault('('.repeat(50_000))?.message).toBe('groups stand more than 250 deep');
  });

  it('refuses what V8 finds too large', () => {
    expect(fault('()'.repeat(40_000))?.message).toMatch(/Too many captures/);
  });
});

describe('testing without captures', () => {
  it('is not quadratic in a long text for a pattern that starts with .*', () => {
    const text = 'a'.repeat(2_000_000);
    expect(patternOf('.* GOODBYE .*').tester.test(text)).toBe(false);
  });
});
