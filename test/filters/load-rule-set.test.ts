import { describe, expect, it } from '@jest/globals';
import { loadRuleSet, readRuleSet } from '../../filters/load-rule-set.js';
import { describeProblem, type RuleSet } from '../../filters/rule-set.js';
import { Status } from '../../protocol/model.js';
import { HviewError } from '../../runtime/errors.js';

const CLAUSE = { Field: 'content', Operator: '~', Pattern: 'x' };
const CLASSIFIER = { Status: 'unhealthy', Score: '20' };

function load(value: unknown): RuleSet {
  return loadRuleSet(JSON.stringify(value), 'rules.json');
}

/** A file of one entry with the members given over a good one. */
function entryFile(members: object): object {
  return { FilterTree: [{ Chain: [CLAUSE], Classifier: CLASSIFIER, ...members }] };
}

function clauseFile(members: object): object {
  return entryFile({ Chain: [{ ...CLAUSE, ...members }] });
}

function classifierFile(members: object): object {
  return entryFile({ Classifier: { ...CLASSIFIER, ...members } });
}

/** Messages without their places, which JSON on one line makes hard to read. */
function errorsOf(value: unknown): string[] {
  const reading = readRuleSet(JSON.stringify(value), 'rules.json');
  return reading.kind === 'read' ? [] : reading.errors.map(({ part, message }) => `${part}: ${message}`);
}

function warningsOf(value: unknown): string[] {
  return load(value).warnings.map(({ part, message }) => `${part}: ${message}`);
}

describe('a filter file of the original Panorama', () => {
  const original = {
    FilterTree: [
      {
        Chain: [
          { Field: 'tag_context', Operator: '~', Pattern: 'Sender\\[myid=\\d+\\]', CaptureResult: false },
          {
            Field: 'content',
            Operator: '~',
            Pattern: 'No channel to (?P<rid>\\d+) at .*/(?P<host>[^:]+):(?P<port>\\d+)',
            CaptureResult: true,
          },
        ],
        Classifier: { Context: 'Sender', Subject: '<content_host>', Status: 'Maybe_Unhealthy', Score: '40' },
      },
      {
        Chain: [{ Field: 'tag_context', Operator: '==', Pattern: 'RecvWorker', CaptureResult: false }],
        Classifier: { Status: 'NA', Score: '5.5e1' },
      },
    ],
  };

  it('loads without a warning, with what it leaves out filled in', () => {
    const ruleSet = load(original);
    expect(ruleSet.warnings).toEqual([]);
    expect(ruleSet).toMatchObject({
      source: 'rules.json',
      plugin: null,
      description: '',
      knownSubjectsOnly: false,
    });
    expect(ruleSet.entries[0]?.chain[1]?.captureResult).toBe(true);
    expect(ruleSet.entries[0]?.classifier.subject).toEqual({ kind: 'result', result: 'content_host' });
    expect(ruleSet.entries[1]).toEqual({
      number: 2,
      id: 'entry-2',
      why: '',
      versions: '',
      chain: [{ field: 'tag_context', operator: '==', pattern: 'RecvWorker', captureResult: false }],
      classifier: {
        context: '',
        subject: { kind: 'tag' },
        status: Status.NA,
        score: 55,
        minLevel: null,
        expiresMs: null,
        withdraws: null,
        deadline: null,
        escalate: null,
        pause: null,
      },
      examples: [],
    });
  });

  it('may write member names in any case and null for what it leaves out', () => {
    const { entries, warnings } = load({
      filtertree: [
        {
          chain: [{ field: 'a', OPERATOR: '==', pattern: 'b', CaptureResult: null }],
          classifier: { Context: null, Subject: null, status: 'dead', score: 0 },
        },
      ],
    });
    expect(warnings).toEqual([]);
    expect(entries[0]?.classifier).toMatchObject({ context: '', status: Status.DEAD, score: 0 });
  });
});

