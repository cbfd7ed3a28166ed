import type { Finding } from '../agent/finding.js';
import { statusName } from '../protocol/model.js';

/** One line for people: `2017-05-26T17:26:04.902Z peer@0 -> peer@6 QuorumListener HEALTHY 90 [rule] message`. */
export function formatFinding(finding: Finding): string {
  const { timeMs, observer, subject, context, status, score, rule, message } = finding;
  const words = [
    isoTime(timeMs),
    observer,
    '->',
    subject,
    context,
    statusName(status),
    score,
    `[${rule.id}]`,
  ];
  return `${words.join(' ')} ${message}\n`;
}

/** One JSON object a line, for programs. */
export function findingToJson(finding: Finding): string {
  const { timeMs, observer, subject, context, status, score, rule, message } = finding;
  return `${JSON.stringify({
    time: isoTime(timeMs),
    observer,
    subject,
    context,
    status: statusName(status),
    score,
    message,
    rule: rule.id,
  })}\n`;
}

/** ISO 8601, UTC, milliseconds. */
function isoTime(millis: number): string {
  return new Date(millis).toISOString();
}
