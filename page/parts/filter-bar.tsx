import type { JSX } from 'preact';
import type { ShownStatus } from '../status/status.js';
import { STATUSES, classOf, labelOf } from '../status/status.js';
import { Sign } from '../status/signs.jsx';
import { visible } from '../text/visible-text.js';
import type { ViewState } from '../view/view-state.js';
import { toggled } from '../view/view-state.js';

export interface FilterBarProps {
  readonly view: ViewState;
  /** Subjects by status, under the other filters. */
  readonly counts: ReadonlyMap<ShownStatus, number>;
  /** All systems there are, with their subjects. */
  readonly systems: ReadonlyMap<string, number>;
  readonly onView: (parts: Partial<ViewState>) => void;
}

/** How many subjects have each status: the overall picture, the legend of the signs, and a filter. */
export function FilterBar({ view, counts, systems, onView }: FilterBarProps): JSX.Element {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const isFiltered = view.statuses.length > 0 || view.systems.length > 0 || view.query !== '';
  return (
    <section class="filters" aria-label="Filter">
      <div class="share" aria-hidden={true}>
        {STATUSES.map((status) => {
          const count = counts.get(status) ?? 0;
          return count === 0 ? null : (
            <span key={status} class={`share-part ${classOf(status)}`} style={{ flexGrow: count / total }} />
          );
        })}
      </div>
      <div class="chips">
        <div class="chip-group" role="group" aria-label="Statuses">
          {STATUSES.map((status) => {
            const count = counts.get(status) ?? 0;
            return (
              <button
                key={status}
                type="button"
                class={`chip ${count === 0 ? 'is-nobody' : ''}`}
                aria-pressed={view.statuses.includes(status)}
                onClick={() => onView({ statuses: toggled(view.statuses, status) })}
              >
                <Sign status={status} />
                <span class="count">{count}</span>
                <span class="what">{labelOf(status)}</span>
              </button>
            );
          })}
        </div>
        {systems.size > 1 && (
          <div class="chip-group" role="group" aria-label="Systems">
            {[...systems].map(([system, count]) => (
              <button
                key={system}
                type="button"
                class="chip"
                aria-pressed={view.systems.includes(system)}
                onClick={() => onView({ systems: toggled(view.systems, system) })}
              >
                <bdi class="what">{visible(system)}</bdi>
                <span class="count">{count}</span>
              </button>
            ))}
          </div>
        )}
        {isFiltered && (
          <button
            type="button"
            class="text-button"
            onClick={() => onView({ statuses: [], systems: [], query: '' })}
          >
            Show all
          </button>
        )}
      </div>
    </section>
  );
}
