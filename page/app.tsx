import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ApiClient } from './data/api-client.js';
import type { Feed } from './data/feed.js';
import { useExplanation, useFeed } from './data/use-api.js';
import { Detail } from './detail/detail.jsx';
import { LanesView } from './lanes/lanes-view.jsx';
import { matrixModel } from './matrix/matrix-model.js';
import { MatrixView } from './matrix/matrix-view.jsx';
import { Announcer } from './parts/announcer.jsx';
import { ChangeList } from './parts/change-list.jsx';
import { HelpDialog, TokenDialog } from './parts/dialogs.jsx';
import { FilterBar } from './parts/filter-bar.jsx';
import { FirstSteps } from './parts/first-steps.jsx';
import { Header } from './parts/header.jsx';
import { SickList } from './parts/sick-list.jsx';
import { useTheme } from './parts/theme.jsx';
import { ClockAhead } from './parts/ticker.jsx';
import type { ShownStatus } from './status/status.js';
import { isSick, shown } from './status/status.js';
import { useMedia } from './view/use-media.js';
import { useKeys } from './view/use-keys.js';
import { useView } from './view/use-view.js';
import { compareNames, selected, worstFirst } from './view/selection.js';
import { systemOf } from '../protocol/system-of.js';

/** The whole page. */
export function App({ api, feed }: { readonly api: ApiClient; readonly feed: Feed }): JSX.Element {
  const state = useFeed(feed);
  const [view, setView] = useView();
  const [observer, setObserver] = useState<string | null>(null);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const theme = useTheme();
  const search = useRef<HTMLInputElement>(null);
  const opener = useRef<Element | null>(null);

  const all = useMemo(() => worstFirst(state.verdicts ?? []), [state.verdicts]);
  const { statuses, systems, query } = view;
  const inSystems = useMemo(() => selected(all, { statuses: [], systems, query }), [all, systems, query]);
  const chosen = useMemo(
    () => selected(inSystems, { statuses, systems: [], query: '' }),
    [inSystems, statuses],
  );
  const counts = useMemo(() => countBy(inSystems, ({ status }) => shown(status)), [inSystems]);
  const systemCounts = useMemo(
    () =>
      new Map([...countBy(all, ({ subject }) => systemOf(subject))].sort(([a], [b]) => compareNames(a, b))),
    [all],
  );
  const model = useMemo(
    () => (state.matrix === null ? null : matrixModel(state.matrix, chosen)),
    [state.matrix, chosen],
  );
  const chosenChanges = useMemo(() => {
    if (chosen.length === all.length) return state.changes;
    const names = new Set(chosen.map(({ subject }) => subject));
    return state.changes.filter(({ subject }) => names.has(subject));
  }, [state.changes, chosen, all]);
  const summary = all.find(({ subject }) => subject === view.subject);
  const revision = `${summary?.timeMs} ${summary?.status} ${state.connection}`;
  const explanation = useExplanation(api, summary?.subject ?? null, revision);

  const choose = useCallback(
    (subject: string, by: string | null = null) => {
      opener.current = document.activeElement;
      setObserver(by);
      setView({ subject });
    },
    [setView],
  );
  const close = useCallback(() => {
    setView({ subject: null });
    if (opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus();
  }, [setView]);
  const step = (by: 1 | -1): void => {
    const sick = chosen.filter(({ status }) => isSick(status));
    const at = sick.findIndex(({ subject }) => subject === view.subject);
    const next = sick[at === -1 ? (by === 1 ? 0 : sick.length - 1) : (at + by + sick.length) % sick.length];
    if (next !== undefined) choose(next.subject);
  };
  useKeys({
    search: () => search.current?.select(),
    matrix: () => document.getElementById('matrix')?.focus(),
    next: () => step(1),
    previous: () => step(-1),
    theme: theme[1],
    help: () => setHelpOpen(true),
    escape: () => {
      if (view.subject !== null) close();
      else if (query !== '') setView({ query: '' });
      else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    },
  });
  useEffect(() => {
    const sick = all.filter(({ status }) => isSick(status)).length;
    document.title = `${sick > 0 ? `(${sick}) ` : ''}hview${state.aggregator === null ? '' : ` ${state.aggregator.id}`}`;
  }, [all, state.aggregator]);

  // On a phone the details lie over all the rest, which then is not to be reached.
  const isCovered = useMedia('(max-width: 760px)') && view.subject !== null;
  const isFiltered = statuses.length > 0 || systems.length > 0 || query !== '';
  const isEmpty = state.verdicts?.length === 0;
  return (
    <ClockAhead.Provider value={state.clockAheadMs}>
      <div class={`page is-${state.connection} ${view.subject === null ? '' : 'has-detail'}`}>
        <div class="behind" inert={isCovered}>
          <button
            type="button"
            class="unseen skip"
            onClick={() => document.getElementById('matrix')?.focus()}
          >
            Go to the matrix
          </button>
          <Header
            feed={state}
            query={query}
            searchRef={search}
            theme={theme}
            onQuery={(text) => setView({ query: text })}
            onHelp={() => setHelpOpen(true)}
            onRetry={() => feed.retry()}
          />
          <FilterBar view={view} counts={counts} systems={systemCounts} onView={setView} />
        </div>
        <main class="columns">
          <div class="side" inert={isCovered}>
            <SickList
              verdicts={state.verdicts === null ? null : chosen}
              chosen={view.subject}
              isFiltered={isFiltered}
              onChoose={choose}
            />
            <ChangeList changes={chosenChanges} onChoose={choose} />
          </div>
          <section class="middle" inert={isCovered} aria-labelledby="matrix-title">
            <div class="card is-matrix">
              <h2 id="matrix-title">
                Who says what of whom{' '}
                {model !== null && model.rows.length > 0 && (
                  <span class="quiet">
                    {model.rows.length} by {model.observers.length}
                  </span>
                )}
              </h2>
              {isEmpty && state.aggregator !== null ? (
                <FirstSteps address={state.aggregator.address} />
              ) : model !== null && model.rows.length > 0 ? (
                <MatrixView model={model} chosen={view.subject} theme={theme[0]} onChoose={choose} />
              ) : (
                state.verdicts !== null && <p class="note">No subject passes the filter.</p>
              )}
            </div>
            <LanesView changes={chosenChanges} chosen={view.subject} onChoose={choose} />
          </section>
          {view.subject !== null && (
            <Detail
              subject={view.subject}
              explanation={explanation}
              isUnknown={state.verdicts !== null && summary === undefined}
              observer={observer}
              theme={theme[0]}
              onClose={close}
            />
          )}
        </main>
        <Announcer changes={state.changes} />
        {isHelpOpen && <HelpDialog onClose={() => setHelpOpen(false)} />}
        {state.connection === 'locked' && (
          <TokenDialog
            isRefused={api.hasToken}
            onToken={(token) => {
              api.useToken(token);
              feed.retry();
            }}
          />
        )}
      </div>
    </ClockAhead.Provider>
  );
}

function countBy<Item, Key extends string = ShownStatus>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, number> {
  const counts = new Map<Key, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
