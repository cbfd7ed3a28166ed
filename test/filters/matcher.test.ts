import { describe, expect, it } from '@jest/globals';
import { compileRuleSet } from '../../filters/compile.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import type { Matcher, RecordFields } from '../../filters/matcher.js';
import { ReferenceMatcher } from '../../filters/reference-matcher.js';
import type { RuleSet } from '../../filters/rule-set.js';
import { Status } from '../../protocol/model.js';

type ClauseTuple = readonly [field: string, operator: string, pattern: string, captures?: boolean];

interface EntryDraft {
  readonly id?: string;
  readonly chain: readonly ClauseTuple[];
  readonly subject?: string;
  readonly classifier?: object;
}

function ruleSet(entries: readonly EntryDraft[], file: object = {}): RuleSet {
  const tree = entries.map(({ id, chain, subject = '', classifier = {} }, index) => ({
    Id: id ?? String(index + 1),
    Chain: chain.map(([Field, Operator, Pattern, CaptureResult = false]) => ({
      Field,
      Operator,
      Pattern,
      CaptureResult,
    })),
    Classifier: { Subject: subject, Status: 'unhealthy', Score: 20, ...classifier },
  }));
  return loadRuleSet(JSON.stringify({ FilterTree: tree, ...file }), 'test');
}

const IMPLEMENTATIONS: readonly [string, (rules: RuleSet) => Matcher][] = [
  ['the compiled matcher', compileRuleSet],
  ['the reference matcher', (rules) => new ReferenceMatcher(rules)],
];

