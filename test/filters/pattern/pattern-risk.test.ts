import { describe, expect, it } from '@jest/globals';
import { patternOf } from '../../../filters/pattern/pattern.js';
import { findBacktrackingRisk } from '../../../filters/pattern/pattern-risk.js';

function riskAt(pattern: string): number | null {
  return findBacktrackingRisk(patternOf(pattern).tree.root)?.position ?? null;
}

describe('a repetition that can split one text in exponentially many ways', () => {
  it.each([
    ['(a+)+$', 4],
    ['x(?:\\w+\\s?)*y', 11],
    ['(a|a)*b', 5],
    ['(?:\\d|\\w)+$', 9],
    ['(.*,)*$', 5],
    ['(?:a*){20}b', 6],
  ])('is named in %j', (pattern, position) => {
    expect(riskAt(pattern)).toBe(position);
  });

  it.each([
    '(?:\\w+\\s)*',
    '\\d+(?:\\.\\d+)*',
    '[^\\]]*(?:\\][^\\]]*)*\\]$',
    '(?:[^,]*,)*',
    '.*a.*b.*',
    '(?:a+)?',
    '(?:a|b)*',
    '(?:\\w+\\s?){2}',
  ])('is not seen in %j', (pattern) => {
    expect(riskAt(pattern)).toBeNull();
  });
});
