import type { VerdictHandlers } from '../../protocol/verdict-service.js';
import type { VerdictChange, Verdicts } from '../../protocol/verdict.js';
import { HviewError } from '../../runtime/errors.js';
import { checkName } from './validation.js';

/** Changes in one answer at most: as many as are kept. */
const MAX_HISTORY = 10_000;

/** Subjects that one watcher may name. */
const MAX_SUBJECTS = 1000;

/** The methods of hview.v1.Verdicts: they check what is asked. */
export function verdictHandlers(verdicts: Verdicts): VerdictHandlers {
  return {
    explain: (subject) => {
      const verdict = verdicts.explain(checkName(subject, 'subject'));
      if (verdict === undefined) throw new HviewError('NOT_FOUND', `nothing was said of ${subject}`);
      return verdict;
    },
    list: () => ({ sequence: verdicts.sequence(), verdicts: verdicts.list() }),
    history: ({ subject, sinceMs, limit }) =>
      verdicts.history({
        limit: Math.min(limit, MAX_HISTORY),
        ...(subject === undefined ? {} : { subject: checkName(subject, 'subject') }),
        ...(sinceMs === undefined ? {} : { sinceMs }),
      }),
    watch: ({ subjects = [], after }, onChange) => {
      if (subjects.length > MAX_SUBJECTS) {
        throw new HviewError(
          'REQUEST_INVALID',
          `subjects has ${subjects.length} entries, and ${MAX_SUBJECTS} are allowed`,
        );
      }
      const wanted = new Set(subjects.map((subject) => checkName(subject, 'subjects: an entry')));
      const tell = (change: VerdictChange): void => {
        if (wanted.size === 0 || wanted.has(change.subject)) onChange(change);
      };
      const subscription = verdicts.watch(tell, after);
      if (subscription === null)
        throw new HviewError('HISTORY_GONE', `changes after ${after ?? 0} are no longer kept`);
      return subscription;
    },
    sequence: () => verdicts.sequence(),
  };
}
