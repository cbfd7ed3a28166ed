import { createHash } from 'node:crypto';
import type { Finding } from './finding.js';

/**
 * The same id for the same statement however often its record is read, and another for any other: made
 * of the record's place, the rule and what it says. 22 characters (128 bits).
 */
export function observationId(finding: Finding): string {
  const { origin, rule, timeMs, observer, subject, context, status } = finding;
  // Place and rule alone would do, but for inodes that are given to another file.
  const parts = [origin.text, origin.offset, rule.id, timeMs, observer, subject, context, status];
  return createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 22);
}
