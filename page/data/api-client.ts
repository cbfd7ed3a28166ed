import type {
  AggregatorJson,
  HistoryJson,
  MatrixJson,
  VerdictJson,
  VerdictsJson,
} from '../../protocol/json-api.js';
import type { StreamEvent } from './event-stream.js';
import { EventStreamParser } from './event-stream.js';

/** Why an answer did not come. */
export type ApiFailure = 'unreachable' | 'unauthenticated' | 'forbidden' | 'not-found' | 'failed';

export class ApiError extends Error {
  constructor(
    readonly failure: ApiFailure,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** How many answers are remembered by their tag. */
const MAX_REMEMBERED = 16;

const TOKEN_KEY = 'hview-token';

/** Asks the aggregator that served the page. An answer that did not change is the same object again. */
export class ApiClient {
  readonly #remembered = new Map<string, { readonly etag: string; readonly value: unknown }>();
  #token = sessionStorage.getItem(TOKEN_KEY);

  /** Kept as long as the tab is open. */
  useToken(token: string): void {
    this.#token = token;
    sessionStorage.setItem(TOKEN_KEY, token);
  }

  get hasToken(): boolean {
    return this.#token !== null;
  }

  aggregator(signal: AbortSignal): Promise<AggregatorJson> {
    return this.#get('aggregator', signal);
  }

  verdicts(signal: AbortSignal): Promise<VerdictsJson> {
    return this.#get('verdicts', signal);
  }

  matrix(signal: AbortSignal): Promise<MatrixJson> {
    return this.#get('matrix', signal);
  }

  verdict(subject: string, signal: AbortSignal): Promise<VerdictJson> {
    return this.#get(`verdict?subject=${encodeURIComponent(subject)}`, signal);
  }

  history(subject: string | null, limit: number, signal: AbortSignal): Promise<HistoryJson> {
    const one = subject === null ? '' : `&subject=${encodeURIComponent(subject)}`;
    return this.#get(`history?limit=${limit}${one}`, signal);
  }

  /** Resolves when the stream ends. `lastEventId` '': from now on. */
  async watch(
    lastEventId: string,
    onEvent: (event: StreamEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (lastEventId !== '') headers['last-event-id'] = lastEventId;
    const response = await this.#fetch('watch', headers, signal);
    if (response.body === null) return;
    const parser = new EventStreamParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const event of parser.push(value)) onEvent(event);
    }
  }

  async #get<Answer>(path: string, signal: AbortSignal): Promise<Answer> {
    const known = this.#remembered.get(path);
    const headers = known === undefined ? {} : { 'if-none-match': known.etag };
    const response = await this.#fetch(path, headers, signal);
    if (response.status === 304 && known !== undefined) return known.value as Answer;
    const value = (await response.json()) as Answer;
    const etag = response.headers.get('etag');
    this.#remembered.delete(path);
    if (etag !== null) this.#remembered.set(path, { etag, value });
    if (this.#remembered.size > MAX_REMEMBERED) {
      const oldest = this.#remembered.keys().next();
      if (oldest.done !== true) this.#remembered.delete(oldest.value);
    }
    return value;
  }

  async #fetch(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`api/v1/${path}`, {
        // The tags are kept here; the browser's own cache would answer 304 with 200.
        cache: 'no-store',
        headers: this.#token === null ? headers : { ...headers, authorization: `Bearer ${this.#token}` },
        signal,
      });
    } catch (error) {
      throw new ApiError('unreachable', error instanceof Error ? error.message : String(error));
    }
    if (response.ok || response.status === 304) return response;
    const failure = FAILURES[response.status] ?? 'failed';
    throw new ApiError(failure, `${response.status} ${response.statusText}`);
  }
}

const FAILURES: Readonly<Record<number, ApiFailure>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
};
