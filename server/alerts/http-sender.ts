import { createHmac } from 'node:crypto';
import type { Clock } from '../../runtime/clock.js';
import { HviewError, describeError } from '../../runtime/errors.js';
import type { HttpAnswer } from '../../runtime/http-post.js';
import { httpPost } from '../../runtime/http-post.js';
import type { Logger } from '../../runtime/logger.js';
import { packageVersion } from '../../runtime/package-root.js';
import { TlsFiles } from '../../runtime/tls-files.js';
import { readTokenLines } from '../../runtime/token-file.js';
import type { ReceiverConfig } from './alerts-config.js';
import type { SendResult, Sender } from './sender.js';

export interface HttpSenderOptions {
  readonly name: string;
  readonly receiver: ReceiverConfig;
  /** For one request, milliseconds. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const HEADER = /^(?<name>[!#$%&'*+.^_`|~A-Za-z0-9-]+):[ \t]*(?<value>[\x20-\x7e]*)$/;

/** The least that a secret has to have, in characters. */
const MIN_SECRET = 16;

/** Posts JSON to one address. Files with headers and secrets are read for every request, so that they can be renewed. */
export class HttpSender implements Sender {
  readonly name: string;
  readonly #options: HttpSenderOptions;
  readonly #tls: TlsFiles | null;
  readonly #closing = new AbortController();

  /** Throws CREDENTIALS_INVALID when one of its files cannot be used. */
  constructor(options: HttpSenderOptions) {
    const { name, receiver, clock, logger } = options;
    const { ca, cert, key } = receiver;
    this.name = name;
    this.#options = options;
    this.#headers('');
    const paths = {
      ...(ca === '' ? {} : { ca }),
      ...(cert === '' ? {} : { cert }),
      ...(key === '' ? {} : { key }),
    };
    this.#tls = Object.keys(paths).length === 0 ? null : new TlsFiles({ paths, clock, logger });
  }

  async send(body: string): Promise<SendResult> {
    const { receiver, deadlineMs, clock } = this.#options;
    try {
      const answer = await httpPost({
        url: receiver.url,
        headers: this.#headers(body),
        body,
        deadlineMs,
        tls: this.#tls?.material ?? null,
        clock,
        signal: this.#closing.signal,
      });
      return resultOf(answer);
    } catch (error) {
      return { kind: 'failed', reason: describeError(error), retryAfterMs: 0 };
    }
  }

  close(): void {
    this.#closing.abort();
    this.#tls?.close();
  }

  #headers(body: string): Record<string, string> {
    const { headersFile, secretFile } = this.#options.receiver;
    return {
      'content-type': 'application/json',
      'user-agent': `hview/${packageVersion()}`,
      ...(headersFile === '' ? {} : readHeaders(headersFile)),
      ...(secretFile === ''
        ? {}
        : { 'x-hview-signature': `sha256=${signature(body, readSecret(secretFile))}` }),
    };
  }
}

/** Whether it can help to send the same again. */
function resultOf({ status, text, retryAfterMs }: HttpAnswer): SendResult {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const reason = `answers ${status}${text === '' ? '' : `: ${text}`}`;
  const isPassing = status >= 500 || status === 408 || status === 425 || status === 429;
  return isPassing ? { kind: 'failed', reason, retryAfterMs } : { kind: 'refused', reason };
}

/** Of the body's bytes, by which a receiver knows that it comes from whoever has the secret; hex. */
function signature(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

function readHeaders(file: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [index, line] of readTokenLines(file).entries()) {
    const { name, value } = HEADER.exec(line)?.groups ?? {};
    // The line itself may be a secret.
    if (name === undefined || value === undefined) {
      throw new HviewError('CREDENTIALS_INVALID', `${file}: entry ${index + 1} is no header`, {
        hint: 'One header a line, such as Authorization: Bearer ...',
      });
    }
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function readSecret(file: string): string {
  const secret = readTokenLines(file)[0] ?? '';
  if (secret.length >= MIN_SECRET) return secret;
  throw new HviewError('CREDENTIALS_INVALID', `${file}: its first line is no secret`, {
    hint: `A secret has ${MIN_SECRET} characters or more; openssl rand -hex 32 makes one.`,
  });
}
