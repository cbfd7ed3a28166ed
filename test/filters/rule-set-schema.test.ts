import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { readRuleSet } from '../../filters/load-rule-set.js';
import { packageFile } from '../../runtime/package-root.js';

const RULES = packageFile('filters', 'rules');

function compileSchema(): ValidateFunction {
  const schema: unknown = JSON.parse(readFileSync(packageFile('filters', 'rule-set.schema.json'), 'utf8'));
  return new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(schema as object);
}

const GOOD_ENTRY = {
  Chain: [{ Field: 'content', Operator: '~', Pattern: 'x' }],
  Classifier: { Status: 'unhealthy', Score: '20' },
};

function fileWith(members: object): object {
  return { FilterTree: [{ ...GOOD_ENTRY, ...members }] };
}

describe('the JSON Schema', () => {
  const isValid = compileSchema();

  it.each<[string, object, boolean]>([
    ['an entry of the original', fileWith({}), true],
    ['no entries', { FilterTree: [] }, true],
    [
      'all extensions',
      {
        $schema: 'x',
        Plugin: 'zookeeper',
        Description: 'd',
        KnownSubjectsOnly: true,
        ...fileWith({
          Id: 'a',
          Why: 'w',
          Versions: '3.4',
          Classifier: {
            Status: 'Maybe_Unhealthy',
            Score: 20.5,
            Subject: '<content_x>',
            Context: 'C',
            MinLevel: 'Warning',
            Expires: '1h30m',
            Escalate: [{ Count: 3, Within: '1m', Status: 'dead', Score: 0 }],
            Pause: { Lasted: '<content_ms>', Distrust: '10s' },
            Withdraws: { Contexts: ['A'], Subjects: 'all' },
          },
          Examples: [
            { Line: 'l', Expect: null, Synthetic: true },
            { Lines: ['l'], Expect: { Status: 'dead', Score: 0 } },
          ],
        }),
      },
      true,
    ],
    [
      'a deadline',
      fileWith({
        Classifier: {
          Status: 'pending',
          Score: 60,
          Deadline: { After: '30s', Status: 'Unhealthy', Score: '20' },
          Pause: { Lasted: '1m30s', Distrust: '10s' },
        },
      }),
      true,
    ],
    ['an unknown level', fileWith({ Classifier: { Status: 'dead', Score: 1, MinLevel: 'GRAVE' } }), false],
    [
      'a deadline that makes it healthy',
      fileWith({
        Classifier: {
          Status: 'pending',
          Score: 60,
          Deadline: { After: '30s', Status: 'healthy', Score: 20 },
        },
      }),
      false,
    ],
    [
      'a step without Within',
      fileWith({
        Classifier: { Status: 'dead', Score: 1, Escalate: [{ Count: 3, Status: 'dead', Score: 0 }] },
      }),
      false,
    ],
    [
      'a step of the first time',
      fileWith({
        Classifier: {
          Status: 'dead',
          Score: 1,
          Escalate: [{ Count: 1, Within: '1m', Status: 'dead', Score: 0 }],
        },
      }),
      false,
    ],
    ['an empty pause', fileWith({ Classifier: { Status: 'dead', Score: 1, Pause: {} } }), false],
    [
      'a pause that lasted a number',
      fileWith({ Classifier: { Status: 'dead', Score: 1, Pause: { Lasted: '<>', Distrust: '1s' } } }),
      false,
    ],
    ['a comment', { ...fileWith({ Comment: 'x' }), $comment: 'y' }, true],
    ['no FilterTree', {}, false],
    ['an empty chain', fileWith({ Chain: [] }), false],
    ['an unknown operator', fileWith({ Chain: [{ Field: 'a', Operator: '=~', Pattern: 'x' }] }), false],
    ['no pattern', fileWith({ Chain: [{ Field: 'a', Operator: '~' }] }), false],
    ['an unknown status', fileWith({ Classifier: { Status: 'sick', Score: 1 } }), false],
    ['a score above 100', fileWith({ Classifier: { Status: 'dead', Score: 101 } }), false],
    ['a score that is no number', fileWith({ Classifier: { Status: 'dead', Score: 'high' } }), false],
    ['a duration without unit', fileWith({ Classifier: { Status: 'dead', Score: 1, Expires: '30' } }), false],
    ['an empty withdrawal', fileWith({ Classifier: { Status: 'dead', Score: 1, Withdraws: {} } }), false],
    ['an example without expectation', fileWith({ Examples: [{ Line: 'x' }] }), false],
    [
      'an example with Line and Lines',
      fileWith({ Examples: [{ Line: 'x', Lines: ['x'], Expect: null }] }),
      false,
    ],
    ['an example with a line end', fileWith({ Examples: [{ Line: 'x\ny', Expect: null }] }), false],
  ])('and the loader agree on %s', (_name, file, expected) => {
    expect(isValid(file)).toBe(expected);
    expect(readRuleSet(JSON.stringify(file), 'test').kind === 'read').toBe(expected);
  });
});

describe('the bundled rule sets', () => {
  const isValid = compileSchema();
  const files = existsSync(RULES) ? readdirSync(RULES).filter((name) => name.endsWith('.json')) : [];

  it('are all valid by the schema and load without a warning', () => {
    expect(files).toContain('zookeeper.json');
    for (const file of files) {
      const text = readFileSync(packageFile('filters', 'rules', file), 'utf8');
      isValid(JSON.parse(text));
      expect([file, isValid.errors]).toEqual([file, null]);
      const reading = readRuleSet(text, file);
      expect(reading).toMatchObject({ kind: 'read', ruleSet: { warnings: [] } });
    }
  });
});
