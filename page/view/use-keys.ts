import { useEffect, useRef } from 'preact/hooks';

/** What a key does wherever the focus is, save in a text field. */
export interface Keys {
  readonly search: () => void;
  readonly matrix: () => void;
  readonly next: () => void;
  readonly previous: () => void;
  readonly theme: () => void;
  readonly help: () => void;
  readonly escape: () => void;
}

const BINDINGS: Readonly<Record<string, keyof Keys>> = {
  '/': 'search',
  m: 'matrix',
  n: 'next',
  p: 'previous',
  t: 'theme',
  '?': 'help',
  Escape: 'escape',
};

export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
      // An open dialog has its own keys.
      if (document.querySelector('dialog[open]') !== null) return;
      const action = BINDINGS[event.key];
      const isWriting = event.target instanceof HTMLInputElement;
      if (action === undefined || (isWriting && action !== 'escape')) return;
      event.preventDefault();
      latest.current[action]();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}
