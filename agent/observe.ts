import type { Matcher } from '../filters/matcher.js';
import type { LogRecord, LogStream } from '../plugins/log-plugin.js';
import type { Finding, Origin } from './finding.js';

/** What became of a record that a rule was tried on. */
export type Observed =
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'skipped'; readonly reason: SkipReason };

export type SkipReason =
  /** No rule speaks of it. */
  | 'no-match'
  /** A rule matched, and neither it nor the tag names a subject. */
  | 'no-subject'
  /** The subject is no member of the cluster and the rule set wants members only. */
  | 'unknown-subject'
  /** Several members share the address that names the subject. */
  | 'ambiguous-subject';

const NO_MATCH: Observed = { kind: 'skipped', reason: 'no-match' };

/** Where rules and plugin meet: a record becomes a finding, or a named reason why not. Pure. */
export function observe(record: LogRecord, origin: Origin, matcher: Matcher, stream: LogStream): Observed {
  const match = matcher.match(record.fields);
  if (match === null) return NO_MATCH;

  let subject = record.tagSubject;
  if (match.subject.kind === 'token') {
    const resolved = stream.resolveSubject(match.subject.token, record);
    if (resolved.kind === 'ambiguous') return { kind: 'skipped', reason: 'ambiguous-subject' };
    if (resolved.kind === 'unknown' && matcher.knownSubjectsOnly) {
      return { kind: 'skipped', reason: 'unknown-subject' };
    }
    subject = resolved.id;
  }
  if (subject === null) return { kind: 'skipped', reason: 'no-subject' };

  const { status, score, rule, expiresMs, withdraws, deadline, escalate, pause } = match;
  return {
    kind: 'finding',
    finding: {
      timeMs: record.timeMs,
      observer: record.observer,
      subject,
      context: match.context === '' ? record.tagContext : match.context,
      status,
      score,
      message: record.message,
      rule,
      origin,
      expiresMs,
      withdraws,
      deadline,
      escalate,
      pause,
    },
  };
}
