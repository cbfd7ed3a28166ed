import { describe, expect, it } from '@jest/globals';
import { Pipeline } from '../../agent/pipeline.js';
import { compileRuleSet } from '../../filters/compile.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import { tinyPlugin } from '../support/tiny-plugin.js';

const RULES = {
  FilterTree: [
    rule('syncing with (?<who>\\w+)', {
      Status: 'pending',
      Deadline: { After: '30s', Status: 'unhealthy', Score: 20 },
    }),
    rule('synced with (?<who>\\w+)', { Status: 'healthy' }),
    rule('slow', {
      Context: 'Disk',
      Status: 'maybe_unhealthy',
      Expires: '1m',
      Escalate: [{ Count: 3, Within: '1m', Status: 'dying', Score: 5 }],
    }),
    rule('lost (?<who>\\w+)', { Context: 'Link', Status: 'dead' }),
    rule('slept (?<ms>\\d+)', {
      Context: 'Pause',
      Subject: '',
      Status: 'maybe_unhealthy',
      Pause: { Lasted: '<content_ms>', Distrust: '10s' },
    }),
  ],
};

function rule(pattern: string, classifier: object): object {
  return {
    Chain: [{ Field: 'content', Operator: '~', Pattern: pattern, CaptureResult: pattern.includes('<') }],
    Classifier: {
      Context: 'Sync',
      Subject: pattern.includes('<who>') ? '<content_who>' : '',
      Score: 50,
      ...classifier,
    },
  };
}

function setUp({ merge = 0 } = {}) {
  const pipeline = new Pipeline({
    plugin: tinyPlugin([]),
    matcher: compileRuleSet(loadRuleSet(JSON.stringify(RULES), 'test.json')),
    suppress: { staleSeconds: -1, mergeSeconds: merge },
    now: () => 0,
  });
  const file = pipeline.openFile('1:2', 0);
  return {
    pipeline,
    push: (...lines: string[]) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const { length } = bytes;
      file.push({ bytes, start: 0, end: length, offset: 0, endOffset: length, cutBytes: 0 });
    },
    said: () =>
      pipeline.take().map((one) => `${one.timeMs / 1000} ${one.subject} ${one.status} ${one.message}`),
  };
}

// The observer of these logs is `a`.

describe('an operation that never ends', () => {
  it('becomes visible though nothing more is written', () => {
    const { pipeline, push, said } = setUp();
    push('100 a syncing with b');
    pipeline.expire(130_000);
    expect(said()).toEqual(['100 b 3 syncing with b', '130 b 5 not resolved within 30s: syncing with b']);
    expect(pipeline.counts().derived).toBe(1);
  });

  it('becomes visible by log time before the next finding, and no better by being repeated', () => {
    const { push, said } = setUp();
    push('100 a syncing with b', '140 a syncing with b', '150 a synced with b');
    expect(said()).toEqual([
      '100 b 3 syncing with b',
      '130 b 5 not resolved within 30s: syncing with b',
      '140 b 5 not resolved within 30s: syncing with b',
      '150 b 2 synced with b',
    ]);
  });
});

describe('a finding that repeats', () => {
  it('gets worse, also by the repeats that are not sent', () => {
    const { push, said } = setUp({ merge: 30 });
    push('100 a slow', '110 a slow', '120 a slow', '121 a slow');
    expect(said()).toEqual(['100 a 4 slow', '120 a 6 3 times within 1m: slow']);
  });

  it('is new again after it was withdrawn', () => {
    const { push, said } = setUp();
    push('100 a slow', '101 a slow', '200 a slow');
    expect(said().slice(2)).toEqual(['161 a 1 expired: no newer word since "slow"', '200 a 4 slow']);
  });
});

describe('a pause of the process itself', () => {
  it('takes the weight off its complaints about others, before and for a while after it', () => {
    const { pipeline, push, said } = setUp();
    push('100 a lost b', '105 a slept 5000', '110 a lost b', '111 a slow', '116 a lost b');
    expect(said()).toEqual([
      '100 b 7 lost b',
      '105 b 1 withdrawn: the observer itself stood still: slept 5000',
      '105 a 4 slept 5000',
      '111 a 4 slow',
      '116 b 7 lost b',
    ]);
    expect(pipeline.counts().quiet).toEqual(new Map([['distrusted', 1]]));
  });
});

it('goes on after a restart with what was counted, awaited and not believed', () => {
  const before = setUp();
  before.push('90 a syncing with b', '95 a slow', '96 a slow', '98 a slept 0');
  const after = setUp();
  after.pipeline.restore(JSON.parse(JSON.stringify(before.pipeline.state())));
  after.push('99 a slow', '100 a lost b');
  after.pipeline.expire(120_000);
  expect(after.said()).toEqual([
    '99 a 6 3 times within 1m: slow',
    '120 b 5 not resolved within 30s: syncing with b',
  ]);
});
