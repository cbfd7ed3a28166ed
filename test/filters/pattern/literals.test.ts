import { describe, expect, it } from '@jest/globals';
import { requiredLiterals } from '../../../filters/pattern/literals.js';
import { patternOf } from '../../../filters/pattern/pattern.js';

function literalsOf(pattern: string): readonly string[] | null {
  return requiredLiterals(patternOf(pattern).tree.root);
}

describe('the literal text that a pattern needs', () => {
  it.each<[string, string, readonly string[]]>([
    ['is the whole of a plain text', 'Slow node', ['Slow node']],
    ['is not cut by anchors', '^Slow node$', ['Slow node']],
    ['is the most telling stretch', 'ab\\d+ GOODBYE .*x', [' GOODBYE ']],
    ['has one text for each branch', '^(?:Slow|Quick) node', ['Slow node', 'Quick node']],
    [
      'is what surrounds a choice too large to multiply out',
      'x(?:[a-z]|[0-9]+)shutting down',
      ['shutting down'],
    ],
    ['may come from within a group', '(?P<all>(\\d+) txns loaded)', [' txns loaded']],
    ['joins text with what follows in a group', 'Open (?:channel )to', ['Open channel to']],
    ['reads an optional part both ways', 'colou?r x', ['color x', 'colour x']],
    ['reads a small class every way', 'node [ab]: ', ['node a: ', 'node b: ']],
    ['takes the first and last round of a repetition', '\\d(?: retry)+ now', [' retry now']],
    ['takes a repetition that has to happen', '(?:abc){2,}', ['abc']],
    ['has nothing of what may be absent', '(?:maybe )?sure', ['sure', 'maybe sure']],
    ['is not cut by a lookahead', 'before(?=x) after', ['before after']],
    ['is what stands beside a back-reference', '(a|b) is \\1 again', [' again', 'a is ', 'b is ']],
    ['stops at a line feed', 'one\\nanother', ['another']],
    ['stops at a replacement character', 'ab\uFFFDdef', ['def']],
    ['keeps characters beyond 16 bits', '\\d disk 😀', [' disk 😀']],
  ])('%s', (_name, pattern, expected) => {
    const found = literalsOf(pattern);
    if (expected.includes(' again')) expect([[' again'], ['a is ', 'b is ']]).toContainEqual(found);
    else expect([...(found ?? [])].sort()).toEqual([...expected].sort());
  });

  it.each([
    ['is too short', 'ab'],
    ['is absent in one branch', 'abcdef|\\d+'],
    ['may be left out', '(?:abcdef)?'],
    ['is short and may be in either case', '(?i)ab'],
    ['repeats zero times', '(?:abcdef)*x'],
    ['is all classes', '^\\w+ \\d+$'],
  ])('is none when it %s', (_name, pattern) => {
    expect(literalsOf(pattern)).toBeNull();
  });

  it('is found quickly however deep repetitions are nested', () => {
    expect(literalsOf(`${'('.repeat(200)}abcd${')+'.repeat(200)}`)).toEqual(['abcd']);
  });

  it('is written in every way when case does not matter', () => {
    expect(literalsOf('(?i)\\d-12b\\d')).toEqual(['-12B', '-12b']);
    expect(literalsOf('(?i)ERROR')).toHaveLength(16);
  });

  it('prefers words of a message to a longer name of a class', () => {
    expect(literalsOf('QuorumPeerMainThread\\d+ too busy to snap')).toEqual([' too busy to snap']);
  });
});
