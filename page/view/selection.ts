import type { VerdictSummaryJson } from '../../protocol/json-api.js';
import { severityOf, shown } from '../status/status.js';
import { systemOf } from '../../protocol/system-of.js';
import type { ViewState } from './view-state.js';

const names = new Intl.Collator('en', { numeric: true });

/** Of two names the natural order: peer@2 before peer@10. */
export const compareNames: (a: string, b: string) => number = names.compare;

/** Worst first, then by name. */
export function worstFirst(verdicts: readonly VerdictSummaryJson[]): VerdictSummaryJson[] {
  return [...verdicts].sort(
    (a, b) => severityOf(b.status) - severityOf(a.status) || compareNames(a.subject, b.subject),
  );
}

type Filters = Pick<ViewState, 'statuses' | 'systems' | 'query'>;

/** The verdicts that the filters let through, in their order. */
export function selected(
  verdicts: readonly VerdictSummaryJson[],
  { statuses, systems, query }: Filters,
): readonly VerdictSummaryJson[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (statuses.length === 0 && systems.length === 0 && words.length === 0) return verdicts;
  return verdicts.filter(({ subject, status }) => {
    const name = subject.toLowerCase();
    return (
      (statuses.length === 0 || statuses.includes(shown(status))) &&
      (systems.length === 0 || systems.includes(systemOf(subject))) &&
      words.every((word) => name.includes(word))
    );
  });
}
