import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BacktrackingProgram } from '../../../filters/lint/backtracking-steps.js';
import { attackText, findGrowth, type Attack } from '../../../filters/lint/pattern-growth.js';
import { describePower } from '../../../filters/lint/slow-patterns.js';
import { patternOf } from '../../../filters/pattern/pattern.js';

function attackOn(pattern: string): Attack {
  const growth = findGrowth(patternOf(pattern).core, false);
  if (growth.kind !== 'slow') throw new Error(`${pattern} is ${growth.kind}`);
  return growth.attack;
}

describe('a pattern that no line can make slow', () => {
  it.each([
    '^foo.*bar',
    'fsync took \\d+ms',
    '^Slow .* to (?P<host>\\S+)$',
    '^[^ ]+ [^ ]+ x',
    '^(?:\\w+\\s)+x',
    '^(?:[a-z]+\\.)*[a-z]+$',
    '^[^\\]]*(?:\\][^\\]]*)*\\]$',
    '.*foo.*',
    '^.{0,100}a.{0,100}b',
    '^(?:LOOKING|PeerState set to LOOKING)$',
    '^\\d{1,3}(?:\\.\\d{1,3}){3}:\\d+$',
    '(?:a|b)*',
  ])('is found to be linear: %s', (pattern) => {
    expect(findGrowth(patternOf(pattern).core, false)).toEqual({ kind: 'linear' });
  });
});

describe('a pattern that a hostile line can make slow', () => {
  it.each([
    ['foo.*bar', 'quadratic'],
    ['\\s+$', 'quadratic'],
    ['\\d+ms', 'quadratic'],
    ['^.*a.*b', 'quadratic'],
    ['/\\S+:\\d+', 'quadratic'],
    ['\\p{L}+\\d', 'quadratic'],
    ['a.*b.*c', 'cubic'],
    ['(a+)+$', 'exponential'],
    ['^(\\w+\\s?)*$', 'exponential'],
    ['x(?:\\w+\\s?)*y', 'exponential'],
    ['^(a|b|ab)*c', 'exponential'],
    ['(?:a*){20}b', 'exponential'],
    ['^((ab)*|(a|b)*)*$', 'exponential'],
    // Found with an example of the format's own documentation.
    ['election address .*/(?P<host>[^:]+):(?P<port>\\d+)', 'cubic'],
  ])('%s is found to be %s', (pattern, power) => {
    expect(describePower(attackOn(pattern))).toBe(power);
  });

  it('is shown by a text: its steps, counted, grow as is said', () => {
    const attack = attackOn('foo.*bar');
    const program = new BacktrackingProgram(patternOf('foo.*bar').core);
    const steps = (length: number): number => program.search(attackText(attack, length), 10_000_000).steps;
    expect(steps(1000) / steps(500)).toBeGreaterThan(3.8);
    expect(steps(1000) / steps(500)).toBeLessThan(4.2);
  });

  it('is shown by a text that holds what the compiled rule looks for first', () => {
    const attack = attackOn('\\d+ milliseconds');
    expect(attackText(attack, 200)).toContain(' milliseconds');
  });

  it('gets the same verdict every time', () => {
    expect(attackOn('a.*b.*c')).toEqual(attackOn('a.*b.*c'));
  });

  it('can need a line feed, which only a field of several lines has', () => {
    const pattern = '^x[\\n]*[\\n]*$';
    expect(findGrowth(patternOf(pattern).core, false).kind).toBe('linear');
    expect(findGrowth(patternOf(pattern).core, true).kind).toBe('slow');
  });
});

describe('the count of steps', () => {
  it.each([
    ['^a+b', 'aaab', true],
    ['^a+b$', 'aaabc', false],
    ['(?:ab|a)c', 'xabac', true],
    ['a{2,3}$', 'aa', true],
    ['a{2,3}$', 'ab', false],
    ['\\bfoo\\b', 'a foo b', true],
    ['\\bfoo\\b', 'afoo b', false],
    ['(a|b)\\1', 'abb', true],
    ['a(?=b)', 'ab', true],
    ['a(?!b)', 'ab', false],
    ['(?:a*)*$', 'aab', true],
    ['^(?:a?)*?b', 'aab', true],
  ])('searches as the engine does: %s in %s', (pattern, text, isFound) => {
    expect(patternOf(pattern).tester.test(text)).toBe(isFound);
    expect(new BacktrackingProgram(patternOf(pattern).tree.root).search(text, 10_000).isFound).toBe(isFound);
  });

  it('ends at the limit', () => {
    const program = new BacktrackingProgram(patternOf('(a+)+$').core);
    expect(program.search(`${'a'.repeat(60)}b`, 1000)).toEqual({ isFound: false, steps: 1001 });
  });
});

const leaf = fc.constantFrom('a', 'b', '[ab]', '.', '[^a]', 'ab');
const { pattern: anyPattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    leaf,
    fc.tuple(tie('pattern'), tie('pattern')).map(([first, second]) => first + second),
    fc.tuple(tie('pattern'), tie('pattern')).map(([first, second]) => `(?:${first}|${second})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '*?', '{2}', '{1,3}'))
      .map(([body, operator]) => `(?:${body})${operator}`),
  ),
}));

/** Texts of the form x + y × n + z over a few short x, y and z: the steepest growth among them. */
function steepestGrowth(program: BacktrackingProgram): number {
  let steepest = 0;
  for (const round of ['a', 'b', 'ab', 'aab', 'abb']) {
    for (const prefix of ['', 'a', 'b', 'ab']) {
      for (const suffix of ['', 'a', 'b', 'c', 'ccc']) {
        const text = (rounds: number): string => prefix + round.repeat(rounds / round.length) + suffix;
        const [short, long] = [
          program.search(text(60), 40_000).steps,
          program.search(text(120), 40_000).steps,
        ];
        if (long > 2500) steepest = Math.max(steepest, short > 40_000 ? 9 : Math.log2(long / short));
      }
    }
  }
  return steepest;
}

describe('any pattern', () => {
  it('that is found to be linear is not slow on any text of a whole family', () => {
    const pattern = fc
      .tuple(fc.constantFrom('', '^'), anyPattern, fc.constantFrom('', '$', 'c'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, (text) => {
        const { core } = patternOf(text);
        if (findGrowth(core, false).kind !== 'linear') return;
        expect(steepestGrowth(new BacktrackingProgram(core))).toBeLessThan(1.6);
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});
