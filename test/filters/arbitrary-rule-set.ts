import fc from 'fast-check';
import type { RecordFields } from '../../filters/matcher.js';
import { compilePattern } from '../../filters/pattern/pattern.js';
import type { Clause, LastedRule, RuleEntry, RuleSet } from '../../filters/rule-set.js';

/** Fields that rules test and records have; `absent` is in no record. */
const RULE_FIELDS = ['content', 'tag', 'detail', 'absent'];
/** Few words, so that rules and records meet. */
const WORDS = ['abc', 'bca', 'aab', 'abcabc', 'ab', 'b', 'ABC', 'é😀x', '', ' ', '17'];

const word = fc.constantFrom(...WORDS);

/** Regular expressions of both dialects; group names are made unique afterwards. */
const pattern: fc.Arbitrary<string> = fc
  .letrec<{ pattern: string; sequence: string; item: string }>((tie) => ({
    pattern: fc.oneof(
      { weight: 4, arbitrary: tie('sequence') },
      {
        weight: 1,
        arbitrary: fc.tuple(tie('sequence'), tie('sequence')).map((branches) => branches.join('|')),
      },
    ),
    sequence: fc
      .tuple(
        fc.constantFrom('', '', '', '^', '(?i)', '.*', '(?m)^', '(?s)'),
        fc.array(tie('item'), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', '', '', '$', '.*', '.*$', '\\z'),
      )
      .map(([start, items, end]) => start + items.join('') + end),
    item: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 6, arbitrary: fc.constantFrom(...WORDS.filter((text) => text !== '')) },
      {
        weight: 3,
        arbitrary: fc.constantFrom('.', '[ab]', '[^a]', '\\w', '\\s', '\\b', '\\n', 'a?', 'c*', '(?:ab)+'),
      },
      { weight: 1, arbitrary: fc.constantFrom('(?=a)', '(?!b)', '(?<=b)', 'é{1,2}', 'b{0}', '[[:alpha:]]') },
      { weight: 1, arbitrary: tie('pattern').map((body) => `(?P<#>${body})`) },
      { weight: 1, arbitrary: tie('pattern').map((body) => `(?:${body})?`) },
      { weight: 1, arbitrary: tie('pattern').map((body) => `(?i:${body})`) },
    ),
  }))
  .pattern.map((text) => {
    let group = 0;
    return text.replace(/#/g, () => `g${++group}`);
  })
  .filter((text) => compilePattern(text).kind === 'compiled');

const listOf = (elements: readonly string[]): string =>
  `[${elements.map((element) => `'${element}'`).join(', ')}]`;

const test: fc.Arbitrary<Pick<Clause, 'operator' | 'pattern'>> = fc.oneof(
  fc.record({ operator: fc.constantFrom('==' as const, '!=' as const), pattern: word }),
  fc.record({ operator: fc.constantFrom('~' as const, '!~' as const), pattern }),
  fc.record({
    operator: fc.constant('(-' as const),
    pattern: fc.array(word, { minLength: 1, maxLength: 3 }).map(listOf),
  }),
  fc.record({
    operator: fc.constant('(~' as const),
    pattern: fc.array(pattern, { minLength: 1, maxLength: 3 }).map(listOf),
  }),
);

const clause: fc.Arbitrary<Clause> = fc
  .record({ field: fc.constantFrom(...RULE_FIELDS), test, captureResult: fc.boolean() })
  .map(({ field, test: { operator, pattern: text }, captureResult }) => ({
    field,
    operator,
    pattern: text,
    captureResult,
  }));

function lastedRule(result: string): LastedRule {
  return result === 'none' ? { kind: 'fixed', lastedMs: 250 } : { kind: 'result', result };
}

/** Rule sets in which several entries share a head. */
export const arbitraryRuleSet: fc.Arbitrary<RuleSet> = fc
  .array(clause, { minLength: 1, maxLength: 4 })
  .chain((heads) =>
    fc.array(
      fc.record({
        head: fc.constantFrom(...heads),
        rest: fc.array(clause, { maxLength: 2 }),
        result: fc.constantFrom(null, 'content_g1', 'content_g2', 'tag_g1', 'detail_g1'),
        minLevel: fc.constantFrom(null, null, 'DEBUG' as const, 'WARN' as const, 'FATAL' as const),
        lasted: fc.constantFrom(null, 'none', 'content_g1', 'tag_g1'),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map((drafts) => ({
    source: 'random',
    plugin: null,
    description: '',
    knownSubjectsOnly: false,
    warnings: [],
    entries: drafts.map(({ head, rest, result, minLevel, lasted }, index): RuleEntry => ({
      number: index + 1,
      id: `entry-${index + 1}`,
      why: '',
      versions: '',
      chain: [head, ...rest],
      classifier: {
        context: '',
        subject: result === null ? { kind: 'tag' } : { kind: 'result', result },
        status: 5,
        score: 20,
        minLevel,
        expiresMs: null,
        withdraws: null,
        deadline: null,
        escalate: null,
        pause: lasted === null ? null : { lasted: lastedRule(lasted), distrustMs: 1000 },
      },
      examples: [],
    })),
  }));

const text = fc
  .array(fc.constantFrom(...WORDS, 'a', 'c', '\r'), { maxLength: 6 })
  .map((parts) => parts.join(''));

/** Records as they are before their continuation lines are known. */
export const arbitraryRecord: fc.Arbitrary<RecordFields> = fc.record(
  {
    content: text,
    tag: text,
    level: fc.constantFrom('TRACE', 'debug', 'INFO', 'WARN', 'Warning', 'ERROR', 'CRITICAL', 'NOTICE', ''),
  },
  { requiredKeys: ['content', 'tag'] },
);

/** Continuation lines. */
export const arbitraryDetail: fc.Arbitrary<string> = fc
  .array(text, { maxLength: 2 })
  .map((lines) => lines.join('\n'));
