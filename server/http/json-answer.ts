import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ErrorJson } from '../../protocol/json-api.js';

const compress = promisify(gzip);

/** Below this many bytes, compressing costs more than it saves. */
const WORTH_COMPRESSING = 2048;

/** For every answer: nothing of it is a page, and nobody else's page may have it. */
export const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const JSON_HEADERS = {
  ...SAFE_HEADERS,
  'content-type': 'application/json; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/** A body with its tag, ready to be sent to any number of clients. */
export class Representation {
  readonly etag: string;
  readonly #plain: Buffer;
  #packed: Promise<Buffer> | null = null;

  constructor(text: string) {
    this.#plain = Buffer.from(text);
    // Weak: the compressed form has the same tag.
    this.etag = `W/"${createHash('sha256').update(this.#plain).digest('base64url').slice(0, 22)}"`;
  }

  /** Answers 304 to a client that has it already. */
  async send(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Readonly<Record<string, string>> = JSON_HEADERS,
  ): Promise<void> {
    const common = { ...headers, etag: this.etag, 'cache-control': 'no-cache', vary: 'accept-encoding' };
    if (isKnown(request.headers['if-none-match'], this.etag)) {
      response.writeHead(304, common).end();
      return;
    }
    const isPacked = this.#plain.length >= WORTH_COMPRESSING && acceptsGzip(request);
    const body = isPacked ? await (this.#packed ??= compress(this.#plain)) : this.#plain;
    const encoding = isPacked ? { 'content-encoding': 'gzip' } : {};
    response.writeHead(200, { ...common, ...encoding, 'content-length': body.length });
    response.end(body);
  }
}

export function sendError(
  response: ServerResponse,
  status: number,
  error: ErrorJson['error'],
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...JSON_HEADERS, 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify({ error } satisfies ErrorJson));
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const strong = etag.replace(/^W\//, '');
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === strong);
}

function acceptsGzip(request: IncomingMessage): boolean {
  const header = request.headers['accept-encoding'];
  return typeof header === 'string' && /(^|,)\s*gzip\s*(;\s*q=(1|0?\.\d*[1-9]))?\s*(,|$)/.test(header);
}
