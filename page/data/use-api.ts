import { useEffect, useState } from 'preact/hooks';
import type { HistoryJson, VerdictJson } from '../../protocol/json-api.js';
import type { ApiClient, ApiFailure } from './api-client.js';
import { ApiError } from './api-client.js';
import type { Feed, FeedState } from './feed.js';

/** The feed's state, rendered again when it changes. */
export function useFeed(feed: Feed): FeedState {
  const [state, setState] = useState(feed.state);
  useEffect(() => {
    // It may have changed before there was a listener.
    setState(feed.state);
    return feed.subscribe(() => setState(feed.state));
  }, [feed]);
  return state;
}

/** What is known of one subject. */
export interface Explanation {
  readonly subject: string;
  readonly verdict: VerdictJson | null;
  readonly history: HistoryJson['changes'];
  readonly failure: ApiFailure | null;
}

const HISTORY_LIMIT = 500;

/** Asked again whenever `revision` changes; until the answer is there, what was known before stays. */
export function useExplanation(
  api: ApiClient,
  subject: string | null,
  revision: unknown,
): Explanation | null {
  const [explanation, setExplanation] = useState<Explanation | null>(null);
  useEffect(() => {
    if (subject === null) {
      setExplanation(null);
      return undefined;
    }
    const asking = new AbortController();
    const { signal } = asking;
    Promise.all([api.verdict(subject, signal), api.history(subject, HISTORY_LIMIT, signal)]).then(
      ([verdict, { changes }]) => setExplanation({ subject, verdict, history: changes, failure: null }),
      (error: unknown) => {
        if (signal.aborted) return;
        const failure = error instanceof ApiError ? error.failure : 'failed';
        // What is known remains on the screen while the aggregator is away.
        setExplanation((before) =>
          before?.subject === subject && failure !== 'not-found'
            ? before
            : { subject, verdict: null, history: [], failure },
        );
      },
    );
    return () => asking.abort();
  }, [api, subject, revision]);
  return explanation?.subject === subject ? explanation : null;
}
