import { Status, statusName } from '../../protocol/model.js';
import type { Evidence, MetricVerdict, Verdict, VerdictChange, Vote } from '../../protocol/verdict.js';
import { changeText } from './change-text.js';
import type { Paint } from './paint.js';
import { joinWords, printable } from './printable.js';
import { formatDuration, formatTime } from './time-text.js';

export interface WhyOptions {
  readonly nowMs: number;
  readonly paint: Paint;
  /** Show where the votes come from for metrics that are well, too. */
  readonly isComplete: boolean;
}

/** Names of this many observers at most stand in a sentence. */
const NAMED_OBSERVERS = 4;

/** A verdict for a person: first what it is, then what each observer says, with the line that it says it by. */
export function whyText(verdict: Verdict, history: readonly VerdictChange[], options: WhyOptions): string {
  const parts = [
    headline(verdict, options),
    ...verdict.verdicts.map((metric) => metricText(metric, verdict, options)),
    historyText(history, options),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function headline(verdict: Verdict, { nowMs, paint }: WhyOptions): string {
  const { status, sinceMs, timeMs, metrics, observers, algorithm } = verdict;
  const subject = paint.strong(printable(verdict.subject));
  const ago = formatDuration(nowMs - timeMs);
  if (status === Status.NA) {
    return `Nothing stands on ${subject}: what was said of it was taken back or has expired, ${ago} ago.\n`;
  }
  const name = paint.status(status, statusName(status));
  const says =
    observers.length === 0
      ? ''
      : `In ${joinWords(metrics.map(printable))}; ${joinWords(observers.map(printable), NAMED_OBSERVERS)} ${observers.length === 1 ? 'says' : 'say'} so. `;
  return (
    `${subject} has been ${name} for ${formatDuration(nowMs - sinceMs)}, since ${formatTime(sinceMs)} UTC.\n` +
    `${says}Last spoken of ${ago} ago. Votes are counted by: ${printable(algorithm)}.\n`
  );
}

function metricText(metric: MetricVerdict, verdict: Verdict, options: WhyOptions): string {
  const { nowMs, paint, isComplete } = options;
  const { name, status, score, sinceMs, votes } = metric;
  const head =
    `${paint.strong(printable(name))}  ${paint.status(status, statusName(status))}, score ${formatScore(score)}, ` +
    `for ${formatDuration(nowMs - sinceMs)}${lightness(metric)}`;
  const isShown = isComplete || status > Status.HEALTHY || verdict.status <= Status.HEALTHY;
  const width = Math.max(0, ...votes.map(({ observer }) => printable(observer).length));
  const lines = votes.map((vote) => voteText(vote, width, isShown, options));
  return `${head}\n${lines.join('')}`;
}

/** Why complaints have not made it worse than a suspicion. */
function lightness({ status, votes }: MetricVerdict): string {
  if (status !== Status.MAYBE_UNHEALTHY || votes.some((vote) => vote.status === status)) return '';
  const complaints = votes.filter((vote) => vote.status > status);
  if (complaints.length === 0) return '';
  const weight = complaints.reduce((sum, vote) => sum + vote.weight, 0);
  return ` (the complaints weigh ${weight.toFixed(2)} together: no more than a suspicion)`;
}

function voteText(vote: Vote, width: number, isShown: boolean, options: WhyOptions): string {
  const { paint } = options;
  const { observer, status, score, timeMs, weight, evidence } = vote;
  const columns = [
    printable(observer).padEnd(width),
    paint.status(status, statusName(status).padEnd('MAYBE_UNHEALTHY'.length)),
    formatScore(score).padStart(5),
    `weight ${weight.toFixed(2)}`,
    formatTime(timeMs),
  ];
  const line = `  ${columns.join('  ')}\n`;
  return isShown ? line + evidenceText(evidence, paint) : line;
}

function evidenceText(evidence: Evidence | null, paint: Paint): string {
  if (evidence === null) return `    ${paint.faint('(where this comes from is not known)')}\n`;
  const { host, path, offset, line, rule, why, agent } = evidence;
  const from = [
    `${printable(path)}:${offset} on ${printable(host)}`,
    ...(rule === '' ? [] : [`rule ${printable(rule)}`]),
    ...(agent === '' ? [] : [`by ${printable(agent)}`]),
  ];
  return [
    ...(why === '' ? [] : [printable(why)]),
    paint.strong(printable(line)),
    paint.faint(from.join(', ')),
  ]
    .map((text) => `    ${text}\n`)
    .join('');
}

function historyText(history: readonly VerdictChange[], { paint }: WhyOptions): string {
  if (history.length === 0) return '';
  const lines = [...history].reverse().map((change) => `  ${changeText(change, { paint, isShort: true })}\n`);
  return `Lately, the newest first:\n${lines.join('')}`;
}

function formatScore(score: number): string {
  return score.toFixed(1);
}
