import { describe, expect, it } from '@jest/globals';
import { changeText } from '../../../cli/verdict-format/change-text.js';
import { COLOURED, PLAIN } from '../../../cli/verdict-format/paint.js';
import { fit, joinWords, printable } from '../../../cli/verdict-format/printable.js';
import { formatDuration, formatTime } from '../../../cli/verdict-format/time-text.js';
import { whyText } from '../../../cli/verdict-format/why-text.js';
import { Status } from '../../../protocol/model.js';
import type { MetricVerdict, Verdict, VerdictChange, Vote } from '../../../protocol/verdict.js';
import { evidence } from '../../support/fake-verdicts.js';

const NOW_MS = Date.parse('2026-11-23T03:10:00Z');
const SINCE_MS = NOW_MS - 250_000;

function vote(observer: string, parts: Partial<Vote> = {}): Vote {
  return {
    observer,
    status: Status.UNHEALTHY,
    score: 20,
    timeMs: SINCE_MS,
    weight: 1,
    evidence: null,
    ...parts,
  };
}

function metric(name: string, status: Status, votes: readonly Vote[]): MetricVerdict {
  return { name, status, score: 20, sinceMs: SINCE_MS, votes };
}

function verdict(status: Status, verdicts: readonly MetricVerdict[], parts: Partial<Verdict> = {}): Verdict {
  return {
    subject: 'peer@2',
    status,
    score: 20,
    sinceMs: SINCE_MS,
    timeMs: NOW_MS - 3000,
    metrics: verdicts.filter((each) => each.status === status).map(({ name }) => name),
    observers: ['peer@1'],
    algorithm: 'weighted',
    verdicts,
    ...parts,
  };
}

function why(told: Verdict, isComplete = false): string {
  return whyText(told, [], { nowMs: NOW_MS, paint: PLAIN, isComplete });
}

