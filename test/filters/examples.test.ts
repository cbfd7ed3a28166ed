import { describe, expect, it } from '@jest/globals';
import { runExamples, type ExampleFinding } from '../../filters/examples.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import { Status } from '../../protocol/model.js';

function ruleSetWith(examples: readonly object[]) {
  const entry = (id: string, own: readonly object[]) => ({
    Id: id,
    Chain: [{ Field: 'content', Operator: '==', Pattern: id }],
    Classifier: { Status: 'dead', Score: 0 },
    Examples: own,
  });
  return loadRuleSet(JSON.stringify({ FilterTree: [entry('own', examples), entry('other', [])] }), 'test');
}

/** Every line `rule score` is a finding of that rule. */
function replay(lines: readonly string[]): ExampleFinding[] {
  return lines.map((line) => {
    const [rule = '', score = '0'] = line.split(' ');
    return { rule, subject: 'peer@1', context: 'Disk', status: Status.DEAD, score: Number(score) };
  });
}

function failuresOf(example: object): string[] {
  return runExamples(ruleSetWith([example]), replay).failures.map((failure) => failure.message);
}

describe('the examples of an entry', () => {
  it('hold when its last finding is as expected', () => {
    const expect1 = { Subject: 'peer@1', Context: 'Disk', Status: 'dead', Score: 2 };
    expect(failuresOf({ Lines: ['own 1', 'own 2', 'other 3'], Expect: expect1 })).toEqual([]);
    expect(failuresOf({ Line: 'own 1', Expect: {} })).toEqual([]);
  });

  it('name every difference', () => {
    const wrong = { Subject: 'peer@2', Context: 'Net', Status: 'healthy', Score: 1 };
    expect(failuresOf({ Line: 'own 2', Expect: wrong })).toEqual([
      'subject should be "peer@2" but is "peer@1"; context should be "Net" but is "Disk"; ' +
        'score should be 1 but is 2; status should be healthy but is dead',
    ]);
  });

  it('fail when the entry does not fire, and say what did', () => {
    expect(failuresOf({ Line: 'other 5', Expect: {} })).toEqual([
      'did not fire; instead did other (peer@1 Disk dead 5)',
    ]);
    const failures = runExamples(ruleSetWith([{ Line: 'x', Expect: {} }]), () => []).failures;
    expect(failures[0]).toMatchObject({ exampleNumber: 1, message: 'did not fire; no entry did' });
  });

  it('that expect nothing hold as long as this entry does not fire', () => {
    expect(failuresOf({ Line: 'other 1', Expect: null })).toEqual([]);
    expect(failuresOf({ Line: 'own 1', Expect: null })).toEqual([
      'must not fire, but gave peer@1 Disk dead 1',
    ]);
  });

  it('are counted, and entries without them are named', () => {
    const results = runExamples(ruleSetWith([{ Line: 'own 1', Expect: {} }]), replay);
    expect(results.passed).toBe(1);
    expect(results.withoutPositive.map((entry) => entry.id)).toEqual(['other']);
    expect(results.withoutNegative.map((entry) => entry.id)).toEqual(['own', 'other']);
  });
});
