import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { VerdictChangeJson } from '../../protocol/json-api.js';
import { labelOf } from '../status/status.js';
import { visible } from '../text/visible-text.js';

/** What changes within this time is told in one sentence, milliseconds. */
const GATHER_MS = 1500;

const MAX_NAMED = 3;

/** Tells those who do not see the page what changed, without interrupting them. */
export function Announcer({ changes }: { readonly changes: readonly VerdictChangeJson[] }): JSX.Element {
  const [text, setText] = useState('');
  const told = useRef<number | null>(null);
  const newest = changes[0]?.sequence ?? null;
  useEffect(() => {
    // What stood there when the page was opened is no news.
    if (told.current === null || newest === null) {
      told.current = newest;
      return undefined;
    }
    const timer = setTimeout(() => {
      const last = told.current ?? 0;
      const fresh = changes.filter(({ sequence }) => sequence > last);
      told.current = newest;
      if (fresh.length > 0) setText(sentence(fresh));
    }, GATHER_MS);
    return () => clearTimeout(timer);
  }, [newest]);
  return (
    <div class="unseen" role="status" aria-live="polite">
      {text}
    </div>
  );
}

/** Of each subject the last word. */
function sentence(fresh: readonly VerdictChangeJson[]): string {
  const latest = new Map<string, VerdictChangeJson>();
  for (const change of fresh) if (!latest.has(change.subject)) latest.set(change.subject, change);
  const all = [...latest.values()];
  const named = all
    .slice(0, MAX_NAMED)
    .map(({ subject, after }) => `${visible(subject)} is now ${labelOf(after)}`)
    .join(', ');
  return all.length > MAX_NAMED ? `${named}, and ${all.length - MAX_NAMED} more changed` : named;
}
