import { describe, expect, it } from '@jest/globals';
import { Pipeline } from '../../agent/pipeline.js';
import type { LineRegion } from '../../agent/tail/line-region.js';
import { compileRuleSet } from '../../filters/compile.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import { tinyPlugin } from '../support/tiny-plugin.js';

interface Entry {
  readonly match: string;
  readonly subject?: string;
  readonly status?: string;
  readonly detail?: string;
  readonly classifier?: object;
}

/** A pipeline over rules that look for a text in the content. */
function setUp(entries: readonly Entry[], options: { merge?: number; stale?: number; file?: object } = {}) {
  const parsed: string[] = [];
  const FilterTree = entries.map(({ match, subject, status, detail, classifier }) => ({
    Id: match,
    Chain: [
      { Field: 'content', Operator: '~', Pattern: match, CaptureResult: subject?.startsWith('<') ?? false },
      ...(detail === undefined
        ? []
        : [{ Field: 'detail', Operator: '~', Pattern: detail, CaptureResult: false }]),
    ],
    Classifier: {
      Context: 'Test',
      Subject: subject ?? '',
      Status: status ?? 'unhealthy',
      Score: 20,
      ...classifier,
    },
  }));
  const pipeline = new Pipeline({
    plugin: tinyPlugin(parsed),
    matcher: compileRuleSet(loadRuleSet(JSON.stringify({ ...options.file, FilterTree }), 'test.json')),
    suppress: { staleSeconds: options.stale ?? -1, mergeSeconds: options.merge ?? 0 },
    now: () => 1_000_000,
  });
  const file = pipeline.openFile('1:2', 0);
  return {
    pipeline,
    file,
    parsed,
    push: (...lines: string[]) => file.push(region(lines)),
    said: () =>
      pipeline.take().map((one) => `${one.timeMs / 1000} ${one.subject} ${one.status} ${one.message}`),
  };
}

function region(lines: readonly string[]): LineRegion {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return { bytes, start: 0, end: bytes.length, offset: 0, endOffset: bytes.length, cutBytes: 0 };
}

describe('from lines to findings', () => {
  it('parses only lines that hold a literal of a rule or of the memory', () => {
    const { push, parsed, said, pipeline } = setUp([{ match: 'lost it' }]);
    push('1 b nothing', '2 b lost it', '3 b please remember', '4 b nothing');
    // And one line of the region, for a look at whether the format is still what the plugin reads.
    expect(parsed).toEqual(['2 b lost it', '3 b please remember', '4 b nothing']);
    expect(said()).toEqual(['2 b 5 lost it']);
    expect(pipeline.counts()).toEqual({
      lines: 4,
      candidates: 2,
      records: 2,
      continuations: 0,
      derived: 0,
      unparsable: 0,
      parseEpisodes: 0,
      findings: 1,
      quiet: new Map([['no-match', 1]]),
    });
  });

  it('parses every line when a rule has no literal', () => {
    const { push, parsed } = setUp([{ match: '.' }]);
    push('1 b x', '2 b y');
    expect(parsed.slice(0, 2)).toEqual(['1 b x', '2 b y']);
  });

  it('takes no stack trace for a record, though it holds the literal', () => {
    const { push, said } = setUp([{ match: 'lost it' }]);
    push('java.io.IOException: lost it', '\tat lost it');
    expect(said()).toEqual([]);
  });

  it('counts what never becomes a finding, by reason', () => {
    const { push, said, pipeline } = setUp(
      [{ match: 'of (?<who>\\w+)', subject: '<content_who>' }, { match: 'self' }],
      { file: { KnownSubjectsOnly: true } },
    );
    push('1 b DEBUG self', '2 b of stranger', '3 b of twins', '4 - self', '5 b of a');
    expect(said()).toEqual(['5 a 5 of a']);
    expect(pipeline.counts().quiet).toEqual(
      new Map([
        ['debug-level', 1],
        ['unknown-subject', 1],
        ['ambiguous-subject', 1],
        ['no-subject', 1],
      ]),
    );
  });

  it('takes an unknown name as an id where the rules do not ask for members', () => {
    const { push, said } = setUp([{ match: 'of (?<who>\\w+)', subject: '<content_who>' }]);
    push('2 b of stranger');
    expect(said()).toEqual(['2 stranger 5 of stranger']);
  });

  it('skips what is stale and what repeats', () => {
    const { push, said, pipeline } = setUp([{ match: 'lost it' }], { merge: 10, stale: 300 });
    push('600 b lost it', '800 b lost it', '805 b lost it', '811 b lost it');
    expect(said()).toEqual(['800 b 5 lost it', '811 b 5 lost it']);
    expect(pipeline.counts().quiet).toEqual(
      new Map([
        ['stale', 1],
        ['repeat', 1],
      ]),
    );
  });
});

describe('a record whose continuation lines matter', () => {
  const entries = [{ match: 'lost it', detail: 'timed out' }, { match: 'gone' }];

  it('waits for them, also over the border of two regions', () => {
    const { push, file, said } = setUp(entries);
    push('1 b lost it', 'java.net.SocketTimeoutException:');
    expect(file.isWaiting).toBe(true);
    expect(said()).toEqual([]);
    push('  timed out', '2 b next');
    expect(said()).toEqual(['1 b 5 lost it']);
    expect(file.isWaiting).toBe(false);
  });

  it('is decided by what there is when nothing more comes', () => {
    const { push, file, said } = setUp(entries);
    push('1 b lost it');
    file.flush();
    expect(said()).toEqual([]);
  });

  it('does not hold up records that do not need theirs', () => {
    const { push, file, said } = setUp(entries);
    push('1 b gone');
    expect(file.isWaiting).toBe(false);
    expect(said()).toEqual(['1 b 5 gone']);
  });

  it('takes a limited number of them', () => {
    const { push, file, said } = setUp(entries);
    push('1 b lost it', ...Array.from({ length: 500 }, () => 'more'), 'timed out');
    file.flush();
    expect(said()).toEqual([]);
  });
});

describe('a finding with an end', () => {
  const entries = [
    { match: 'slow', classifier: { Expires: '30s' } },
    { match: 'back', status: 'healthy', classifier: { Context: 'Other', Withdraws: { Contexts: ['Test'] } } },
  ];

  it('is withdrawn before the first finding after its time', () => {
    const { push, said } = setUp(entries);
    push('100 b slow', '200 a slow');
    expect(said()).toEqual(['100 b 5 slow', '130 b 1 expired: no newer word since "slow"', '200 a 5 slow']);
  });

  it('is withdrawn when its time is over, though nothing more is written', () => {
    const { pipeline, push, said } = setUp(entries);
    push('100 b slow');
    pipeline.expire(129_999);
    expect(said()).toEqual(['100 b 5 slow']);
    pipeline.expire(130_000);
    expect(said()).toEqual(['130 b 1 expired: no newer word since "slow"']);
  });

  it('is withdrawn by a record that takes it back', () => {
    const { push, said } = setUp(entries);
    push('100 b slow', '110 b back');
    expect(said()).toEqual(['100 b 5 slow', '110 b 1 withdrawn: back', '110 b 2 back']);
  });

  it('stands longer when it is repeated, though the repeat is not sent', () => {
    const { pipeline, push, said } = setUp(entries, { merge: 25 });
    push('100 b slow', '120 b slow');
    pipeline.expire(149_999);
    expect(said()).toEqual(['100 b 5 slow']);
    pipeline.expire(150_000);
    expect(said()).toEqual(['150 b 1 expired: no newer word since "slow"']);
  });
});
