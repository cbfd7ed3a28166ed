import { describe, expect, it } from '@jest/globals';
import type { VerdictSummaryJson } from '../../protocol/json-api.js';
import { cellAt, matrixModel, moved } from '../../page/matrix/matrix-model.js';
import { selected, worstFirst } from '../../page/view/selection.js';
import { systemOf } from '../../protocol/system-of.js';
import { EVERYTHING, formatHash, parseHash, toggled } from '../../page/view/view-state.js';

function verdict(subject: string, status: VerdictSummaryJson['status']): VerdictSummaryJson {
  return { subject, status, score: 50, sinceMs: 0, timeMs: 0, metrics: [], observers: [] };
}

const VERDICTS = worstFirst([
  verdict('peer@10', 'UNHEALTHY'),
  verdict('peer@2', 'UNHEALTHY'),
  verdict('dn@10.0.0.1:9866', 'HEALTHY'),
  verdict('cassandra@10.0.0.2', 'DEAD'),
  verdict('constructor@x', 'NA'),
]);

function names(verdicts: readonly VerdictSummaryJson[]): string[] {
  return verdicts.map(({ subject }) => subject);
}

describe('the list', () => {
  it('has the worst first, and those of one status in the natural order of their names', () => {
    expect(names(VERDICTS)).toEqual([
      'cassandra@10.0.0.2',
      'peer@2',
      'peer@10',
      'dn@10.0.0.1:9866',
      'constructor@x',
    ]);
  });

  it.each([
    [{}, 5],
    [{ statuses: ['UNHEALTHY', 'DEAD'] as const }, 3],
    [{ systems: ['HDFS', 'constructor'] }, 2],
    [{ query: ' PEER  10 ' }, 1],
    [{ query: 'peer', statuses: ['DEAD'] as const }, 0],
  ])('under %j has %i subjects', (filters, count) => {
    expect(selected(VERDICTS, { ...EVERYTHING, ...filters })).toHaveLength(count);
  });

  it.each([
    ['peer@1', 'ZooKeeper'],
    ['zkfc@10.0.0.1:8019', 'HDFS'],
    ['cassandra@10.0.0.1', 'Cassandra'],
    ['mine@1', 'mine'],
    ['__proto__@1', '__proto__'],
    ['@1', 'other'],
    ['alone', 'other'],
  ])('takes %s for %s', (subject, system) => {
    expect(systemOf(subject)).toBe(system);
  });
});

describe('the address', () => {
  it('holds what is chosen and gives it back', () => {
    const view = {
      subject: 'dn@10.0.0.1:9866 &#<',
      statuses: ['DEAD', 'MAYBE_UNHEALTHY'] as const,
      systems: ['HDFS', 'a,b'],
      query: 'x y',
    };
    expect(parseHash(formatHash(view))).toEqual(view);
  });

  it('is empty when nothing is chosen', () => {
    expect(formatHash(EVERYTHING)).toBe('');
    expect(parseHash('')).toEqual(EVERYTHING);
  });

  it('leaves out what is not understood', () => {
    expect(parseHash('#status=dead,poorly&nonsense&q=%ZZ')).toMatchObject({ statuses: ['DEAD'] });
  });

  it('takes an item in, and out again', () => {
    expect(toggled(toggled(['a'], 'b'), 'a')).toEqual(['b']);
  });
});

describe('the matrix', () => {
  const matrix = {
    observers: ['peer@10', 'peer@2', 'dn@10.0.0.1:9866'],
    subjects: ['peer@2', 'peer@10'],
    rows: ['u', '.h'],
  };

  it('has rows as the list, and observers who say something of them in natural order', () => {
    const model = matrixModel(matrix, VERDICTS.slice(1, 4));
    expect(model.observers).toEqual(['peer@2', 'peer@10']);
    const rows = model.rows.map(({ subject }, row) => [
      subject,
      cellAt(model, row, 0),
      cellAt(model, row, 1),
    ]);
    expect(rows).toEqual([
      ['peer@2', null, 'UNHEALTHY'],
      ['peer@10', 'HEALTHY', null],
      ['dn@10.0.0.1:9866', null, null],
    ]);
  });

  it.each([
    ['ArrowDown', 2, 0],
    ['ArrowUp', 0, 0],
    ['ArrowLeft', 1, -1],
    ['ArrowRight', 1, 1],
    ['End', 1, 1],
    ['Home', 1, -1],
    ['PageDown', 2, 0],
    ['Ctrl+Home', 0, -1],
    ['Ctrl+End', 2, 1],
  ])('is walked with %s', (key, row, column) => {
    expect(moved({ row: 1, column: 0 }, key, matrixModel(matrix, VERDICTS.slice(1, 4)), 10)).toEqual({
      row,
      column,
    });
  });

  it('does not take other keys', () => {
    expect(moved({ row: 1, column: 0 }, 'x', matrixModel(matrix, VERDICTS), 10)).toBeNull();
  });
});
