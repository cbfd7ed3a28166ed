import { describe, expect, it } from '@jest/globals';
import type { VerdictChangeJson } from '../../protocol/json-api.js';
import { timelineOf } from '../../page/detail/timeline-points.js';
import { lanesOf } from '../../page/lanes/lanes-model.js';

const NOW = Date.UTC(2024, 4, 11, 12, 0, 0);
const MINUTE = 60_000;

type Named = VerdictChangeJson['after'];

function change(
  sequence: number,
  subject: string,
  minutesAgo: number,
  before: Named,
  after: Named,
): VerdictChangeJson {
  return {
    sequence,
    subject,
    timeMs: NOW - minutesAgo * MINUTE,
    before,
    after,
    score: 0,
    metrics: [],
    observers: [],
    evidence: null,
  };
}

const NEWEST_FIRST = [
  change(4, 'peer@2', 1, 'HEALTHY', 'DEAD'),
  change(3, 'peer@1', 3, 'UNHEALTHY', 'HEALTHY'),
  change(2, 'peer@1', 9, 'HEALTHY', 'UNHEALTHY'),
];

describe('the lanes', () => {
  it('have the sick first, and stretches without gaps over the smallest window that holds all', () => {
    const { lanes, fromMs, toMs } = lanesOf(NEWEST_FIRST, NOW);
    expect([fromMs, toMs]).toEqual([NOW - 10 * MINUTE, NOW]);
    expect(lanes.map(({ subject, status }) => [subject, status])).toEqual([
      ['peer@2', 'DEAD'],
      ['peer@1', 'HEALTHY'],
    ]);
    const shares = lanes[1]?.stretches.map(({ status, from, to }) => [status, from, to].map(rounded));
    expect(shares).toEqual([
      ['HEALTHY', 0, 0.1],
      ['UNHEALTHY', 0.1, 0.7],
      ['HEALTHY', 0.7, 1],
    ]);
  });

  it('end soon after the last change when that was long ago', () => {
    const { toMs } = lanesOf(NEWEST_FIRST, NOW + 400 * 86_400_000);
    expect(toMs).toBeCloseTo(NOW - MINUTE + 0.04 * 10 * MINUTE, 0);
  });

  it('have a few round times below', () => {
    const { ticks } = lanesOf(NEWEST_FIRST, NOW);
    expect(ticks.map(({ timeMs }) => (NOW - timeMs) / MINUTE)).toEqual([10, 8, 6, 4, 2]);
  });
});

describe('the timeline', () => {
  const verdict = { status: 'HEALTHY', sinceMs: NOW - 3 * MINUTE, timeMs: NOW - MINUTE } as const;
  const own = [...NEWEST_FIRST].reverse().filter(({ subject }) => subject === 'peer@1');

  it('begins before the first change and ends now', () => {
    const { points, isCut } = timelineOf(own, verdict, NOW);
    expect(points.map(({ status }) => status)).toEqual(['HEALTHY', 'UNHEALTHY', 'HEALTHY', 'HEALTHY']);
    expect(points[0]?.timeMs).toBeLessThan(NOW - 9 * MINUTE);
    expect(points.at(-1)?.timeMs).toBe(NOW);
    expect(isCut).toBe(false);
  });

  it('does not show a calm that would hide all that was before it', () => {
    const { points, isCut } = timelineOf(own, verdict, NOW + 86_400_000);
    expect(isCut).toBe(true);
    expect(points.at(-1)?.timeMs).toBe(NOW - MINUTE + 4 * MINUTE);
  });

  it('is one line when no change is known', () => {
    const { points } = timelineOf([], verdict, NOW);
    expect(points.map(({ timeMs, status }) => [timeMs, status])).toEqual([
      [NOW - 3 * MINUTE, 'HEALTHY'],
      [NOW, 'HEALTHY'],
    ]);
  });
});

function rounded(value: string | number): string | number {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}
