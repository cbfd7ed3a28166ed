import { statusName } from '../../protocol/model.js';
import { systemOf } from '../../protocol/system-of.js';
import type { Vote } from '../../protocol/verdict.js';
import type { Alert } from './alert.js';
import { alertKey, withoutEmpty } from './alert.js';
import type { Condition } from './condition.js';
import { tellingVote } from './condition.js';
import type { Severity } from './severity.js';

/** What all alerts of an aggregator have in common. */
export interface AlertSetting {
  /** This aggregator's name. */
  readonly aggregator: string;
  /** Labels of one's own, on every alert. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the aggregator's page, as people reach it; empty: there is none. */
  readonly pageUrl: string;
}

export const ALERT_NAME = 'HviewSubjectSick';

/** Labels that say what an alert is; nobody may set them otherwise. */
export const OWN_LABELS = ['alertname', 'severity', 'subject', 'system', 'metric'] as const;

/** What one annotation lists before it says how many more there are. */
const LISTED = 5;

/**
 * The labels hold nothing that two aggregators could see differently or that changes while the subject stays
 * as sick as it is: neither the aggregator nor the exact status, which stand in the annotations.
 */
export function labelsOf(
  subject: string,
  metric: string,
  severity: Severity,
  setting: AlertSetting,
): Record<string, string> {
  return withoutEmpty({
    ...setting.labels,
    alertname: ALERT_NAME,
    severity,
    subject,
    system: systemOf(subject),
    metric,
  });
}

/** An alert that stands since `startsAtMs`. */
export function describeAlert(
  subject: string,
  condition: Condition,
  severity: Severity,
  startsAtMs: number,
  setting: AlertSetting,
): Alert {
  const labels = labelsOf(subject, condition.metric, severity, setting);
  const vote = tellingVote(condition.votes);
  const evidence = vote?.evidence;
  const status = statusName(condition.status);
  return {
    key: alertKey(labels),
    labels,
    annotations: withoutEmpty({
      summary: `${subject} is ${status}: ${listed(condition.metrics)}`,
      reason: listed(condition.votes.map(describeVote)),
      evidence:
        evidence === undefined || evidence === null
          ? ''
          : `${evidence.host}:${evidence.path} at byte ${evidence.offset}: ${onOneLine(evidence.line)}`,
      why: evidence?.why ?? '',
      rule: evidence?.rule ?? '',
      status,
      score: String(Math.round(condition.score)),
      metrics: condition.metrics.join(', '),
      aggregator: setting.aggregator,
    }),
    startsAtMs,
    endsAtMs: null,
    url: subjectUrl(setting.pageUrl, subject),
  };
}

function describeVote({ observer, status }: Vote): string {
  return `${observer} says ${statusName(status)}`;
}

function listed(texts: readonly string[]): string {
  const more = texts.length - LISTED;
  return texts.slice(0, LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** A log line as a terminal or a chat can show it. */
function onOneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

function subjectUrl(pageUrl: string, subject: string): string {
  return pageUrl === '' ? '' : `${pageUrl}#${new URLSearchParams({ subject }).toString()}`;
}