describe('durations', () => {
  it.each([
    [-5, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [250_000, '4 min 10 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [47 * 3_600_000, '47 h'],
    [50 * 3_600_000, '2 d 2 h'],
  ])('%d ms are %s', (millis, text) => expect(formatDuration(millis)).toBe(text));

  it('are told from times that nobody knows', () => expect(formatTime(NaN)).toBe('unknown'));
});

describe('what stands in a log', () => {
  it('cannot steer the terminal', () => {
    expect(printable('a\u001b[2Jb\tc\r\n\u0007\u009b1m\u202ed')).toBe(
      'a\\x1b[2Jb c\\x0d\\x0a\\x07\\x9b1m\\u202ed',
    );
  });

  it('is cut by characters, not in the middle of one', () => {
    expect(fit('a🦀bc', 3)).toBe('a🦀…');
    expect(fit('a🦀', 3, true)).toBe('a🦀 ');
    expect(fit('abc', 0)).toBe('');
  });

  it('is joined as one speaks', () => {
    expect(joinWords([])).toBe('');
    expect(joinWords(['a'])).toBe('a');
    expect(joinWords(['a', 'b', 'c'])).toBe('a, b and c');
    expect(joinWords(['a', 'b', 'c', 'd', 'e'], 3)).toBe('a, b and 3 more');
  });
});

describe('why', () => {
  it('gives the verdict, then each vote with its reason, its line and where that stands', () => {
    const told = verdict(Status.UNHEALTHY, [
      metric('Link', Status.UNHEALTHY, [
        vote('peer@1', { evidence: evidence({ line: 'it is gone' }) }),
        vote('peer@10', { status: Status.HEALTHY, score: 90, weight: 0.25 }),
      ]),
    ]);
    expect(why(told)).toBe(
      `peer@2 has been UNHEALTHY for 4 min 10 s, since 2026-11-23 03:05:50 UTC.
In Link; peer@1 says so. Last spoken of 3 s ago. Votes are counted by: weighted.

Link  UNHEALTHY, score 20.0, for 4 min 10 s
  peer@1   UNHEALTHY         20.0  weight 1.00  2026-11-23 03:05:50
    The leader can no longer read from the follower.
    it is gone
    /var/log/zookeeper.log:4711 on host1, rule follower-link-failed, by agent@host1
  peer@10  HEALTHY           90.0  weight 0.25  2026-11-23 03:05:50
    (where this comes from is not known)
`,
    );
  });

  it('spares the lines of metrics that are well, unless all is or they are asked for', () => {
    const well = metric('Disk', Status.HEALTHY, [
      vote('peer@1', { status: Status.HEALTHY, evidence: evidence({ line: 'the disk is fine' }) }),
    ]);
    const sick = metric('Link', Status.UNHEALTHY, [vote('peer@1')]);
    expect(why(verdict(Status.UNHEALTHY, [sick, well]))).not.toContain('the disk is fine');
    expect(why(verdict(Status.UNHEALTHY, [sick, well]), true)).toContain('the disk is fine');
    expect(why(verdict(Status.HEALTHY, [well]))).toContain('the disk is fine');
  });

  it('says when complaints weigh too little', () => {
    const light = metric('Link', Status.MAYBE_UNHEALTHY, [
      vote('peer@1', { weight: 0.16 }),
      vote('peer@3', { weight: 0.1 }),
    ]);
    expect(why(verdict(Status.MAYBE_UNHEALTHY, [light]))).toContain(
      'Link  MAYBE_UNHEALTHY, score 20.0, for 4 min 10 s (the complaints weigh 0.26 together: no more than a suspicion)\n',
    );
    const suspected = metric('Link', Status.MAYBE_UNHEALTHY, [vote('a', { status: Status.MAYBE_UNHEALTHY })]);
    expect(why(verdict(Status.MAYBE_UNHEALTHY, [suspected]))).not.toContain('suspicion');
  });

  it('says that nothing stands any more', () => {
    const gone = metric('Link', Status.NA, [vote('peer@1', { status: Status.NA, weight: 0 })]);
    expect(why(verdict(Status.NA, [gone]))).toMatch(
      /^Nothing stands on peer@2: what was said of it was taken back or has expired, 3 s ago\.\n/,
    );
  });

  it('has colours only for who wants them, and never lets a log bring its own', () => {
    const told = verdict(Status.DEAD, [
      metric('Link', Status.DEAD, [vote('x\u001b[8m', { evidence: evidence({ line: '\u001b[0m' }) })]),
    ]);
    expect(why(told)).not.toContain('\u001b');
    const coloured = whyText(told, [], { nowMs: NOW_MS, paint: COLOURED, isComplete: false });
    expect(coloured).toContain('\u001b[31;1;7mDEAD\u001b[0m');
    expect(coloured).not.toContain('\u001b[8m');
  });
});

describe('a change', () => {
  const change: VerdictChange = {
    sequence: 7,
    subject: 'peer@2',
    timeMs: SINCE_MS,
    before: Status.HEALTHY,
    after: Status.UNHEALTHY,
    score: 20,
    metrics: ['Link', 'Disk'],
    observers: ['a', 'b', 'c', 'd'],
    evidence: evidence({ why: 'It is gone.' }),
  };

  it('is one line', () => {
    expect(changeText(change, { paint: PLAIN })).toBe(
      '2026-11-23 03:05:50 UTC  peer@2  HEALTHY → UNHEALTHY  Link, Disk  (a, b and 2 more)  It is gone.',
    );
  });

  it('has the line where there is no reason, and nothing where there is neither', () => {
    const without = { ...change, evidence: evidence({ why: '', line: 'a\nline' }) };
    expect(changeText(without, { paint: PLAIN })).toMatch(/ {2}a\\x0aline$/);
    const bare = { ...change, metrics: [], observers: [], evidence: null, after: Status.NA };
    expect(changeText(bare, { paint: PLAIN, isShort: true })).toBe('2026-11-23 03:05:50 UTC  HEALTHY → NA');
  });
});