describe.each(IMPLEMENTATIONS)('%s', (_name, create) => {
  function firedBy(entries: readonly EntryDraft[], fields: RecordFields): string | null {
    return create(ruleSet(entries)).match(fields)?.rule.id ?? null;
  }

  function holds(clause: ClauseTuple, fields: RecordFields): boolean {
    return firedBy([{ chain: [clause] }], fields) !== null;
  }

  function subjectOf(draft: EntryDraft, fields: RecordFields): string | null {
    const subject = create(ruleSet([draft])).match(fields)?.subject;
    return subject?.kind === 'token' ? subject.token : (subject?.kind ?? null);
  }

  describe('an operator', () => {
    it.each<[string, string, string, boolean]>([
      ['==', 'ab', 'ab', true],
      ['==', 'ab', 'abc', false],
      ['==', '', '', true],
      ['!=', 'ab', 'ab', false],
      ['!=', 'ab', 'a', true],
      ['~', 'b', 'abc', true],
      ['~', '^b', 'abc', false],
      ['~', '^ab$', 'ab', true],
      ['~', '^ab', 'abc', true],
      ['~', 'bc$', 'abc', true],
      ['~', 'bc$', 'abcd', false],
      ['~', '^[ab]c', 'bc', true],
      ['~', '^[ab]c', 'cc', false],
      ['~', '^(a|é)c', 'éc', true],
      ['~', '^a?b', 'b', true],
      ['~', '^', '', true],
      ['~', '', 'x', true],
      ['~', '.*b.*', 'abc', true],
      ['~', 'a.*b$', 'axxb', true],
      ['!~', 'b', 'abc', false],
      ['!~', '^b', 'abc', true],
      ['!~', 'lost \\d', 'lost 5', false],
      ['!~', 'lost \\d', '', true],
      ['(-', "['ab', 'cd']", 'cd', true],
      ['(-', "['ab', 'cd']", 'c', false],
      ['(-', "['']", '', true],
      ['(~', "['^x', 'b$']", 'ab', true],
      ['(~', "['^x', 'b$']", 'ba', false],
    ])('%s %j on %j: %j', (operator, pattern, value, expected) => {
      expect(holds(['f', operator, pattern], { f: value })).toBe(expected);
    });

    it('tests a missing field as the empty text', () => {
      expect(holds(['f', '==', ''], {})).toBe(true);
      expect(holds(['f', '!=', 'x'], {})).toBe(true);
      expect(holds(['f', '~', '^$'], {})).toBe(true);
      expect(holds(['f', '!~', 'x'], {})).toBe(true);
      expect(holds(['constructor', '==', ''], {})).toBe(true);
      expect(holds(['__proto__', '==', ''], {})).toBe(true);
      expect(holds(['toString', '~', 'native'], {})).toBe(false);
    });
  });

  describe('branches', () => {
    const head: ClauseTuple = ['class', '==', 'Learner'];

    it('try their bodies in order', () => {
      const entries: EntryDraft[] = [
        { id: 'special', chain: [head, ['content', '~', 'slow']] },
        { id: 'general', chain: [head] },
      ];
      expect(firedBy(entries, { class: 'Learner', content: 'slow' })).toBe('special');
      expect(firedBy(entries, { class: 'Learner', content: 'fast' })).toBe('general');
    });

    it('gather entries with the same first clause wherever they stand', () => {
      const entries: EntryDraft[] = [
        { id: 'first', chain: [head, ['content', '~', 'a']] },
        { id: 'other', chain: [['content', '~', 'b']] },
        { id: 'second', chain: [head, ['content', '~', 'b']] },
      ];
      expect(firedBy(entries, { class: 'Learner', content: 'b' })).toBe('second');
      expect(firedBy(entries, { class: 'Leader', content: 'b' })).toBe('other');
    });

    it('decide alone: when none of their bodies holds, later branches are not tried', () => {
      const entries: EntryDraft[] = [
        { chain: [head, ['content', '~', 'a']] },
        { chain: [['content', '~', 'b']] },
      ];
      expect(firedBy(entries, { class: 'Learner', content: 'b' })).toBeNull();
    });

    it('are tried in the order of their first appearance', () => {
      const entries: EntryDraft[] = [
        { id: 'search', chain: [['class', '~', 'earn']] },
        { id: 'equal', chain: [head] },
        { id: 'level', chain: [['level', '==', 'WARN']] },
        { id: 'list', chain: [['class', '(-', "['Leader', 'Learner']"]] },
      ];
      expect(firedBy(entries, { class: 'Learner', level: 'WARN' })).toBe('search');
      expect(firedBy(entries.slice(1), { class: 'Learner', level: 'WARN' })).toBe('equal');
      expect(firedBy(entries.slice(2), { class: 'Learner', level: 'WARN' })).toBe('level');
      expect(firedBy(entries.slice(2), { class: 'Learner', level: 'INFO' })).toBe('list');
      expect(firedBy(entries.slice(2), { class: 'Other', level: 'INFO' })).toBeNull();
    });

    it('are different when only CaptureResult differs', () => {
      const entries: EntryDraft[] = [
        {
          id: 'a',
          chain: [
            ['c', '~', '(?<x>l)', false],
            ['d', '==', '1'],
          ],
        },
        {
          id: 'b',
          chain: [
            ['c', '~', '(?<x>l)', true],
            ['d', '==', '2'],
          ],
        },
      ];
      expect(firedBy(entries, { c: 'l', d: '2' })).toBeNull();
    });
  });

  describe('the subject', () => {
    it("is the tag's when the rule names none", () => {
      expect(subjectOf({ chain: [['f', '==', 'x']] }, { f: 'x' })).toBe('tag');
    });

    it('is the name that the rule gives', () => {
      expect(subjectOf({ chain: [['f', '==', 'x']], subject: 'peer' }, { f: 'x' })).toBe('peer');
    });

    const capture: ClauseTuple = ['f', '~', 'to (?P<host>\\w*)(?: (?P<port>\\d+))?', true];

    it('is what a named group captured', () => {
      expect(subjectOf({ chain: [capture], subject: '<f_host>' }, { f: 'to h1 80' })).toBe('h1');
      expect(subjectOf({ chain: [capture], subject: '<f_port>' }, { f: 'to h1 80' })).toBe('80');
    });

    it("is the tag's when the group captured nothing, took no part or does not exist", () => {
      expect(subjectOf({ chain: [capture], subject: '<f_host>' }, { f: 'to ' })).toBe('tag');
      expect(subjectOf({ chain: [capture], subject: '<f_port>' }, { f: 'to h1' })).toBe('tag');
      expect(subjectOf({ chain: [capture], subject: '<f_name>' }, { f: 'to h1' })).toBe('tag');
    });

    it('is not captured without CaptureResult', () => {
      expect(subjectOf({ chain: [['f', '~', '(?P<host>h)']], subject: '<f_host>' }, { f: 'h' })).toBe('tag');
    });

    it('comes from the first pattern of a list that is found', () => {
      const chain: ClauseTuple[] = [['f', '(~', "['a (?P<x>\\d)', '(?P<x>b) (?P<y>\\d)', 'c']", true]];
      expect(subjectOf({ chain, subject: '<f_x>' }, { f: 'b 2 a 1' })).toBe('1');
      expect(subjectOf({ chain, subject: '<f_y>' }, { f: 'b 2 a 1' })).toBe('tag');
      expect(subjectOf({ chain, subject: '<f_y>' }, { f: 'b 2' })).toBe('2');
      expect(subjectOf({ chain, subject: '<f_x>' }, { f: 'c' })).toBe('tag');
    });

    it('comes from the last clause that captures the result', () => {
      const chain: ClauseTuple[] = [
        ['f', '~', '^(?P<x>.)', true],
        ['f', '~', '(?P<x>.)$', true],
        ['f', '~', '(?P<y>.)', true],
      ];
      expect(subjectOf({ chain, subject: '<f_x>' }, { f: 'abc' })).toBe('c');
    });

    it('comes from an earlier clause when the pattern found later in a list has no such group', () => {
      const chain: ClauseTuple[] = [
        ['f', '~', '^(?P<x>.)', true],
        ['f', '(~', "['z', '(?P<x>b)']", true],
      ];
      expect(subjectOf({ chain, subject: '<f_x>' }, { f: 'abz' })).toBe('a');
      expect(subjectOf({ chain, subject: '<f_x>' }, { f: 'ab' })).toBe('b');
    });

    it('never comes from a body that failed', () => {
      const head: ClauseTuple = ['f', '~', 'id (?P<id>\\d)', true];
      const rules = ruleSet([
        { chain: [head, ['g', '~', 'from (?P<host>\\w+)', true], ['g', '~', 'never']], subject: '<g_host>' },
        { chain: [head, ['g', '~', 'from']], subject: '<g_host>' },
      ]);
      expect(create(rules).match({ f: 'id 1', g: 'from h1' })).toMatchObject({
        rule: { id: '2' },
        subject: { kind: 'tag' },
      });
    });

    it('may be captured by the head', () => {
      const chain: ClauseTuple[] = [
        ['f', '~', 'id (?P<id>\\d)', true],
        ['g', '==', 'x'],
      ];
      expect(subjectOf({ chain, subject: '<f_id>' }, { f: 'id 7', g: 'x' })).toBe('7');
    });
  });

  it('gives everything that the classifier says', () => {
    const rules = ruleSet(
      [
        {
          chain: [['f', '==', 'x']],
          classifier: {
            Context: 'Disk',
            Status: 'dying',
            Score: '7.5',
            Expires: '30s',
            Withdraws: { Contexts: ['Sync'] },
            Escalate: [{ Count: 3, Within: '1m', Status: 'dead', Score: 1 }],
          },
        },
      ],
      { KnownSubjectsOnly: true },
    );
    expect(create(rules).knownSubjectsOnly).toBe(true);
    expect(create(rules).match({ f: 'x' })).toEqual({
      rule: { id: '1', why: '' },
      subject: { kind: 'tag' },
      context: 'Disk',
      status: Status.DYING,
      score: 7.5,
      expiresMs: 30_000,
      withdraws: { contexts: ['Sync'], subjects: 'same' },
      deadline: null,
      escalate: [{ count: 3, withinMs: 60_000, status: Status.DEAD, score: 1 }],
      pause: null,
    });
  });

  it('gives the deadline of what is pending', () => {
    const deadline = { After: '30s', Status: 'dying', Score: 5 };
    const rules = ruleSet([
      { chain: [['f', '==', 'x']], classifier: { Status: 'pending', Deadline: deadline } },
    ]);
    expect(create(rules).match({ f: 'x' })?.deadline).toEqual({
      afterMs: 30_000,
      status: Status.DYING,
      score: 5,
    });
  });

  it.each([
    ['1500', 1500],
    ['2 seconds', 2000],
    ['soon', 0],
    ['', 0],
  ])('takes the length of a pause from the record: %j', (text, expected) => {
    const rules = ruleSet([
      {
        chain: [['f', '~', '^pause (?<lasted>.*)$', true]],
        classifier: { Pause: { Lasted: '<f_lasted>', Distrust: '10s' } },
      },
    ]);
    expect(create(rules).match({ f: `pause ${text}` })?.pause).toEqual({
      lastedMs: expected,
      distrustMs: 10_000,
    });
  });

  describe('an entry with a minimum level', () => {
    const rules = ruleSet([
      { id: 'grave', chain: [['f', '==', 'x']], classifier: { MinLevel: 'WARN' } },
      { id: 'mild', chain: [['f', '==', 'x']], classifier: { MinLevel: 'INFO' } },
    ]);
    const entryOf = (fields: RecordFields) => create(rules).match({ f: 'x', ...fields })?.rule.id ?? null;

    it.each([
      ['FATAL', 'grave'],
      ['CRITICAL', 'grave'],
      ['ERROR', 'grave'],
      ['WARNING', 'grave'],
      ['WARN', 'grave'],
      ['warn', 'grave'],
      ['INFO', 'mild'],
      ['DEBUG', null],
      ['TRACE', null],
    ])('looks at a record of level %s and gives %s', (level, expected) => {
      expect(entryOf({ level })).toBe(expected);
    });

    it('is not held back by a level that is not known or not there', () => {
      expect(entryOf({ level: 'NOTICE' })).toBe('grave');
      expect(entryOf({ level: '' })).toBe('grave');
      expect(entryOf({})).toBe('grave');
    });
  });

  it('matches nothing without entries', () => {
    expect(create(ruleSet([])).match({ f: 'x' })).toBeNull();
  });
});

