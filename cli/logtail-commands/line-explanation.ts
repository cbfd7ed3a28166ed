import { observe, type SkipReason } from '../../agent/observe.js';
import { readLines } from '../../agent/replay-lines.js';
import { compileRuleSet } from '../../filters/compile.js';
import {
  explainRecord,
  type ClauseExplanation,
  type EntryExplanation,
  type RecordExplanation,
} from '../../filters/explain-record.js';
import type { RuleSet } from '../../filters/rule-set.js';
import type { LogPlugin, LogRecord } from '../../plugins/log-plugin.js';
import { statusName } from '../../protocol/model.js';

/** What the rules make of one record, or why the lines are none. */
export type LineExplanation =
  | { readonly kind: 'not-a-record'; readonly reason: string }
  | {
      readonly kind: 'record';
      readonly record: LogRecord;
      readonly explanation: RecordExplanation;
      readonly verdict: Verdict;
    };

export type Verdict =
  | { readonly kind: 'none'; readonly reason: SkipReason }
  | {
      readonly kind: 'finding';
      readonly rule: string;
      readonly why: string;
      readonly subject: string;
      readonly context: string;
      readonly status: string;
      readonly score: number;
    };

/** Explains the last record in the lines, read as the start of a fresh log. */
export function explainLines(lines: readonly string[], plugin: LogPlugin, ruleSet: RuleSet): LineExplanation {
  const matcher = compileRuleSet(ruleSet);
  const patient = {
    match: matcher.match.bind(matcher),
    needsDetail: () => true,
    literals: () => null,
    knownSubjectsOnly: matcher.knownSubjectsOnly,
  };
  const explained: LineExplanation[] = [];
  readLines(lines, plugin, { scanner: null, matcher: patient }, (record, origin, stream) => {
    const observed = observe(record, origin, matcher, stream);
    const verdict: Verdict =
      observed.kind === 'skipped'
        ? { kind: 'none', reason: observed.reason }
        : {
            kind: 'finding',
            rule: observed.finding.rule.id,
            why: observed.finding.rule.why,
            subject: observed.finding.subject,
            context: observed.finding.context,
            status: statusName(observed.finding.status),
            score: observed.finding.score,
          };
    explained.push({
      kind: 'record',
      record,
      explanation: explainRecord(ruleSet, record.fields),
      verdict,
    });
  });
  return explained.at(-1) ?? { kind: 'not-a-record', reason: whyNone(lines, plugin) };
}

/** For people. */
export function formatLineExplanation(explained: LineExplanation): string {
  if (explained.kind === 'not-a-record') return `Not a record: ${explained.reason}.\n`;
  const { record, explanation, verdict } = explained;
  const lines = ['The record:'];
  lines.push(`  time         ${new Date(record.timeMs).toISOString()}`);
  lines.push(`  observer     ${record.observer}`);
  lines.push(`  tag subject  ${record.tagSubject ?? '(none)'}`);
  lines.push(`  tag context  ${record.tagContext === '' ? '(none)' : record.tagContext}`);
  lines.push('Its fields:');
  const width = Math.max(...Object.keys(record.fields).map((name) => name.length), 0);
  for (const [name, value] of Object.entries(record.fields)) {
    lines.push(`  ${name.padEnd(width)}  ${JSON.stringify(value)}`);
  }
  for (const entry of explanation.entries) lines.push('', ...formatEntry(entry));
  if (explanation.entries.length === 0) lines.push('', 'No entry comes near.');
  lines.push('', formatVerdict(verdict));
  return `${lines.join('\n')}\n`;
}

/** One JSON object. */
export function lineExplanationToJson(explained: LineExplanation): string {
  if (explained.kind === 'not-a-record') return `${JSON.stringify(explained, null, 2)}\n`;
  const { record, explanation, verdict } = explained;
  const entries = explanation.entries.map(({ entry, outcome, clauses }) => ({
    id: entry.id,
    number: entry.number,
    outcome,
    clauses: clauses.map(({ clause, ...rest }) => ({ ...clause, ...rest })),
  }));
  const shown = {
    kind: explained.kind,
    record: { ...record, time: new Date(record.timeMs).toISOString() },
    entries,
    verdict,
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}

const OUTCOMES: Readonly<Record<EntryExplanation['outcome'], string>> = {
  fires: 'fires',
  'clause-fails': 'its first clause holds, so its branch decides, but another clause fails',
  'too-late': 'all clauses hold, but an entry before it has fired',
  'not-reached': 'all clauses hold, but the first clause of an earlier entry holds too, which decides alone',
  'comes-near': 'comes near',
};

function* formatEntry({ entry, outcome, clauses }: EntryExplanation): Generator<string> {
  yield `entry ${entry.number} (${entry.id}): ${OUTCOMES[outcome]}`;
  for (const explained of clauses) yield* formatClause(explained);
}

function* formatClause({ clause, holds, reason, captures }: ClauseExplanation): Generator<string> {
  yield `  ${holds ? 'yes' : 'NO '}  ${clause.field} ${clause.operator} ${clause.pattern}`;
  yield `       ${reason}`;
  for (const [name, value] of Object.entries(captures)) yield `       <${name}> = ${JSON.stringify(value)}`;
}

const REASONS: Readonly<Record<SkipReason, string>> = {
  'no-match': 'no entry fires',
  'no-subject': 'an entry fires, but neither it nor the tag names a subject',
  'unknown-subject':
    'an entry fires, but its subject is no member of the cluster and the rules want members only',
  'ambiguous-subject': 'an entry fires, but several members share the address that names its subject',
};

function formatVerdict(verdict: Verdict): string {
  if (verdict.kind === 'none') return `Nothing is reported: ${REASONS[verdict.reason]}.`;
  const { rule, subject, context, status, score, why } = verdict;
  return `Reported by ${rule}: ${subject} ${context} ${status} ${score}${why === '' ? '' : `\n  ${why}`}`;
}

function whyNone(lines: readonly string[], plugin: LogPlugin): string {
  const parsed = plugin.openStream().parse(lines[0] ?? '');
  if (parsed.kind === 'dropped') return `the plugin drops it (${parsed.reason})`;
  return 'the plugin takes it for the continuation of a record before it, so it does not begin as records do';
}
