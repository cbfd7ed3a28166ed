import type {
  AggregatorJson,
  MatrixJson,
  VerdictChangeJson,
  VerdictSummaryJson,
  WatchHelloJson,
} from '../../protocol/json-api.js';
import type { ApiClient } from './api-client.js';
import { ApiError } from './api-client.js';
import type { StreamEvent } from './event-stream.js';

/**
 * `connecting`: nothing was heard yet; `live`: beats come; `stale`: they stopped coming; `lost`: the aggregator
 * cannot be reached and is tried again; `locked`: it wants a token, or another one; `forbidden`: never for us.
 */
export type Connection = 'connecting' | 'live' | 'stale' | 'lost' | 'locked' | 'forbidden';

/** All that the page knows at one moment. Null: not known yet. */
export interface FeedState {
  readonly connection: Connection;
  readonly aggregator: AggregatorJson | null;
  readonly verdicts: readonly VerdictSummaryJson[] | null;
  readonly matrix: MatrixJson | null;
  /** Newest first. */
  readonly changes: readonly VerdictChangeJson[];
  /** When the aggregator was last heard of, by our clock. */
  readonly heardMs: number;
  /** What is to be added to our clock for the aggregator's, milliseconds. */
  readonly clockAheadMs: number;
}

const MAX_CHANGES = 200;

/** Without a change it is asked this often what else is new, milliseconds; hidden pages do not ask. */
const REFRESH_MS = 3000;

/** Changes that come close together are fetched together, milliseconds. */
const GATHER_MS = 150;

/** Beats that may be missing before what is shown counts as stale. */
const MISSED_BEATS = 2.5;

/**
 * A page that nobody looks at for this long lets go of its stream, milliseconds: a browser has six connections
 * to a server for all its tabs. Then it asks now and then, so that its title stays true.
 */
const ASLEEP = { afterMs: 30_000, refreshMs: 30_000 } as const;

const RETRY_MS = { first: 500, longest: 10_000 } as const;

