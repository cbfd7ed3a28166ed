import { describe, expect, it } from '@jest/globals';
import { LogExplainer, type LogExplanation } from '../../agent/explain-log.js';
import { compileRuleSet } from '../../filters/compile.js';
import { ruleSetOf } from '../filters/lint/rule-sets.js';
import { tinyPlugin } from '../support/tiny-plugin.js';

const RULES = ruleSetOf(
  {
    lost: ['content ~ ^lost'],
    twins: ['content ~ ^twins'],
    never: ['content ~ ^never'],
  },
  { twins: { Classifier: { Subject: 'twins' } } },
);

/** The accounts of a log that is read in pieces of a few bytes. */
function explain(lines: readonly string[], pieceBytes = 7): LogExplanation {
  const explainer = new LogExplainer({
    plugin: tinyPlugin(),
    matcher: compileRuleSet(RULES),
    ruleIds: RULES.entries.map(({ id }) => id),
    minLevel: 'WARN',
  });
  const log = Buffer.from(lines.join('\n'));
  for (let start = 0; start < log.length; start += pieceBytes)
    explainer.push(log.subarray(start, start + pieceBytes));
  return explainer.result();
}

describe('the accounts of a log', () => {
  const explained = explain([
    '1 b lost it',
    '2 a lost it too',
    '3 b lost again',
    '\tat somewhere',
    '4 a DEBUG noise',
    '5 a twins again',
    '6 a queue 17 is full',
    '7 a queue 18 is full',
    '2026-01-15 10:20:30 a new format',
  ]);

  it('tell how often each rule fired, on whom, when, and a line', () => {
    expect(explained.fired[0]).toMatchObject({
      id: 'lost',
      count: 3,
      firstMs: 1000,
      lastMs: 3000,
      sample: '1 b lost it',
      subjects: [
        { subject: 'b', count: 2 },
        { subject: 'a', count: 1 },
      ],
      skipped: {},
    });
  });

  it('tell which rules fired to no effect, and why', () => {
    expect(explained.fired[1]).toMatchObject({
      id: 'twins',
      subjects: [],
      skipped: { 'ambiguous-subject': 1 },
    });
  });

  it('tell which rules never fired', () => {
    expect(explained.neverFired).toEqual(['never']);
  });

  it('group what no rule understood', () => {
    expect(explained.notUnderstood).toEqual({
      records: 2,
      templates: [
        { template: 'queue <number> is full', count: 2, sample: '6 a queue 17 is full', label: '' },
      ],
      givenUp: 0,
    });
  });

  it('tell how much of it could be read, with lines that could not', () => {
    expect(explained.lines).toMatchObject({
      lines: 9,
      records: 6,
      continuations: 2,
      dropped: { 'debug-level': 1 },
      unparsable: 1,
      parseRate: 7 / 8,
      unparsableSamples: ['2026-01-15 10:20:30 a new format'],
    });
    expect([explained.firstMs, explained.lastMs]).toEqual([1000, 7000]);
  });

  it('are the same however the log is cut into pieces', () => {
    const lines = ['1 b lost it', 'x', '2 a twins', '3 a other'];
    expect(explain(lines, 1)).toEqual(explain(lines, 1000));
  });

  it('of an empty log say nothing', () => {
    expect(explain([])).toMatchObject({ firstMs: null, fired: [], lines: { lines: 0, parseRate: null } });
  });
});
