import { Status } from '../../protocol/model.js';

/** How urgent an alert is, mildest first. */
export const SEVERITIES = ['warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** From UNHEALTHY on somebody has to look; what may yet pass is a warning. */
export function severityOf(status: Status): Severity {
  return status >= Status.UNHEALTHY ? 'critical' : 'warning';
}

export function isSeverity(text: string | undefined): text is Severity {
  return text === 'warning' || text === 'critical';
}
