import type { JSX } from 'preact';
import type { MetricVerdictJson, VoteJson } from '../../protocol/json-api.js';
import { Name } from '../parts/name.jsx';
import { Ago, Moment } from '../parts/ticker.jsx';
import { Sign } from '../status/signs.jsx';
import { classOf, labelOf } from '../status/status.js';
import { visible } from '../text/visible-text.js';
import { EvidenceLine } from './evidence-line.jsx';

export interface MetricCardProps {
  readonly metric: MetricVerdictJson;
  /** Whose vote is marked. */
  readonly observer: string | null;
  readonly isOpen: boolean;
}

/** One metric: who said what, how much that weighs, and the line it was read from. */
export function MetricCard({ metric, observer, isOpen }: MetricCardProps): JSX.Element {
  const isMeant = metric.votes.some((vote) => vote.observer === observer);
  return (
    <details class="metric" open={isOpen || isMeant}>
      <summary>
        <Sign status={metric.status} />
        <bdi class="metric-name">{visible(metric.name)}</bdi>
        <span class={`word ${classOf(metric.status)}`}>{labelOf(metric.status)}</span>
        <span class="since">
          <Ago timeMs={metric.sinceMs} isShort />
        </span>
      </summary>
      <ul class="votes">
        {metric.votes.map((vote) => (
          <Vote key={vote.observer} vote={vote} isMeant={vote.observer === observer} />
        ))}
      </ul>
    </details>
  );
}

function Vote({ vote, isMeant }: { readonly vote: VoteJson; readonly isMeant: boolean }): JSX.Element {
  const weight = Math.round(vote.weight * 100);
  return (
    <li class={`vote ${isMeant ? 'is-meant' : ''} ${weight === 0 ? 'is-mute' : ''}`}>
      <div class="vote-head">
        <Sign status={vote.status} />
        <span class="vote-who">
          <Name of={vote.observer} />
          <span class="quiet"> says </span>
          <span class={`word ${classOf(vote.status)}`}>{labelOf(vote.status)}</span>
        </span>
        <span class="weight" title={`Its word weighs ${weight} of 100`}>
          <span class="weight-bar" aria-hidden={true}>
            <span style={{ width: `${weight}%` }} />
          </span>
          <span class="unseen">weight </span>
          <span aria-hidden={true}>×</span>
          {(weight / 100).toFixed(2)}
        </span>
        <span class="score" title="Score: 0 is the worst, 100 the best">
          <span class="unseen">score </span>
          {Math.round(vote.score)}
        </span>
        <span class="since">
          <Moment timeMs={vote.timeMs} />
        </span>
      </div>
      {vote.evidence === null ? (
        vote.status !== 'HEALTHY' && <p class="no-evidence">It came without the line it was read from.</p>
      ) : (
        <EvidenceLine evidence={vote.evidence} isBrief={false} />
      )}
    </li>
  );
}
