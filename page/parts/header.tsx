import type { JSX, RefObject } from 'preact';
import type { FeedState } from '../data/feed.js';
import { duration } from '../text/times.js';
import { useNow } from './ticker.jsx';
import { Name } from './name.jsx';
import type { useTheme } from './theme.jsx';
import { ThemeButton } from './theme.jsx';

export interface HeaderProps {
  readonly feed: FeedState;
  readonly query: string;
  readonly searchRef: RefObject<HTMLInputElement | null>;
  readonly theme: ReturnType<typeof useTheme>;
  readonly onQuery: (query: string) => void;
  readonly onHelp: () => void;
  readonly onRetry: () => void;
}

export function Header(props: HeaderProps): JSX.Element {
  const { feed, query, searchRef, theme, onQuery, onHelp, onRetry } = props;
  return (
    <header class="top">
      <div class="brand">
        <svg viewBox="0 0 32 32" class="mark" aria-hidden={true}>
          <path d="M3 16c5-8.4 21-8.4 26 0-5 8.4-21 8.4-26 0z" />
          <circle cx="16" cy="16" r="4" />
        </svg>
        <h1>hview</h1>
        {feed.aggregator !== null && (
          <span class="whose">
            <Name of={feed.aggregator.id} />
          </span>
        )}
      </div>
      <label class="search">
        <span class="unseen">Search subjects by name</span>
        <svg viewBox="0 0 16 16" aria-hidden={true}>
          <path d="M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4l3.4 3.4" />
        </svg>
        <input
          ref={searchRef}
          type="search"
          value={query}
          placeholder="Search"
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="search"
          onInput={(event) => onQuery(event.currentTarget.value)}
        />
        <kbd aria-hidden={true}>/</kbd>
      </label>
      <ConnectionSign feed={feed} onRetry={onRetry} />
      <ThemeButton theme={theme[0]} onNext={theme[1]} />
      <button
        type="button"
        class="icon-button"
        onClick={onHelp}
        aria-label="Keys and signs"
        title="Keys and signs (?)"
      >
        <svg viewBox="0 0 16 16" aria-hidden={true}>
          <path d="M5.7 5.9a2.35 2.35 0 1 1 3.5 2.05C8.3 8.5 8 8.8 8 9.7M8 12.4h.01" />
        </svg>
      </button>
    </header>
  );
}

/** Whether what is on the screen is the present. */
function ConnectionSign({
  feed,
  onRetry,
}: {
  readonly feed: FeedState;
  readonly onRetry: () => void;
}): JSX.Element {
  const now = useNow() - feed.clockAheadMs;
  const ago = feed.heardMs === 0 ? '' : duration(Math.max(1000, now - feed.heardMs));
  const [text, detail] = ((): readonly [string, string] => {
    switch (feed.connection) {
      case 'connecting':
        return ['Connecting', 'Nothing was heard of the aggregator yet'];
      case 'live':
        return ['Live', 'Changes are shown as they happen'];
      case 'stale':
        return [`Stale, ${ago}`, 'The aggregator fell silent; what is shown may be out of date'];
      case 'lost':
        return [
          ago === '' ? 'No connection' : `Lost, ${ago}`,
          'The aggregator cannot be reached; trying again',
        ];
      case 'locked':
        return ['Locked', 'The aggregator asks for a token'];
      case 'forbidden':
        return ['Not allowed', 'The aggregator does not answer this client'];
    }
  })();
  return (
    <div class={`connection is-${feed.connection}`} title={detail}>
      <span class="lamp" aria-hidden={true} />
      <span>{text}</span>
      {(feed.connection === 'lost' || feed.connection === 'forbidden') && (
        <button type="button" class="text-button" onClick={onRetry}>
          Retry
        </button>
      )}
    </div>
  );
}
