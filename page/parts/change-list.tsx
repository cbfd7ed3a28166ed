import type { JSX } from 'preact';
import type { VerdictChangeJson } from '../../protocol/json-api.js';
import { Sign } from '../status/signs.jsx';
import { labelOf } from '../status/status.js';
import { Name } from './name.jsx';
import { Moment } from './ticker.jsx';

const MAX_SHOWN = 40;

/** What happened lately, newest first. */
export function ChangeList({
  changes,
  onChoose,
}: {
  readonly changes: readonly VerdictChangeJson[];
  readonly onChoose: (subject: string) => void;
}): JSX.Element | null {
  if (changes.length === 0) return null;
  return (
    <section class="card" aria-labelledby="changes-title">
      <h2 id="changes-title">Latest changes</h2>
      <ol class="list">
        {changes.slice(0, MAX_SHOWN).map((change) => (
          <li key={change.sequence}>
            <button type="button" class="entry is-change" onClick={() => onChoose(change.subject)}>
              <Transition change={change} />
              <Name of={change.subject} />
              <span class="since">
                <Moment timeMs={change.timeMs} />
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** From which status to which. */
export function Transition({ change }: { readonly change: VerdictChangeJson }): JSX.Element {
  return (
    <span class="transition">
      <Sign status={change.before} />
      <svg viewBox="0 0 8 16" class="arrow" aria-hidden={true}>
        <path d="M2 5l3.5 3L2 11" />
      </svg>
      <Sign status={change.after} />
      <span class="unseen">
        {labelOf(change.before)} became {labelOf(change.after)}:
      </span>
    </span>
  );
}
