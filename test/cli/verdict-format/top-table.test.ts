import { describe, expect, it } from '@jest/globals';
import { PLAIN } from '../../../cli/verdict-format/paint.js';
import { screenLines, tableLines } from '../../../cli/verdict-format/top-table.js';
import { Status } from '../../../protocol/model.js';
import type { VerdictSummary } from '../../../protocol/verdict.js';

const NOW_MS = Date.parse('2026-11-23T03:10:00Z');

function summary(subject: string, status: Status, parts: Partial<VerdictSummary> = {}): VerdictSummary {
  const times = { sinceMs: NOW_MS - 65_000, timeMs: NOW_MS };
  return {
    subject,
    status,
    score: 20,
    ...times,
    metrics: ['Link'],
    observers: ['peer@1', 'peer@3'],
    ...parts,
  };
}

const VERDICTS = [
  summary('dn@10.0.0.7:9866', Status.DEAD, { score: 0 }),
  summary('peer@2', Status.MAYBE_UNHEALTHY, { metrics: ['Link', 'Disk'], observers: ['peer@1'] }),
  summary('peer@3', Status.HEALTHY, { score: 100 }),
];

describe('the table', () => {
  it('has a line for each, with who says so of those that are not well', () => {
    expect(tableLines(VERDICTS, { nowMs: NOW_MS, paint: PLAIN, columns: Infinity })).toEqual([
      'SUBJECT           STATUS           SCORE  FOR          IN, AND WHO SAYS SO',
      'dn@10.0.0.7:9866  DEAD               0.0  1 min 5 s    Link (peer@1 and peer@3)',
      'peer@2            MAYBE_UNHEALTHY   20.0  1 min 5 s    Link and Disk (peer@1)',
      'peer@3            HEALTHY          100.0  1 min 5 s',
    ]);
  });

  it.each([20, 37, 38, 45, 60, 80, 200])('fits a window of %d columns', (columns) => {
    for (const rows of [1, 5, 6, 24]) {
      const lines = screenLines(
        { target: 'a-very-long-name-of-a-host.example.com:6688', verdicts: VERDICTS, first: 0, trouble: '' },
        { nowMs: NOW_MS, paint: PLAIN, columns, rows },
      );
      expect(lines).toHaveLength(rows);
      expect(lines.filter((line) => Array.from(line).length > columns)).toEqual([]);
    }
  });
});

describe('the screen', () => {
  const many = Array.from({ length: 30 }, (_, index) => summary(`s${index}`, Status.UNHEALTHY));
  const options = { nowMs: NOW_MS, paint: PLAIN, columns: 80, rows: 12 };

  it('says what is above and below, and never scrolls beyond the end', () => {
    const middle = screenLines({ target: 't', verdicts: many, first: 5, trouble: '' }, options);
    expect(middle[4]).toMatch(/^s5 /);
    expect(middle.at(-1)).toBe('q quits   ↑ ↓ scroll   5 above, 18 below');
    const end = screenLines({ target: 't', verdicts: many, first: 99, trouble: '' }, options);
    expect(end[10]).toMatch(/^s29 /);
    expect(end.at(-1)).toBe('q quits   ↑ ↓ scroll   23 above, 0 below');
  });

  it('counts by status, or says what the trouble is', () => {
    const calm = screenLines({ target: 't', verdicts: VERDICTS, first: 0, trouble: '' }, options);
    expect(calm[1]).toBe('1 DEAD, 1 MAYBE_UNHEALTHY, 1 HEALTHY');
    const alone = screenLines({ target: 't', verdicts: VERDICTS, first: 0, trouble: 'gone' }, options);
    expect(alone[1]).toBe('gone');
    expect(screenLines({ target: 't', verdicts: [], first: 0, trouble: '' }, options)[1]).toBe(
      'Nothing was reported yet.',
    );
  });
});
