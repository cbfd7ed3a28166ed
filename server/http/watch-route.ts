import type { ServerResponse } from 'node:http';
import type { WatchHelloJson } from '../../protocol/json-api.js';
import type { VerdictChange, Verdicts } from '../../protocol/verdict.js';
import type { Clock } from '../../runtime/clock.js';
import { every } from '../../runtime/clock.js';
import type { HttpRoute } from '../../runtime/http-server.js';
import { SAFE_HEADERS, sendError } from './json-answer.js';
import { changeJson } from './verdict-json.js';

export interface WatchOptions {
  readonly verdicts: Verdicts;
  readonly clock: Clock;
  /** Of the latest change. */
  readonly sequence: () => number;
  /** How often a beat goes out, so that both sides notice when the other is gone, milliseconds. */
  readonly beatMs: number;
  /** Watchers at one time; the next one is sent away. */
  readonly maxWatchers: number;
}

/** How many bytes may wait for a watcher that does not read; then it is cut off and may come again. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** `GET /api/v1/watch`: a stream of server-sent events, one for each change, resumed by sequence. */
export class WatchRoute implements HttpRoute {
  readonly method = 'GET';
  readonly path = '/api/v1/watch';
  readonly access = 'query';
  readonly isStream = true;
  readonly #watchers = new Set<() => void>();

  constructor(private readonly options: WatchOptions) {}

  readonly handle: HttpRoute['handle'] = (request, response, url) => {
    const after = readSequence(request.headers['last-event-id'] ?? url.searchParams.get('after'));
    if (after === null) {
      sendError(response, 400, {
        code: 'REQUEST_INVALID',
        message: 'Last-Event-ID or after: not a whole number',
        hint: 'Give the id of the last event that arrived, or nothing.',
      });
    } else if (this.#watchers.size >= this.options.maxWatchers) {
      sendError(
        response,
        503,
        { code: 'OVERLOADED', message: `${this.options.maxWatchers} watch already` },
        { 'retry-after': '10' },
      );
    } else if (request.method === 'HEAD') {
      response.writeHead(200, STREAM_HEADERS).end();
    } else this.#open(response, after);
  };

  /** Ends all streams: they would keep a server from stopping. */
  close(): void {
    for (const end of [...this.#watchers]) end();
  }

  #open(response: ServerResponse, after: number | undefined): void {
    const { verdicts, clock, sequence, beatMs } = this.options;
    const send = (event: string, data: unknown, id?: number): void => {
      if (response.writableLength > MAX_WAITING_BYTES) {
        response.destroy();
        return;
      }
      response.write(
        `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
      );
    };
    const onChange = (change: VerdictChange): void => send('change', changeJson(change), change.sequence);

    response.writeHead(200, STREAM_HEADERS);
    const hello: WatchHelloJson = { sequence: sequence(), timeMs: clock.now(), beatMs };
    send('hello', hello);
    let subscription = verdicts.watch(onChange, after);
    if (subscription === null) {
      // Too much was missed to be told: the client begins with the list, and what follows comes from here.
      send('reset', hello);
      subscription = verdicts.watch(onChange);
    }
    const beat = every(clock, beatMs, () => send('beat', { timeMs: clock.now() }));
    const end = (): void => {
      this.#watchers.delete(end);
      beat.cancel();
      subscription?.close();
      response.end();
    };
    this.#watchers.add(end);
    response.once('close', end);
  }
}

const STREAM_HEADERS = {
  ...SAFE_HEADERS,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would hold the events back otherwise.
  'x-accel-buffering': 'no',
} as const;

/** Undefined when none is given, null when it is none. */
function readSequence(text: string | string[] | null | undefined): number | null | undefined {
  if (text === null || text === undefined || text === '') return undefined;
  const sequence = typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : null;
  return sequence;
}
