import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ViewState } from './view-state.js';
import { formatHash, parseHash } from './view-state.js';

/**
 * What a person chose to see, kept in the address. Opening another subject is a step that the browser's back
 * button undoes; filters change in place.
 */
export function useView(): readonly [ViewState, (parts: Partial<ViewState>) => void] {
  const [view, setView] = useState(() => parseHash(location.hash));
  const latest = useRef(view);
  latest.current = view;
  useEffect(() => {
    const onHash = (): void => setView(parseHash(location.hash));
    addEventListener('popstate', onHash);
    return () => removeEventListener('popstate', onHash);
  }, []);
  const change = useCallback((parts: Partial<ViewState>) => {
    const next = { ...latest.current, ...parts };
    const address = formatHash(next) || location.pathname;
    if (next.subject === latest.current.subject) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    latest.current = next;
    setView(next);
  }, []);
  return [view, change];
}
