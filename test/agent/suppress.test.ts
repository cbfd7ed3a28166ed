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
