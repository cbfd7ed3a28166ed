import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Sign } from '../status/signs.jsx';
import { STATUSES, labelOf } from '../status/status.js';

interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Absent: it cannot be dismissed. */
  readonly onClose?: () => void;
}

/** The browser's own modal dialog: it keeps the focus, and Escape closes it. */
function Dialog({ title, children, onClose }: DialogProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClick={(event) => {
        if (event.target === element.current) onClose?.();
      }}
    >
      <div class="dialog-body">
        <h2 id="dialog-title">{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

const KEYS: readonly (readonly [readonly string[], string])[] = [
  [['/'], 'search'],
  [['m'], 'go to the matrix'],
  [['←', '→', '↑', '↓', 'Home', 'End', 'Page Up', 'Page Down'], 'move in the matrix'],
  [['Enter'], 'open the subject'],
  [['n', 'p'], 'next and previous sick subject'],
  [['Escape'], 'close what is open, then clear the search'],
  [['t'], 'light, dark, or as the system'],
];

export function HelpDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title="Keys and signs" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, effect]) => (
          <div key={effect}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{effect}</dd>
          </div>
        ))}
      </dl>
      <ul class="legend">
        {STATUSES.map((status) => (
          <li key={status}>
            <Sign status={status} /> {labelOf(status)}
          </li>
        ))}
      </ul>
      <p class="note">
        A cell shows what one observer says of one subject: the worst of its present words. The verdict, left
        of the name, weighs all observers.
      </p>
      <button type="button" class="button" onClick={onClose}>
        Close
      </button>
    </Dialog>
  );
}

/** Asked when the aggregator answers 401. */
export function TokenDialog({
  isRefused,
  onToken,
}: {
  /** One was given already. */
  readonly isRefused: boolean;
  readonly onToken: (token: string) => void;
}): JSX.Element {
  const [token, setToken] = useState('');
  return (
    <Dialog title="A token, please">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== '') onToken(token.trim());
        }}
      >
        <p class="note">
          {isRefused
            ? 'The aggregator did not accept the token.'
            : 'This aggregator tells only those who have its token.'}{' '}
          It is kept until this tab is closed.
        </p>
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            value={token}
            autocomplete="off"
            aria-invalid={isRefused}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button">
          Open
        </button>
      </form>
    </Dialog>
  );
}
