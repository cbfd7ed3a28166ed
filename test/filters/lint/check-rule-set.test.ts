import { describe, expect, it } from '@jest/globals';
import { exampleReader } from '../../../agent/replay-lines.js';
import { compileRuleSet } from '../../../filters/compile.js';
import { checkRuleSet, otherWarnings } from '../../../filters/lint/check-rule-set.js';
import { RulePlaces } from '../../../filters/lint/rule-places.js';
import type { RuleSet } from '../../../filters/rule-set.js';
import { tinyPlugin } from '../../support/tiny-plugin.js';
import { ruleSetOf } from './rule-sets.js';

const COVERED = {
  Examples: [
    { Line: '1 b lost', Expect: {} },
    { Line: '1 b kept', Expect: null },
  ],
};

function kindsOf(ruleSet: RuleSet, fields: readonly string[] | null = null): string[] {
  const examples = exampleReader(tinyPlugin(), compileRuleSet(ruleSet));
  return checkRuleSet(ruleSet, { fields, examples }).map(({ kind, entry }) => `${entry?.id ?? ''} ${kind}`);
}

describe('the check of a rule set', () => {
  it('finds nothing in a good one', () => {
    expect(kindsOf(ruleSetOf({ lost: ['content ~ ^lost'] }, { lost: COVERED }), ['content'])).toEqual([]);
  });

  it('runs the examples over all rules with the plugin', () => {
    const ruleSet = ruleSetOf(
      { lost: ['content ~ ^lost'] },
      { lost: { Examples: [...COVERED.Examples, { Line: '1 a lost', Expect: { Subject: 'b' } }] } },
    );
    const examples = exampleReader(tinyPlugin(), compileRuleSet(ruleSet));
    const findings = checkRuleSet(ruleSet, { fields: null, examples });
    expect(findings).toMatchObject([{ severity: 'error', kind: 'example-failed', example: 3 }]);
    expect(findings[0]?.message).toBe('example 3: subject should be "b" but is "a"');
  });

  it('reads the lines that follow a record as its detail', () => {
    const ruleSet = ruleSetOf(
      { trace: ['content ~ ^failed', 'detail ~ OutOfMemory'] },
      {
        trace: {
          Examples: [
            { Lines: ['1 b failed', 'java.lang.OutOfMemoryError'], Expect: { Subject: 'b' } },
            { Lines: ['1 b failed', 'java.io.IOException'], Expect: null },
          ],
        },
      },
    );
    expect(kindsOf(ruleSet)).toEqual([]);
  });

  it('tells when only the order decides who has a line', () => {
    const chains = { disk: ['content ~ disk'], slow: ['content ~ slow'] };
    const examples = (line: string) => ({
      Examples: [
        { Line: line, Expect: {} },
        { Line: '1 b fine', Expect: null },
      ],
    });
    const both = ruleSetOf(chains, { disk: examples('1 b slow disk'), slow: examples('1 b slow net') });
    expect(kindsOf(both)).toEqual(['disk two-claims']);
    const one = ruleSetOf(chains, { disk: examples('1 b full disk'), slow: examples('1 b slow net') });
    expect(kindsOf(one)).toEqual([]);
  });

  it('does not mind a special case before the general one', () => {
    const chains = { special: ['content ~ disk', 'content ~ full'], general: ['content ~ disk'] };
    const examples = (line: string) => ({
      Examples: [
        { Line: line, Expect: {} },
        { Line: '1 b fine', Expect: null },
      ],
    });
    const ruleSet = ruleSetOf(chains, {
      special: examples('1 b disk full'),
      general: examples('1 b disk slow'),
    });
    expect(kindsOf(ruleSet)).toEqual([]);
  });

  it('tells which entries have no example that fires, and which none that does not', () => {
    const ruleSet = ruleSetOf(
      { bare: ['content == x'], half: ['content == y'] },
      { half: { Examples: [{ Line: '1 b y', Expect: {} }] } },
    );
    expect(kindsOf(ruleSet)).toEqual(
      ['bare no-firing-example', 'half no-near-miss', 'bare no-near-miss'].sort(),
    );
  });

  it('tells fields that the plugin does not give, with the one that was meant', () => {
    const ruleSet = ruleSetOf({ typo: ['contnet ~ ^lost'], trace: ['detail ~ Error'] });
    const findings = checkRuleSet(ruleSet, { fields: ['content', 'level'], examples: null });
    expect(findings.filter(({ kind }) => kind === 'unknown-field')).toMatchObject([
      { severity: 'warning', clause: 1, hint: 'Did you mean content?' },
    ]);
  });

  it('refuses a slow pattern once, wherever it is used, with a text that shows it', () => {
    const ruleSet = ruleSetOf({
      one: ['content ~ foo.*bar'],
      two: ['class == A', 'content ~ foo.*bar'],
      list: ["content (~ ['^fine', '\\s+$']"],
    });
    const slow = checkRuleSet(ruleSet, { fields: null, examples: null }).filter(
      ({ kind }) => kind === 'slow-pattern',
    );
    expect(slow.map(({ entry, clause, severity }) => [entry?.id, clause, severity])).toEqual([
      ['one', 1, 'error'],
      ['list', 1, 'error'],
    ]);
    expect(slow[0]?.message).toBe('pattern "foo.*bar" (used by 1 more) takes quadratic time');
    expect(slow[0]?.attack?.measured.length).toBeGreaterThan(3);
  });

  it('refuses a pattern that is slow only when it captures', () => {
    const kinds = (clause: string): string[] =>
      checkRuleSet(ruleSetOf({ own: [clause] }), { fields: null, examples: null })
        .map(({ kind }) => kind)
        .filter((kind) => kind === 'slow-pattern');
    expect(kinds('!content ~ \\s*lost (?P<node>\\S+)')).toEqual(['slow-pattern']);
    expect(kinds('content ~ \\s*lost (?P<node>\\S+)')).toEqual([]);
    expect(kinds('!content ~ .*lost (?P<node>\\S+)')).toEqual([]);
  });

  it('leaves to the loader only what it does not say itself', () => {
    const ruleSet = ruleSetOf(
      {
        first: ['content == x'],
        never: ['content == x', 'level == y'],
        odd: ['content ~ (\\w+\\s?)*$'],
        empty: ['content ~ ^z'],
      },
      { empty: { Classifier: { Subject: '<content_host>' } } },
    );
    expect(otherWarnings(ruleSet).map(({ part }) => part)).toEqual(['entry 4 (empty)']);
  });
});

describe('the places of a rule file', () => {
  const text = '{\n "FilterTree": [\n  {"Chain": [{},\n   {}],\n   "examples": [{}]}\n ]\n}\n';

  it.each([
    [null, null, null, 1, 1],
    [1, null, null, 3, 3],
    [1, 2, null, 4, 4],
    [1, null, 1, 5, 17],
    [1, 9, null, 3, 3],
    [7, null, null, 1, 1],
  ])('entry %p, clause %p, example %p stands at %i:%i', (entry, clause, example, line, column) => {
    expect(new RulePlaces(text).of(entry, clause, example)).toEqual({ line, column });
  });
});
