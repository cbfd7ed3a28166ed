import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import { labelOf } from '../status/status.js';
import { visible } from '../text/visible-text.js';
import type { MatrixModel, Place } from './matrix-model.js';
import { cellAt } from './matrix-model.js';

export interface MatrixRowsProps {
  readonly model: MatrixModel;
  readonly active: Place;
  readonly first: number;
  readonly count: number;
  readonly chosen: string | null;
}

/** The rows in view and the one where the keys are, in words: each verdict, and the cell that is meant. */
export const MatrixRows = memo(function MatrixRows(props: MatrixRowsProps): JSX.Element {
  const { model, active, first, count, chosen } = props;
  const indexes = new Set([active.row]);
  for (let row = first; row < Math.min(first + count, model.rows.length); row += 1) indexes.add(row);
  const rows = [...indexes].filter((row) => row < model.rows.length).sort((a, b) => a - b);
  const observer = model.observers[active.column];
  return (
    <div role="rowgroup" class="unseen">
      <div role="row" aria-rowindex={1}>
        <span role="columnheader" aria-colindex={1}>
          Subject
        </span>
        {observer !== undefined && (
          <span role="columnheader" aria-colindex={active.column + 2}>
            {visible(observer)}
          </span>
        )}
      </div>
      {rows.map((row) => {
        const entry = model.rows[row];
        if (entry === undefined) return null;
        const isActive = row === active.row;
        const cell = cellAt(model, row, active.column);
        return (
          <div
            key={entry.subject}
            role="row"
            aria-rowindex={row + 2}
            aria-selected={entry.subject === chosen}
          >
            <span
              role="rowheader"
              aria-colindex={1}
              id={isActive && observer === undefined ? 'matrix-place' : undefined}
            >
              {visible(entry.subject)}, {labelOf(entry.status)}
            </span>
            {isActive && observer !== undefined && (
              <span role="gridcell" aria-colindex={active.column + 2} id="matrix-place">
                {visible(observer)} says of {visible(entry.subject)}: {cell ? labelOf(cell) : 'nothing'}
              </span>
            )}
          </div>
        );
      })}
    </div>
  );
});