describe('the extensions', () => {
  it('are read where they are given', () => {
    const ruleSet = load({
      $schema: 'rule-set.schema.json',
      Plugin: 'zookeeper',
      Description: 'All of it.',
      KnownSubjectsOnly: true,
      FilterTree: [
        {
          Id: 'slow-disk',
          Why: 'The disk is slow.',
          Versions: '3.4-3.9',
          Chain: [CLAUSE],
          Classifier: {
            ...CLASSIFIER,
            Subject: 'disk',
            Expires: '1m30s',
            Withdraws: { Contexts: ['Sync', 'Snapshot'], Subjects: 'all' },
          },
          Examples: [
            { Line: 'x', Expect: { Subject: 'peer@1', Context: 'Disk', Status: 'UNHEALTHY', Score: '20' } },
            { Lines: ['a', 'b'], Expect: {}, Synthetic: true },
            { Line: 'y', Expect: null },
          ],
        },
      ],
    });
    expect(ruleSet.warnings).toEqual([]);
    expect(ruleSet).toMatchObject({
      plugin: 'zookeeper',
      description: 'All of it.',
      knownSubjectsOnly: true,
    });
    const nothing = { subject: null, context: null, status: null, score: null };
    expect(ruleSet.entries[0]).toMatchObject({
      id: 'slow-disk',
      why: 'The disk is slow.',
      versions: '3.4-3.9',
      classifier: {
        subject: { kind: 'literal', name: 'disk' },
        expiresMs: 90_000,
        withdraws: { contexts: ['Sync', 'Snapshot'], subjects: 'all' },
      },
      examples: [
        {
          lines: ['x'],
          expect: { subject: 'peer@1', context: 'Disk', status: Status.UNHEALTHY, score: 20 },
          isSynthetic: false,
        },
        { lines: ['a', 'b'], expect: nothing, isSynthetic: true },
        { lines: ['y'], expect: null, isSynthetic: false },
      ],
    });
  });

  it('withdraw findings on the same subject unless they say otherwise', () => {
    const ruleSet = load(classifierFile({ Withdraws: { Contexts: ['A'] } }));
    expect(ruleSet.entries[0]?.classifier.withdraws).toEqual({ contexts: ['A'], subjects: 'same' });
  });
});

describe('the extensions that need a clock', () => {
  it('are read where they are given', () => {
    const ruleSet = load({
      FilterTree: [
        {
          Chain: [{ ...CLAUSE, Pattern: 'took (?<ms>\\d+)', CaptureResult: true }],
          Classifier: {
            Status: 'Pending',
            Score: 60,
            MinLevel: 'warning',
            Deadline: { After: '30s', Status: 'unhealthy', Score: '20' },
            Escalate: [
              { Count: 3, Within: '1m', Status: 'pending', Score: 50 },
              { Count: 10, Within: '5m', Status: 'Dying', Score: '5.5' },
            ],
            Pause: { Lasted: '<content_ms>', Distrust: '10s' },
          },
        },
      ],
    });
    expect(ruleSet.warnings).toEqual([]);
    expect(ruleSet.entries[0]?.classifier).toMatchObject({
      minLevel: 'WARN',
      deadline: { afterMs: 30_000, status: Status.UNHEALTHY, score: 20 },
      escalate: [
        { count: 3, withinMs: 60_000, status: Status.PENDING, score: 50 },
        { count: 10, withinMs: 300_000, status: Status.DYING, score: 5.5 },
      ],
      pause: { lasted: { kind: 'result', result: 'content_ms' }, distrustMs: 10_000 },
    });
  });

  it('take a pause of a fixed length, and of none that is told', () => {
    const pauseOf = (Pause: object) => load(classifierFile({ Pause })).entries[0]?.classifier.pause;
    expect(pauseOf({ Lasted: '2s', Distrust: '10s' })?.lasted).toEqual({ kind: 'fixed', lastedMs: 2000 });
    expect(pauseOf({ Lasted: '0s', Distrust: '10s' })?.lasted).toEqual({ kind: 'fixed', lastedMs: 0 });
    expect(pauseOf({ Distrust: '10s' })?.lasted).toEqual({ kind: 'fixed', lastedMs: 0 });
  });
});

