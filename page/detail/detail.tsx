import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { VerdictChangeJson, VerdictJson } from '../../protocol/json-api.js';
import type { Explanation } from '../data/use-api.js';
import { Transition } from '../parts/change-list.jsx';
import { Name } from '../parts/name.jsx';
import { Ago, Moment } from '../parts/ticker.jsx';
import { Sign } from '../status/signs.jsx';
import { classOf, isSick, labelOf } from '../status/status.js';
import { visible } from '../text/visible-text.js';
import { EvidenceLine } from './evidence-line.jsx';
import { MetricCard } from './metric-card.jsx';
import { Timeline } from './timeline.jsx';

export interface DetailProps {
  readonly subject: string;
  readonly explanation: Explanation | null;
  /** There is nothing to ask for. */
  readonly isUnknown: boolean;
  /** Whose votes are marked. */
  readonly observer: string | null;
  readonly theme: string;
  readonly onClose: () => void;
}

/** One subject: its verdict, everything that was said, and why that counts. */
export function Detail({
  subject,
  explanation,
  isUnknown,
  observer,
  theme,
  onClose,
}: DetailProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: false }), [subject]);
  const verdict = explanation?.verdict ?? null;
  return (
    <section class="detail" aria-labelledby="detail-title" aria-busy={explanation === null && !isUnknown}>
      <header class="detail-head">
        <h2 id="detail-title" ref={heading} tabIndex={-1}>
          <Name of={subject} />
        </h2>
        <button
          type="button"
          class="icon-button"
          onClick={onClose}
          aria-label="Close details"
          title="Close (Escape)"
        >
          <svg viewBox="0 0 16 16" aria-hidden={true}>
            <path d="M4 4l8 8M12 4l-8 8" />
          </svg>
        </button>
      </header>
      {verdict !== null && <Summary verdict={verdict} />}
      {(isUnknown || explanation?.failure === 'not-found') && (
        <p class="note">Nothing was ever said of this subject, or it is no longer watched.</p>
      )}
      {explanation !== null && explanation.failure !== null && explanation.failure !== 'not-found' && (
        <p class="note">The aggregator did not answer; it is asked again.</p>
      )}
      {explanation !== null && verdict !== null && (
        <>
          <Timeline changes={explanation.history} verdict={verdict} theme={theme} />
          <Metrics verdict={verdict} observer={observer} />
          <History changes={explanation.history} />
        </>
      )}
    </section>
  );
}

function Summary({ verdict }: { readonly verdict: VerdictJson }): JSX.Element {
  return (
    <div class={`verdict ${classOf(verdict.status)}`}>
      <Sign status={verdict.status} />
      <p>
        <strong class={`word ${classOf(verdict.status)}`}>{labelOf(verdict.status)}</strong>
        <span class="for">
          for <Ago timeMs={verdict.sinceMs} />
        </span>
      </p>
      <dl class="facts">
        <div>
          <dt>Since</dt>
          <dd>
            <Moment timeMs={verdict.sinceMs} />
          </dd>
        </div>
        <div>
          <dt>Last word</dt>
          <dd>
            <Moment timeMs={verdict.timeMs} />
          </dd>
        </div>
        <div>
          <dt>Observers</dt>
          <dd>{verdict.observers.length}</dd>
        </div>
        <div>
          <dt>Score</dt>
          <dd>{Math.round(verdict.score)}</dd>
        </div>
        <div>
          <dt>Weighed by</dt>
          <dd>{visible(verdict.algorithm)}</dd>
        </div>
      </dl>
    </div>
  );
}

/** What ails it is open; what is well can be opened. */
function Metrics({
  verdict,
  observer,
}: {
  readonly verdict: VerdictJson;
  readonly observer: string | null;
}): JSX.Element {
  const isOpen = isSick(verdict.status)
    ? verdict.verdicts.filter(({ status }) => isSick(status))
    : verdict.verdicts.slice(0, 1);
  const rest = verdict.verdicts.filter((metric) => !isOpen.includes(metric));
  return (
    <section aria-labelledby="reasons-title">
      <h3 id="reasons-title">Why</h3>
      {isOpen.map((metric) => (
        <MetricCard key={metric.name} metric={metric} observer={observer} isOpen />
      ))}
      {rest.map((metric) => (
        <MetricCard key={metric.name} metric={metric} observer={observer} isOpen={false} />
      ))}
    </section>
  );
}

const MAX_SHOWN = 100;

function History({ changes }: { readonly changes: readonly VerdictChangeJson[] }): JSX.Element {
  const newestFirst = [...changes].reverse().slice(0, MAX_SHOWN);
  return (
    <section aria-labelledby="history-title">
      <h3 id="history-title">Changes</h3>
      {newestFirst.length === 0 && <p class="note">No change was noted.</p>}
      <ol class="history">
        {newestFirst.map((change) => (
          <li key={change.sequence}>
            <div class="history-head">
              <Transition change={change} />
              <span class={`word ${classOf(change.after)}`}>{labelOf(change.after)}</span>
              <bdi class="metrics">{visible(change.metrics.join(', '))}</bdi>
              <span class="since">
                <Moment timeMs={change.timeMs} />
              </span>
            </div>
            {change.evidence !== null && <EvidenceLine evidence={change.evidence} isBrief />}
          </li>
        ))}
      </ol>
    </section>
  );
}
