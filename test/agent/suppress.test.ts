import { describe, expect, it } from '@jest/globals';
import { Suppressor } from '../../agent/suppress.js';
import { Status } from '../../protocol/model.js';
import { finding } from '../support/findings.js';

const NOW = 1_700_000_000_000;

function decisions(
  options: { staleSeconds: number; mergeSeconds: number },
  findings: ReturnType<typeof finding>[],
) {
  const suppressor = new Suppressor(options);
  return findings.map((one) => suppressor.decide(one, NOW));
}

describe('the stale cut-off', () => {
  it('keeps out what is older than the limit and lets through what is exactly as old', () => {
    const old = finding({ timeMs: NOW - 300_001 });
    const young = finding({ timeMs: NOW - 300_000, context: 'Other' });
    expect(decisions({ staleSeconds: 300, mergeSeconds: 0 }, [old, young])).toEqual(['stale', 'pass']);
  });

  it('never applies when negative', () => {
    expect(decisions({ staleSeconds: -1, mergeSeconds: 0 }, [finding({ timeMs: 0 })])).toEqual(['pass']);
  });
});

describe('merging', () => {
  const options = { staleSeconds: -1, mergeSeconds: 1 };

  it('keeps out an equal finding within the time, measured from the last that went on', () => {
    const times = [0, 400, 999, 1000, 1999, 2000];
    expect(
      decisions(
        options,
        times.map((offset) => finding({ timeMs: NOW + offset })),
      ),
    ).toEqual(['pass', 'repeat', 'repeat', 'pass', 'repeat', 'pass']);
  });

  it('takes scores that differ by less than a point for the same', () => {
    expect(
      decisions(options, [finding({ timeMs: NOW, score: 40.2 }), finding({ timeMs: NOW, score: 40.9 })]),
    ).toEqual(['pass', 'repeat']);
  });

  it.each([
    ['subject', { subject: 'peer@3' }],
    ['context', { context: 'Snapshot' }],
    ['status', { status: Status.DEAD }],
    ['score', { score: 41 }],
    ['observer', { observer: 'peer@7' }],
  ])('lets through another %s', (_, difference) => {
    expect(decisions(options, [finding({ timeMs: NOW }), finding({ timeMs: NOW, ...difference })])).toEqual([
      'pass',
      'pass',
    ]);
  });

  it('never loses the last word of a quick change back', () => {
    const words = [Status.HEALTHY, Status.UNHEALTHY, Status.HEALTHY];
    expect(
      decisions(
        options,
        words.map((status, index) => finding({ timeMs: NOW + index, status })),
      ),
    ).toEqual(['pass', 'pass', 'pass']);
  });

  it('is off at zero', () => {
    expect(
      decisions({ staleSeconds: -1, mergeSeconds: 0 }, [finding({ timeMs: NOW }), finding({ timeMs: NOW })]),
    ).toEqual(['pass', 'pass']);
  });
});

describe('over a restart', () => {
  const options = { staleSeconds: -1, mergeSeconds: 10 };

  /** A suppressor that goes on where `before` was, by way of a file. */
  function restarted(before: Suppressor): Suppressor {
    const after = new Suppressor(options);
    after.restore(JSON.parse(JSON.stringify(before.state())));
    return after;
  }

  it('a repeat stays a repeat', () => {
    const before = new Suppressor(options);
    before.decide(finding({ timeMs: NOW }), NOW);
    const after = restarted(before);
    expect(after.decide(finding({ timeMs: NOW + 9_999 }), NOW)).toBe('repeat');
    expect(after.decide(finding({ timeMs: NOW + 10_000 }), NOW)).toBe('pass');
  });

  it('only what can still be repeated is remembered', () => {
    const before = new Suppressor(options);
    before.decide(finding({ timeMs: NOW, context: 'Old' }), NOW);
    before.decide(finding({ timeMs: NOW + 10_000, context: 'New' }), NOW);
    expect(before.state()).toEqual([
      ['peer@1\npeer@2\nNew', { status: Status.UNHEALTHY, score: 20, timeMs: NOW + 10_000 }],
    ]);
  });

  it('what is no state is ignored', () => {
    const suppressor = new Suppressor(options);
    for (const state of [null, 7, {}, [7], [['key']], [['key', { status: 'bad' }]]])
      suppressor.restore(state);
    expect(suppressor.state()).toEqual([]);
  });
});

it('remembers a bounded number of words, the latest', () => {
  const suppressor = new Suppressor({ staleSeconds: -1, mergeSeconds: 10 });
  for (let index = 0; index < 5000; index++) {
    suppressor.decide(finding({ timeMs: NOW, subject: `peer@${index}` }), NOW);
  }
  expect(suppressor.state()).toHaveProperty('length', 2951);
  expect(suppressor.decide(finding({ timeMs: NOW, subject: 'peer@4999' }), NOW)).toBe('repeat');
});