describe('what makes a file unusable', () => {
  it('is told all at once, in the order of the file, each with line and column', () => {
    const text = `{
  "FilterTree": [
    {
      "Id": "first",
      "Chain": [
        { "Field": "content", "Operator": "=~", "Pattern": "x" },
        { "Field": "content", "Operator": "(~", "Pattern": "['a\\\\d', 'b(']" }
      ],
      "Classifier": { "Status": "unhealty", "Score": "20" }
    },
    {
      "Chain": [{ "Field": "content", "Operator": "~", "Pattern": "\\\\d[a" }],
      "Classifier": { "Status": "dead", "Score": "high" }
    }
  ]
}`;
    let thrown: unknown;
    try {
      loadRuleSet(text, 'conf/rules.json');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(HviewError);
    const { code, message } = thrown as HviewError;
    expect(code).toBe('FILTER_INVALID');
    expect(message.split('\n')).toEqual([
      'filter conf/rules.json has 5 errors',
      '  conf/rules.json:6:43: entry 1 (first), clause 1: unknown Operator "=~"; did you mean "~"? (known: ==  !=  ~  !~  (-  (~)',
      '  conf/rules.json:7:72: entry 1 (first), clause 2: Pattern is no regular expression: missing ) for this ( (column 2 of "b(")',
      '  conf/rules.json:9:33: entry 1 (first), Classifier: unknown Status "unhealty"; did you mean "unhealthy"? (known: na, healthy, pending, maybe_unhealthy, unhealthy, dying, dead)',
      '  conf/rules.json:12:71: entry 2, clause 1: Pattern is no regular expression: missing ] for this [ (column 3 of "\\\\d[a")',
      '  conf/rules.json:13:50: entry 2, Classifier: Score "high" is no number from 0 (worst) to 100',
    ]);
  });

  it('is told on one line when it is one thing', () => {
    expect(() => loadRuleSet('{"FilterTree": [},', 'f.json')).toThrow(
      'filter f.json:1:17: not valid JSON: expected a value but found }',
    );
  });

  it.each<[string, unknown, string[]]>([
    ['no object', [], [': has to be an object, not a list']],
    ['no FilterTree', {}, [': FilterTree is missing']],
    [
      'FilterTree misspelt',
      { FilterTee: [] },
      [': FilterTree is missing; did you mean it with "FilterTee"?'],
    ],
    ['FilterTree no list', { FilterTree: {} }, [': FilterTree has to be a list, not an object']],
    ['an entry no object', { FilterTree: [1] }, ['entry 1: has to be an object, not a number']],
    ['no chain', entryFile({ Chain: undefined }), ['entry 1: Chain is missing']],
    ['an empty chain', entryFile({ Chain: [] }), ['entry 1: Chain is empty; it needs at least one clause']],
    [
      'a clause no object',
      entryFile({ Chain: ['x'] }),
      ['entry 1, clause 1: has to be an object, not a string'],
    ],
    ['no classifier', entryFile({ Classifier: undefined }), ['entry 1: Classifier is missing']],
    ['an Id no string', entryFile({ Id: 7 }), ['entry 1: Id has to be a string, not a number']],
    ['an empty Id', entryFile({ Id: '' }), ['entry 1: Id is empty; leave it out or give the entry a name']],
    ['no field', clauseFile({ Field: undefined }), ['entry 1, clause 1: Field is missing']],
    [
      'an empty field',
      clauseFile({ Field: '' }),
      ['entry 1, clause 1: Field is empty; it names what to test, such as content'],
    ],
    ['no pattern', clauseFile({ Pattern: undefined }), ['entry 1, clause 1: Pattern is missing']],
    [
      'a pattern no string',
      clauseFile({ Pattern: ['a'] }),
      ['entry 1, clause 1: Pattern has to be a string, not a list'],
    ],
    [
      'CaptureResult a string',
      clauseFile({ CaptureResult: 'true' }),
      ['entry 1, clause 1: CaptureResult has to be true or false, not a string'],
    ],
    [
      'an unknown operator',
      clauseFile({ Operator: 'in' }),
      ['entry 1, clause 1: unknown Operator "in"; did you mean "(-"? (known: ==  !=  ~  !~  (-  (~)'],
    ],
    [
      'an operator like no other',
      clauseFile({ Operator: 'startsWith' }),
      ['entry 1, clause 1: unknown Operator "startsWith" (known: ==  !=  ~  !~  (-  (~)'],
    ],
    [
      'a list that is none',
      clauseFile({ Operator: '(-', Pattern: 'a' }),
      [
        "entry 1, clause 1: Pattern is not a list: a list is written ['a', 'b']: it has to start with [ and end with ]",
      ],
    ],
    ['no status', classifierFile({ Status: undefined }), ['entry 1, Classifier: Status is missing']],
    [
      'the status that is none',
      classifierFile({ Status: 'invalid' }),
      [
        'entry 1, Classifier: unknown Status "invalid" (known: na, healthy, pending, maybe_unhealthy, unhealthy, dying, dead)',
      ],
    ],
    ['no score', classifierFile({ Score: undefined }), ['entry 1, Classifier: Score is missing']],
    [
      'a score above 100',
      classifierFile({ Score: 100.5 }),
      ['entry 1, Classifier: Score "100.5" lies outside 0 (worst) to 100'],
    ],
    [
      'a score below 0',
      classifierFile({ Score: '-1' }),
      ['entry 1, Classifier: Score "-1" lies outside 0 (worst) to 100'],
    ],
    [
      'a score that is not a number',
      classifierFile({ Score: 'NaN' }),
      ['entry 1, Classifier: Score "NaN" is no number from 0 (worst) to 100'],
    ],
    [
      'an infinite score',
      classifierFile({ Score: 'Infinity' }),
      ['entry 1, Classifier: Score "Infinity" is no number from 0 (worst) to 100'],
    ],
    [
      'an empty score',
      classifierFile({ Score: '' }),
      ['entry 1, Classifier: Score "" is no number from 0 (worst) to 100'],
    ],
    [
      'a duration without unit',
      classifierFile({ Expires: '30' }),
      [
        'entry 1, Classifier: Expires "30" is no duration: it is a number with a unit (ms, s, m, h, d), such as 30s, 5m or 1h30m',
      ],
    ],
    [
      'a withdrawal of nothing',
      classifierFile({ Withdraws: { Contexts: [], Subjects: 'some' } }),
      [
        'entry 1, Classifier, Withdraws: Contexts is empty; it has to hold a context at least',
        'entry 1, Classifier, Withdraws: Subjects is "same" or "all", not "some"',
      ],
    ],
    [
      'a level that is none',
      classifierFile({ MinLevel: 'WARNIG' }),
      [
        'entry 1, Classifier: unknown MinLevel "WARNIG"; did you mean "WARNING"? (known: TRACE, DEBUG, INFO, WARN, ERROR, FATAL, WARNING, CRITICAL)',
      ],
    ],
    [
      'a deadline for what is not pending',
      classifierFile({ Deadline: { After: '30s', Status: 'dead', Score: 0 } }),
      [
        "entry 1, Classifier, Deadline: only what is pending can miss a deadline, and the entry's Status is unhealthy",
      ],
    ],
    [
      'a deadline that makes nothing worse',
      classifierFile({ Status: 'pending', Deadline: { After: '30s', Status: 'pending', Score: 0 } }),
      ['entry 1, Classifier, Deadline: Status has to be worse than pending, not pending'],
    ],
    [
      'a deadline without time and status',
      classifierFile({ Status: 'pending', Deadline: { Afer: '30s', Score: 0 } }),
      [
        'entry 1, Classifier, Deadline: Status is missing',
        'entry 1, Classifier, Deadline: After is missing; did you mean it with "Afer"?',
      ],
    ],
    [
      'steps that do not rise',
      classifierFile({
        Escalate: [
          { Count: 3, Within: '1m', Status: 'dying', Score: 5 },
          { Count: 3, Within: '5m', Status: 'unhealthy', Score: 5 },
        ],
      }),
      [
        'entry 1, Classifier, Escalate step 2: Count 3 has to be more than the 3 of the step before',
        'entry 1, Classifier, Escalate step 2: Status unhealthy is better than the dying before it',
      ],
    ],
    [
      'a step that is better than the entry',
      classifierFile({ Escalate: [{ Count: 2, Within: '1m', Status: 'maybe_unhealthy', Score: 5 }] }),
      ['entry 1, Classifier, Escalate step 1: Status maybe_unhealthy is better than the unhealthy before it'],
    ],
    [
      'a count that is none',
      classifierFile({
        Escalate: [
          { Count: 1, Within: '1m', Status: 'dead', Score: 5 },
          { Count: 2.5, Within: '1m', Status: 'dead', Score: 5 },
          { Count: '3', Within: '1m', Status: 'dead', Score: 5 },
        ],
      }),
      [
        'entry 1, Classifier, Escalate step 1: Count 1 has to be a whole number from 2 to 1000',
        'entry 1, Classifier, Escalate step 2: Count 2.5 has to be a whole number from 2 to 1000',
        'entry 1, Classifier, Escalate step 3: Count has to be a number, not a string',
      ],
    ],
    [
      'an escalation that is none',
      classifierFile({ Escalate: [] }),
      ['entry 1, Classifier: Escalate is empty; it has to hold a step at least'],
    ],
    [
      'an escalation no list',
      classifierFile({ Escalate: { Count: 2 } }),
      ['entry 1, Classifier: Escalate has to be a list, not an object'],
    ],
    [
      'a pause of unknown kind',
      classifierFile({ Pause: { Lasted: '1500' } }),
      [
        'entry 1, Classifier, Pause: Distrust is missing',
        'entry 1, Classifier, Pause: Lasted "1500" is neither a captured result such as <content_ms> nor a duration: that is a number with a unit (ms, s, m, h, d), such as 30s, 5m or 1h30m',
      ],
    ],
    [
      'an example without expectation',
      entryFile({ Examples: [{ Line: 'x' }] }),
      [
        'entry 1, example 1: Expect is missing; it says what the entry makes of the line, or is null for nothing',
      ],
    ],
    [
      'an example with Line and Lines',
      entryFile({ Examples: [{ Line: 'x', Lines: ['y'], Expect: null }] }),
      ['entry 1, example 1: an example has either Line or Lines'],
    ],
    [
      'an example with two lines in one',
      entryFile({ Examples: [{ Line: 'x\ny', Expect: null }] }),
      ['entry 1, example 1: a line holds a line end; give each line its own place in Lines'],
    ],
    [
      'an expectation that cannot be met',
      entryFile({ Examples: [{ Line: 'x', Expect: { Status: 'sick', Score: 101 } }] }),
      [
        'entry 1, example 1, Expect: unknown Status "sick" (known: na, healthy, pending, maybe_unhealthy, unhealthy, dying, dead)',
        'entry 1, example 1, Expect: Score "101" lies outside 0 (worst) to 100',
      ],
    ],
  ])('%s', (_name, file, expected) => {
    expect(errorsOf(file)).toEqual(expected);
  });

  it('an Id that two entries have, given or automatic', () => {
    const entry = (id?: string) => ({
      ...(id === undefined ? {} : { Id: id }),
      Chain: [CLAUSE],
      Classifier: CLASSIFIER,
    });
    expect(errorsOf({ FilterTree: [entry('a'), entry('b'), entry('a')] })).toEqual([
      'entry 3 (a): Id "a" is that of entry 1 too',
    ]);
    expect(errorsOf({ FilterTree: [entry('entry-2'), entry()] })).toEqual([
      'entry 2: Id "entry-2" is that of entry 1 too',
    ]);
  });

  it('shows no more than 50 errors', () => {
    const message = (() => {
      try {
        load({ FilterTree: Array.from({ length: 60 }, () => 1) });
      } catch (error) {
        return (error as HviewError).message;
      }
      return '';
    })();
    expect(message.split('\n')).toHaveLength(52);
    expect(message).toMatch(/has 60 errors\n[^]*\n {2}and 10 more$/);
  });
});

describe('what is only doubtful becomes a warning', () => {
  const two = (first: object, second: object, others: object = {}) => ({
    FilterTree: [
      { Chain: [first], Classifier: CLASSIFIER },
      { Chain: [second], Classifier: CLASSIFIER, ...others },
    ],
  });

  it.each<[string, unknown, string[]]>([
    [
      'an unknown member',
      entryFile({ Deadline: {} }),
      ['entry 1: member "Deadline" is not known and ignored'],
    ],
    [
      'a misspelt member',
      clauseFile({ CaptureResults: true }),
      ['entry 1, clause 1: member "CaptureResults" is not known and ignored; did you mean CaptureResult?'],
    ],
    ['no entry at all', { FilterTree: [] }, [': FilterTree is empty, so nothing will ever be reported']],
    [
      'a capture without a named group',
      clauseFile({ Pattern: '(x)', CaptureResult: true }),
      [
        'entry 1, clause 1: CaptureResult captures nothing: the Pattern has no named group such as (?P<host>...)',
      ],
    ],
    [
      'a capture where nothing captures',
      clauseFile({ Operator: '==', CaptureResult: true }),
      ['entry 1, clause 1: CaptureResult has no effect with ==; only ~ and (~ capture'],
    ],
    [
      'a subject that nothing captures',
      entryFile({
        Chain: [{ ...CLAUSE, Pattern: '(?P<host>x)', CaptureResult: true }],
        Classifier: { ...CLASSIFIER, Subject: '<host>' },
      }),
      [
        "entry 1: Subject <host> is always empty, so the tag's subject is taken: its clauses capture content_host",
      ],
    ],
    [
      'an entry behind one that asks for less',
      two(CLAUSE, CLAUSE),
      ['entry 2: never fires: entry 1 takes every record that it would match'],
    ],
    [
      'an entry behind one that asks for no higher level',
      two(CLAUSE, CLAUSE, { Classifier: { ...CLASSIFIER, MinLevel: 'INFO' } }),
      ['entry 2: never fires: entry 1 takes every record that it would match'],
    ],
    [
      'a length of a pause that nothing captures',
      classifierFile({ Pause: { Lasted: '<content_ms>', Distrust: '10s' } }),
      ['entry 1: Lasted <content_ms> is always empty, so no time before counts: its clauses capture nothing'],
    ],
    [
      'a deadline that nothing can keep',
      classifierFile({
        Context: 'Sync',
        Status: 'pending',
        Deadline: { After: '30s', Status: 'unhealthy', Score: 20 },
      }),
      ['entry 1: its Deadline is always missed: no other entry speaks of Sync'],
    ],
    [
      'first clauses that differ in CaptureResult only',
      two({ ...CLAUSE, Pattern: '(?<a>x)' }, { ...CLAUSE, Pattern: '(?<a>x)', CaptureResult: true }),
      [
        'entry 2: never fires: its first clause differs from that of entry 1 only in CaptureResult, so that entry decides first; write both first clauses alike',
      ],
    ],
  ])('%s', (_name, file, expected) => {
    expect(warningsOf(file)).toEqual(expected);
  });

  it('but not an entry behind one that asks for a higher level', () => {
    const grave = { Chain: [CLAUSE], Classifier: { ...CLASSIFIER, MinLevel: 'ERROR' } };
    const mild = { Chain: [CLAUSE], Classifier: { ...CLASSIFIER, MinLevel: 'WARN' } };
    expect(warningsOf({ FilterTree: [grave, mild] })).toEqual([]);
    expect(warningsOf({ FilterTree: [mild, grave] })).toHaveLength(1);
  });

  it('a pattern that may take very long, at the place of the repetition', () => {
    const text = JSON.stringify(clauseFile({ Pattern: '"(\\w+\\s?)*$' }));
    const [warning] = loadRuleSet(text, 'f').warnings;
    expect(warning?.column).toBe(text.indexOf('*$') + 1);
    expect(warning === undefined ? '' : describeProblem('f', warning)).toMatch(
      /^f:1:\d+: entry 1, clause 1: this repetition can split a text in very many ways/,
    );
  });

  it('a member given twice, of which the last counts', () => {
    const text = '{"Plugin": "a", "Plugin": "b", "FilterTree": [], "Description": ""}';
    const ruleSet = loadRuleSet(text, 'f');
    expect(ruleSet.plugin).toBe('b');
    expect(ruleSet.warnings[0]).toMatchObject({
      column: 17,
      message: 'Plugin is given twice; the last counts',
    });
  });

  it('but not members that are comments', () => {
    const file = { ...entryFile({ Comment: 'x', _note: 1 }), $comment: 'y', '//': ['z'] };
    expect(warningsOf(file)).toEqual([]);
  });
});