describe('whether the continuation lines matter', () => {
  function needsDetail(entries: readonly EntryDraft[], fields: RecordFields): boolean {
    return compileRuleSet(ruleSet(entries)).needsDetail(fields);
  }
  const head: ClauseTuple = ['class', '==', 'Learner'];
  const detail: ClauseTuple = ['detail', '~', 'EOFException'];

  it('they do not when no clause reads them', () => {
    expect(needsDetail([{ chain: [head] }], { class: 'Learner' })).toBe(false);
  });

  it('they do when a body that could match reads them', () => {
    const entries: EntryDraft[] = [{ chain: [head, ['content', '~', 'slow'], detail] }];
    expect(needsDetail(entries, { class: 'Learner', content: 'slow' })).toBe(true);
    expect(needsDetail(entries, { class: 'Learner', content: 'fast' })).toBe(false);
    expect(needsDetail(entries, { class: 'Leader', content: 'slow' })).toBe(false);
  });

  it('they do not when an earlier body matches without them', () => {
    const entries: EntryDraft[] = [{ chain: [head, ['content', '~', 'slow']] }, { chain: [head, detail] }];
    expect(needsDetail(entries, { class: 'Learner', content: 'slow' })).toBe(false);
    expect(needsDetail(entries, { class: 'Learner', content: 'fast' })).toBe(true);
  });

  it('they do when a branch begins with them, unless nothing could come of it', () => {
    const entries: EntryDraft[] = [{ chain: [detail, ['level', '==', 'WARN']] }, { chain: [head] }];
    expect(needsDetail(entries, { class: 'Leader', level: 'WARN' })).toBe(true);
    expect(needsDetail(entries, { class: 'Learner', level: 'INFO' })).toBe(true);
    expect(needsDetail(entries, { class: 'Leader', level: 'INFO' })).toBe(false);
  });
});