/** Keeps a FeedState true: watches, asks when something changed, and comes back by itself. */
export class Feed {
  #state: FeedState = {
    connection: 'connecting',
    aggregator: null,
    verdicts: null,
    matrix: null,
    changes: [],
    heardMs: 0,
    clockAheadMs: 0,
  };
  readonly #listeners = new Set<() => void>();
  readonly #stopped = new AbortController();
  #watching = new AbortController();
  #lastEventId = '';
  #beatMs = 5000;
  #refreshTimer: number | undefined;
  #refreshDueMs = Infinity;
  #isRefreshing = false;
  /** Something changed while it was asked. */
  #isOutdated = false;
  #isAsleep = false;
  #sleepTimer: number | undefined;
  #wake: () => void = () => undefined;

  constructor(private readonly api: ApiClient) {}

  get state(): FeedState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    void this.#run();
    const watchdog = setInterval(() => this.#noticeSilence(), 1000);
    const onVisible = (): void => this.#onVisibility(document.hidden);
    const onOnline = (): void => this.retry();
    document.addEventListener('visibilitychange', onVisible);
    addEventListener('online', onOnline);
    this.#stopped.signal.addEventListener('abort', () => {
      clearInterval(watchdog);
      clearTimeout(this.#refreshTimer);
      clearTimeout(this.#sleepTimer);
      document.removeEventListener('visibilitychange', onVisible);
      removeEventListener('online', onOnline);
    });
  }

  stop(): void {
    this.#stopped.abort();
    this.#watching.abort();
    this.#wake();
  }

  /** Tries at once instead of later. */
  retry(): void {
    this.#wake();
  }

  async #run(): Promise<void> {
    let retryMs: number = RETRY_MS.first;
    while (!this.#stopped.signal.aborted) {
      this.#watching = new AbortController();
      const beganMs = Date.now();
      try {
        await this.api.watch(this.#lastEventId, (event) => this.#onEvent(event), this.#watching.signal);
        this.#lose('lost');
      } catch (error) {
        if (this.#isAsleep) {
          await this.#sleep();
          continue;
        }
        this.#lose(connectionAfter(error));
      }
      if (Date.now() - beganMs > 2 * RETRY_MS.longest) retryMs = RETRY_MS.first;
      await this.#pause(retryMs * (0.75 + Math.random() / 2));
      retryMs = Math.min(retryMs * 2, RETRY_MS.longest);
    }
  }

  #onVisibility(isHidden: boolean): void {
    clearTimeout(this.#sleepTimer);
    if (isHidden) {
      this.#sleepTimer = setTimeout(() => {
        const { connection } = this.#state;
        if (connection !== 'live' && connection !== 'stale') return;
        this.#isAsleep = true;
        this.#watching.abort();
      }, ASLEEP.afterMs);
    } else if (this.#isAsleep) {
      this.#isAsleep = false;
      this.#wake();
    } else this.#refreshSoon(0);
  }

  async #sleep(): Promise<void> {
    this.#watching = new AbortController();
    const isAsleep = (): boolean => this.#isAsleep && !this.#stopped.signal.aborted;
    while (isAsleep()) {
      await this.#pause(ASLEEP.refreshMs);
      if (isAsleep()) await this.#refresh();
    }
  }

  /** A page that wants a token waits for a person. */
  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const { connection } = this.#state;
      const isWaiting = connection === 'locked' || connection === 'forbidden';
      const timer = isWaiting ? undefined : setTimeout(resolve, delayMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #onEvent({ id, type, data }: StreamEvent): void {
    if (id !== '') this.#lastEventId = id;
    this.#heard();
    if (type === 'hello') {
      const hello = JSON.parse(data) as WatchHelloJson;
      this.#beatMs = hello.beatMs;
      // What happens from now on can be resumed even if nothing happened yet.
      if (this.#lastEventId === '') this.#lastEventId = String(hello.sequence);
      this.#set({ connection: 'live', clockAheadMs: hello.timeMs - Date.now() });
      this.#refreshSoon(0);
      void this.#loadChanges();
    } else if (type === 'reset') {
      this.#lastEventId = String((JSON.parse(data) as WatchHelloJson).sequence);
    } else if (type === 'change') {
      const change = JSON.parse(data) as VerdictChangeJson;
      this.#set({ changes: newestFirst([change, ...this.#state.changes]) });
      this.#refreshSoon(GATHER_MS);
    }
  }

  async #loadChanges(): Promise<void> {
    try {
      const { changes } = await this.api.history(null, MAX_CHANGES, this.#watching.signal);
      this.#set({ changes: newestFirst([...this.#state.changes, ...changes]) });
    } catch {
      // The stream ends by the same cause, and says so.
    }
  }

  #refreshSoon(delayMs: number): void {
    // What is due sooner stays: a change after the other must not put it off for ever.
    const dueMs = Date.now() + delayMs;
    if (dueMs >= this.#refreshDueMs) return;
    clearTimeout(this.#refreshTimer);
    this.#refreshDueMs = dueMs;
    this.#refreshTimer = setTimeout(() => void this.#refresh(), delayMs);
  }

  async #refresh(): Promise<void> {
    this.#refreshDueMs = Infinity;
    this.#isOutdated = this.#isRefreshing;
    if (this.#isRefreshing || this.#stopped.signal.aborted) return;
    this.#isRefreshing = true;
    try {
      const { signal } = this.#watching;
      const [aggregator, { verdicts }, matrix] = await Promise.all([
        this.api.aggregator(signal),
        this.api.verdicts(signal),
        this.api.matrix(signal),
      ]);
      this.#heard();
      this.#set({ aggregator, verdicts, matrix });
    } catch {
      // As above.
    } finally {
      this.#isRefreshing = false;
    }
    if (document.hidden || this.#state.connection !== 'live') return;
    this.#refreshSoon(this.#isOutdated ? GATHER_MS : REFRESH_MS);
  }

  #heard(): void {
    this.#state = { ...this.#state, heardMs: Date.now() };
    if (this.#state.connection === 'stale') this.#set({ connection: 'live' });
  }

  #noticeSilence(): void {
    if (this.#isAsleep) return;
    const silentMs = Date.now() - this.#state.heardMs;
    if (this.#state.connection === 'live' && silentMs > this.#beatMs * MISSED_BEATS) {
      this.#set({ connection: 'stale' });
    } else if (this.#state.connection === 'stale' && silentMs > this.#beatMs * 2 * MISSED_BEATS) {
      // A connection that died without a word: begin another.
      this.#watching.abort();
    }
  }

  #lose(connection: Connection): void {
    clearTimeout(this.#refreshTimer);
    this.#refreshDueMs = Infinity;
    this.#set({ connection });
  }

  #set(parts: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...parts };
    for (const listener of this.#listeners) listener();
  }
}

function connectionAfter(error: unknown): Connection {
  if (!(error instanceof ApiError)) return 'lost';
  if (error.failure === 'unauthenticated') return 'locked';
  return error.failure === 'forbidden' ? 'forbidden' : 'lost';
}

/** Each change once; the newest of them. */
function newestFirst(changes: readonly VerdictChangeJson[]): VerdictChangeJson[] {
  const bySequence = new Map(changes.map((change) => [change.sequence, change]));
  return [...bySequence.values()].sort((a, b) => b.sequence - a.sequence).slice(0, MAX_CHANGES);
}
