import type { MatrixJson, VerdictSummaryJson } from '../../protocol/json-api.js';
import type { ShownStatus } from '../status/status.js';
import { shown, statusOfLetter } from '../status/status.js';
import { compareNames } from '../view/selection.js';

export interface MatrixRow {
  readonly subject: string;
  /** The verdict. */
  readonly status: ShownStatus;
  /** As the API has them. */
  readonly letters: string;
}

export interface MatrixModel {
  readonly rows: readonly MatrixRow[];
  readonly observers: readonly string[];
  /** By column: the place of the observer's letters. */
  readonly letterPlaces: readonly number[];
}

/** What the observer of a column says; null where it said nothing of the subject. */
export function cellAt({ rows, letterPlaces }: MatrixModel, row: number, column: number): ShownStatus | null {
  const place = letterPlaces[column];
  return place === undefined ? null : statusOfLetter(rows[row]?.letters[place]);
}

/** Rows in the order of the verdicts; of the observers those who say something of one of them. */
export function matrixModel(matrix: MatrixJson, verdicts: readonly VerdictSummaryJson[]): MatrixModel {
  const letters = new Map(matrix.subjects.map((subject, index) => [subject, matrix.rows[index] ?? '']));
  const isHeard = new Array<boolean>(matrix.observers.length).fill(false);
  for (const { subject } of verdicts) {
    const row = letters.get(subject) ?? '';
    for (let index = 0; index < row.length; index += 1) if (row[index] !== '.') isHeard[index] = true;
  }
  const columns = matrix.observers
    .map((observer, index) => ({ observer, index }))
    .filter(({ index }) => isHeard[index])
    .sort((a, b) => compareNames(a.observer, b.observer));
  return {
    rows: verdicts.map(({ subject, status }) => ({
      subject,
      status: shown(status),
      letters: letters.get(subject) ?? '',
    })),
    observers: columns.map(({ observer }) => observer),
    letterPlaces: columns.map(({ index }) => index),
  };
}

/** A place in the matrix. Column -1 is the subject's own name. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** Where a key leads; null when it is none of the matrix. */
export function moved(place: Place, key: string, model: MatrixModel, pageRows: number): Place | null {
  const { row, column } = place;
  const lastRow = model.rows.length - 1;
  const lastColumn = model.observers.length - 1;
  const to = (newRow: number, newColumn: number): Place => ({
    row: Math.min(Math.max(newRow, 0), lastRow),
    column: Math.min(Math.max(newColumn, -1), lastColumn),
  });
  switch (key) {
    case 'ArrowDown':
      return to(row + 1, column);
    case 'ArrowUp':
      return to(row - 1, column);
    case 'ArrowRight':
      return to(row, column + 1);
    case 'ArrowLeft':
      return to(row, column - 1);
    case 'PageDown':
      return to(row + pageRows, column);
    case 'PageUp':
      return to(row - pageRows, column);
    case 'Home':
      return to(row, -1);
    case 'End':
      return to(row, lastColumn);
    case 'Ctrl+Home':
      return to(0, -1);
    case 'Ctrl+End':
      return to(lastRow, lastColumn);
    default:
      return null;
  }
}
