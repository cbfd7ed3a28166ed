import type { JSX } from 'preact';
import type { VerdictSummaryJson } from '../../protocol/json-api.js';
import { Sign } from '../status/signs.jsx';
import { classOf, isSick, labelOf } from '../status/status.js';
import { visible } from '../text/visible-text.js';
import { Name } from './name.jsx';
import { Ago } from './ticker.jsx';

/** More would be no list any more; the matrix has them all. */
const MAX_SHOWN = 80;

export interface SickListProps {
  /** Worst first; null: not known yet. */
  readonly verdicts: readonly VerdictSummaryJson[] | null;
  readonly chosen: string | null;
  readonly isFiltered: boolean;
  readonly onChoose: (subject: string) => void;
}

/** Who is sick, worst first, since when. */
export function SickList({ verdicts, chosen, isFiltered, onChoose }: SickListProps): JSX.Element {
  const sick = (verdicts ?? []).filter(({ status }) => isSick(status));
  return (
    <section class="card" aria-labelledby="sick-title">
      <h2 id="sick-title">
        Sick <span class="quiet">{verdicts === null ? '' : sick.length}</span>
      </h2>
      {sick.length > 0 && (
        <ol class="list">
          {sick.slice(0, MAX_SHOWN).map((verdict) => (
            <li key={verdict.subject}>
              <button
                type="button"
                class="entry"
                aria-current={verdict.subject === chosen ? 'true' : undefined}
                onClick={() => onChoose(verdict.subject)}
              >
                <Sign status={verdict.status} />
                <span class="entry-head">
                  <Name of={verdict.subject} />
                  <span class="since">
                    <span class="unseen">since</span>
                    <Ago timeMs={verdict.sinceMs} isShort />
                  </span>
                </span>
                <span class="entry-more">
                  <span class={`word ${classOf(verdict.status)}`}>{labelOf(verdict.status)}</span>
                  <span class="metrics">
                    <bdi>{visible(verdict.metrics.join(', '))}</bdi>
                    {verdict.observers[0] !== undefined && (
                      <>
                        {' by '}
                        <bdi>{visible(verdict.observers[0])}</bdi>
                        {verdict.observers.length > 1 && ` and ${verdict.observers.length - 1} more`}
                      </>
                    )}
                  </span>
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
      {sick.length > MAX_SHOWN && (
        <p class="note">
          The {MAX_SHOWN} worst. The matrix shows the other {sick.length - MAX_SHOWN} too.
        </p>
      )}
      {verdicts !== null && sick.length === 0 && (
        <p class="calm">
          <Sign status={verdicts.length === 0 ? 'NA' : 'HEALTHY'} />
          {isFiltered
            ? 'Nobody of these is sick.'
            : verdicts.length === 0
              ? 'Nobody is known yet.'
              : 'Nobody is sick.'}
        </p>
      )}
    </section>
  );
}
