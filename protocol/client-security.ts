import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import { checkServerIdentity, createSecureContext, rootCertificates } from 'node:tls';
import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import { Metadata, credentials } from '@grpc/grpc-js';
import type { Clock } from '../runtime/clock.js';
import { HviewError, describeError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import { isLoopbackName } from '../runtime/loopback.js';
import type { TlsPaths } from '../runtime/tls-files.js';
import { TlsFiles } from '../runtime/tls-files.js';
import { readToken } from '../runtime/token-file.js';
import { WatchedFiles } from '../runtime/watched-files.js';
import { parseAddress } from './address.js';

export interface ClientSecurityOptions {
  /**
   * The own certificate, and the authorities of aggregators; null: plain text, unless `usesSystemRoots`. Files that
   * somebody else has opened are his to close.
   */
  readonly tls: TlsPaths | TlsFiles | null;
  /** TLS with the authorities that the system trusts. */
  readonly usesSystemRoots?: boolean;
  /** A file whose first line ends in the token. */
  readonly tokenFile?: string;
  /** The token may travel in plain text to other machines. */
  readonly allowsInsecure?: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Stands for the authorities that the system trusts, where the path of a file could stand. */
export const SYSTEM_ROOTS = 'system';

/**
 * How a client shows who it is and makes sure of whom it talks to. Renewed files are taken over: certificates
 * for the next connection, tokens for the next call. Shared by all clients of a process.
 */
export class ClientSecurity {
  readonly #options: ClientSecurityOptions;
  readonly #files: TlsFiles | null;
  readonly #context: SecureContext | null;
  readonly #watchedToken: WatchedFiles | null;
  #metadata = new Metadata();
  #hasToken = false;

  /** Throws CREDENTIALS_INVALID. */
  constructor(options: ClientSecurityOptions) {
    this.#options = options;
    const { tls, usesSystemRoots = false, tokenFile, clock, logger } = options;
    this.#files = tls === null || tls instanceof TlsFiles ? tls : new TlsFiles({ paths: tls, clock, logger });
    this.#context = this.#files !== null || usesSystemRoots ? contextOf(this.#files) : null;
    this.#files?.onChange(() => {
      // The object that the channel holds stays the same: its next connection finds the new context in it.
      if (this.#context !== null) Object.assign(this.#context, contextOf(this.#files));
    });
    if (tokenFile !== undefined) this.#takeToken(readToken(tokenFile));
    this.#watchedToken =
      tokenFile === undefined
        ? null
        : new WatchedFiles({ paths: [tokenFile], clock, onChange: () => this.#renewToken(tokenFile) });
  }

  /** Sent with each call. */
  get metadata(): Metadata {
    return this.#metadata;
  }

  /** For a channel to `target`. Throws EXPOSED rather than send a token in plain text to another machine. */
  channel(target: string): { readonly credentials: ChannelCredentials; readonly options: ChannelOptions } {
    if (this.#context !== null) return tlsChannel(this.#context, parseAddress(target).host);
    if (
      this.#hasToken &&
      this.#options.allowsInsecure !== true &&
      !isLoopbackName(parseAddress(target).host)
    ) {
      throw new HviewError('EXPOSED', `the token would travel in plain text to ${target}`, {
        hint: 'Use TLS (-tls_ca), or, on a network that you trust, say -insecure.',
      });
    }
    return { credentials: credentials.createInsecure(), options: {} };
  }

  close(): void {
    if (this.#files !== this.#options.tls) this.#files?.close();
    this.#watchedToken?.close();
  }

  #takeToken(token: string): void {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    this.#metadata = metadata;
    this.#hasToken = true;
  }

  #renewToken(file: string): void {
    const { logger } = this.#options;
    try {
      this.#takeToken(readToken(file));
      logger.info('the changed token is in use', { file });
    } catch (error) {
      logger.error('the changed token file cannot be used, the old token stays in use', {
        reason: describeError(error),
      });
    }
  }
}

/** A server name in TLS is never an address, so one stands for it; the certificate is held against the address. */
function tlsChannel(context: SecureContext, host: string) {
  if (isIP(host) === 0) return { credentials: credentials.createFromSecureContext(context), options: {} };
  return {
    credentials: credentials.createFromSecureContext(context, {
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    }),
    options: { 'grpc.ssl_target_name_override': 'address.invalid' },
  };
}

/** Without an authority of its own, those that the system trusts. */
function contextOf(files: TlsFiles | null): SecureContext {
  const { cert, key, ca } = files?.material ?? {};
  return createSecureContext({ cert, key, ca: ca ?? [...rootCertificates], minVersion: 'TLSv1.2' });
}
