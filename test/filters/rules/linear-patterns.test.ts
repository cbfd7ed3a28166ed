import { describe, expect, it, jest } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { anchoredPrefix, compileClause } from '../../../filters/compiled-clause.js';
import { buildAutomaton } from '../../../filters/lint/pattern-automaton.js';
import { findSlowPatterns } from '../../../filters/lint/slow-patterns.js';
import { loadRuleSet } from '../../../filters/load-rule-set.js';
import { searchesOf } from '../../../filters/operators.js';
import { requiredLiterals } from '../../../filters/pattern/literals.js';
import { patternOf } from '../../../filters/pattern/pattern.js';
import type { RuleSet } from '../../../filters/rule-set.js';
import { packageFile } from '../../../runtime/package-root.js';

// A pattern that is quadratic after all takes minutes over these lines; the others together some seconds.
jest.setTimeout(120_000);

const LINE_LENGTH = 100_000;

const bundled = readdirSync(packageFile('filters', 'rules')).map((file) => [
  file,
  packageFile('filters', 'rules', file),
]);
const files = [...bundled, ['redis.json', packageFile('samples', 'plugins', 'redis', 'redis.json')]];

function load(path: string): RuleSet {
  return loadRuleSet(readFileSync(path, 'utf8'), path);
}

function patternsOf({ entries }: RuleSet): readonly string[] {
  const patterns = entries.flatMap(({ chain }) => chain.flatMap(searchesOf));
  return [...new Set(patterns)];
}

/** Lines of 100 kB that begin as the pattern wants it and then repeat what it has loops for. */
function* hostileLines(pattern: string): Generator<string> {
  const { core } = patternOf(pattern);
  const beginning = anchoredPrefix(core);
  const literal = requiredLiterals(core)?.[0] ?? '';
  const letters = buildAutomaton(core, true)?.letters ?? [];
  const units = [
    ...letters.slice(0, 12),
    'a ',
    '0 ',
    '/a',
    'a:',
    ', ',
    '0.',
    literal,
    `${literal} a`,
    beginning,
  ];
  for (const unit of new Set(units)) {
    if (unit === '') continue;
    const filling = unit.repeat(Math.ceil(LINE_LENGTH / unit.length));
    yield `${beginning}${filling}`;
    if (literal !== '') yield `${beginning}${literal}${filling}\0`;
  }
}

describe.each(files)('the rules in %s', (_, path = '') => {
  const ruleSet = load(path);

  it('have only patterns whose time is in proportion to the length of the line', () => {
    const slow = [...findSlowPatterns(ruleSet.entries)];
    expect(slow.map(({ entry, message }) => `${entry?.id ?? ''}: ${message}`)).toEqual([]);
  });

  it('are through with hostile lines of 100 kB', () => {
    let lines = 0;
    for (const pattern of patternsOf(ruleSet)) {
      const { holds } = compileClause({ field: 'content', operator: '~', pattern, captureResult: false });
      for (const line of hostileLines(pattern)) {
        holds(line);
        lines += 1;
      }
    }
    expect(lines).toBeGreaterThan(100);
  });
});
