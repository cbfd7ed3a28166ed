import { describe, expect, it } from '@jest/globals';
import { explainClause, explainRecord } from '../../filters/explain-record.js';
import { ruleSetOf } from './lint/rule-sets.js';

function reasonOf(operator: '==' | '!=' | '~' | '!~' | '(-' | '(~', pattern: string, value?: string): string {
  const fields = value === undefined ? {} : { content: value };
  return explainClause({ field: 'content', operator, pattern, captureResult: false }, fields).reason;
}

describe('why a clause holds or not', () => {
  it.each([
    ['==', 'WARN', 'warn', '"warn" differs in case'],
    ['==', 'lost', 'lost ', '"lost " differs in blanks at an end'],
    ['==', 'lost', 'found', 'it is "found"'],
    ['==', 'lost', 'lost', 'equal'],
    ['!=', 'lost', 'lost', 'it is "lost"'],
    ['!=', 'lost', 'found', '"found" is another text'],
    ['!~', 'lost \\d', 'we lost 5', 'found, and must not be: "lost 5"'],
    ['!~', 'lost \\d', 'we won', 'not found in "we won"'],
    ['(-', "['alpha', 'beta']", 'alpa', '"alpa" is not in the list; the nearest in it is "alpha"'],
    ['(-', "['alpha', 'beta']", 'beta', '"beta" is in the list'],
    ['~', 'lost \\d+', 'we lost 12 nodes', 'found: "lost 12"'],
    [
      '~',
      '^Slow (?:read|write) took \\d+ms to \\S+$',
      'Slow write took 12s to n1',
      '"^Slow (?:read|write) took \\\\d+" is found, then the text goes on with "s to n1" where "ms to \\\\S+$" is wanted',
    ],
    [
      '~',
      '^lost node \\d+',
      'lost node ',
      '"^lost node " is found, then the text ends where "\\\\d+" is wanted',
    ],
    ['~', '^lost', 'we lost', 'not found in "we lost"'],
    ['(~', "['^a', 'lost \\d']", 'x lost 5', '"lost \\\\d" is found: "lost 5"'],
    [
      '(~',
      "['^alpha 1', '^beta two']",
      'beta tw',
      'none of the list is found; the nearest is "^beta two": "^beta tw" is found, then the text ends where "o" is wanted',
    ],
  ] as const)('%s %s on %j: %s', (operator, pattern, value, reason) => {
    expect(reasonOf(operator, pattern, value)).toBe(reason);
  });

  it('says when the record has no such field', () => {
    expect(reasonOf('==', 'x')).toBe('the record has no such field, so the empty text is tested: it is ""');
  });
});

describe('the explanation of a record', () => {
  const ruleSet = ruleSetOf({
    lost: ['!content ~ ^lost (?P<node>\\S+)', 'level == WARN'],
    disk: ['content ~ ^disk', 'level == WARN'],
    full: ['content ~ ^disk', 'level == ERROR'],
    late: ['level == WARN', 'content ~ ^lost node'],
    other: ['content ~ ^queue is full'],
  });
  const outcomes = (fields: Record<string, string>): string[] =>
    explainRecord(ruleSet, fields).entries.map(({ entry, outcome }) => `${entry.id} ${outcome}`);

  it('names the entry that fires, with what it captured', () => {
    const explained = explainRecord(ruleSet, { content: 'lost node-3', level: 'WARN' });
    expect(explained.fires?.id).toBe('lost');
    expect(explained.entries[0]?.clauses[0]?.captures).toEqual({ content_node: 'node-3' });
  });

  it('shows what would fire if an earlier branch did not decide', () => {
    expect(outcomes({ content: 'lost node-3', level: 'WARN' })).toEqual(['lost fires', 'late not-reached']);
  });

  it('shows every entry of the branch that decides', () => {
    expect(outcomes({ content: 'disk full', level: 'ERROR' })).toEqual(['disk clause-fails', 'full fires']);
  });

  it('shows what comes near, and leaves out what does not', () => {
    expect(outcomes({ content: 'queue is fine', level: 'INFO' })).toEqual(['other comes-near']);
    expect(outcomes({ content: 'hello', level: 'INFO' })).toEqual([]);
  });

  it('counts the level that an entry asks for as one more clause', () => {
    const grave = ruleSetOf({ own: ['content ~ ^x'] }, { own: { Classifier: { MinLevel: 'ERROR' } } });
    const [entry] = explainRecord(grave, { content: 'x', level: 'WARN' }).entries;
    expect(entry?.outcome).toBe('clause-fails');
    expect(entry?.clauses[1]?.reason).toBe('the level "WARN" is below ERROR');
  });
});
