import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from './clock.js';
import { HviewError, describeError } from './errors.js';
import type { TlsMaterial } from './tls-files.js';

export interface HttpPost {
  /** http or https; a name and password in it are sent as basic authorization. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the whole exchange, milliseconds. */
  readonly deadlineMs: number;
  /** Certificates for https; without an authority those count that Node trusts. */
  readonly tls: TlsMaterial | null;
  readonly clock: Clock;
  /** Breaks it off. */
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** The beginning of the body. */
  readonly text: string;
  /** What the header Retry-After asks for in seconds, as milliseconds; 0 without it. */
  readonly retryAfterMs: number;
}

/** Characters of an answer that are kept: enough to say what is wrong. */
const KEPT_TEXT = 500;

/**
 * One POST on a connection of its own; redirects are not followed. Rejects with UNREACHABLE when there is no
 * answer, and with TIMEOUT.
 */
export function httpPost(post: HttpPost): Promise<HttpAnswer> {
  const { url, headers, body, deadlineMs, tls, clock, signal } = post;
  const options = {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    ...(signal === undefined ? {} : { signal }),
  } as const;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      timer.cancel();
      reject(error instanceof HviewError ? error : unreachable(url, error));
    };
    const take = (answer: IncomingMessage): void => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        if (text.length < KEPT_TEXT) text = (text + chunk).slice(0, KEPT_TEXT);
      });
      answer.on('error', fail);
      answer.on('end', () => {
        timer.cancel();
        const retryAfterMs = Math.max(0, Number(answer.headers['retry-after'] ?? 0) * 1000) || 0;
        resolve({ status: answer.statusCode ?? 0, text: text.trim(), retryAfterMs });
      });
    };
    const { ca, cert, key } = tls ?? {};
    const certificates = {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    };
    const request: ClientRequest =
      url.protocol === 'https:'
        ? requestHttps(url, { ...options, ...certificates }, take)
        : requestHttp(url, options, take);
    const timer = clock.after(
      deadlineMs,
      () => request.destroy(new HviewError('TIMEOUT', `no answer within ${deadlineMs} ms`)),
      { unref: true },
    );
    request.on('error', fail);
    request.end(body);
  });
}

function unreachable({ host }: URL, error: unknown): HviewError {
  return new HviewError('UNREACHABLE', `cannot reach ${host}: ${describeError(error)}`, { cause: error });
}