describe('the literals that a record has to contain', () => {
  function literals(
    entries: readonly EntryDraft[],
    verbatim = ['class', 'content'],
  ): readonly string[] | null {
    return compileRuleSet(ruleSet(entries)).literals(verbatim);
  }

  it('are taken from the clause of each entry that tells most', () => {
    const entries: EntryDraft[] = [
      {
        chain: [
          ['class', '==', 'LearnerHandler'],
          ['content', '~', '^Slow node .*$'],
        ],
      },
      {
        chain: [
          ['class', '==', 'LearnerHandler'],
          ['content', '!=', 'x'],
        ],
      },
      {
        chain: [
          ['level', '==', 'WARN'],
          ['content', '(~', "['too busy', 'gave up (?:now|later)']"],
        ],
      },
      { chain: [['class', '(-', "['Leader', 'Follower']"]] },
    ];
    expect(literals(entries)).toEqual([
      'Slow node ',
      'LearnerHandler',
      'too busy',
      'gave up now',
      'gave up later',
      'Leader',
      'Follower',
    ]);
  });

  it('are what is said rather than who says it', () => {
    const speaker: ClauseTuple = ['class', '~', '^QuorumCnxManager'];
    const entries: EntryDraft[] = [
      { chain: [['content', '~', '^LOOKING$'], speaker] },
      { chain: [speaker, ['content', '~', '^FOLLOWING$']] },
    ];
    expect(literals(entries)).toEqual(['LOOKING', 'FOLLOWING']);
  });

  it('leave out those that contain another one', () => {
    const entries: EntryDraft[] = [
      { chain: [['content', '~', 'very busy now']] },
      { chain: [['content', '~', 'busy']] },
    ];
    expect(literals(entries)).toEqual(['busy']);
  });

  it('are none as soon as one entry has none', () => {
    const entries: EntryDraft[] = [
      { chain: [['content', '~', 'busy']] },
      { chain: [['content', '~', '\\d+']] },
    ];
    expect(literals(entries)).toBeNull();
  });

  it('come from verbatim fields of the first line only', () => {
    expect(literals([{ chain: [['tag_context', '==', 'Snapshot']] }])).toBeNull();
    expect(literals([{ chain: [['detail', '~', 'EOFException']] }], ['content', 'detail'])).toBeNull();
  });

  it('are an empty list without entries', () => {
    expect(literals([])).toEqual([]);
  });
});
