import type { Server as NetServer, Socket } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import type { Server as TlsServer, TLSSocket } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import type { Clock } from './clock.js';
import { HviewError, describeError, systemErrorCode } from './errors.js';
import type { Logger } from './logger.js';
import { addressesOf, isLoopbackAddress } from './loopback.js';
import type { TlsFiles } from './tls-files.js';

/** How a port is guarded. */
export interface PortSecurity {
  /** The own certificate, and the authorities of those that connect; null: plain text. */
  readonly tls: TlsFiles | null;
  /** Whether each request is checked for who sends it. */
  readonly authenticates: boolean;
  /** Somebody has decided that others may reach the port although it lacks one or the other. */
  readonly allowsInsecure: boolean;
}

/** For this machine alone, in plain text. */
export const LOOPBACK_ONLY: PortSecurity = { tls: null, authenticates: false, allowsInsecure: false };

/** Connections that are open at a time; one more is closed at once. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = { connections: 4000, connectionsPerAddress: 1000 };

export interface ListenerOptions {
  /** Port 0 takes a free one, the same for all addresses of the host. An empty host is every interface. */
  readonly address: { readonly host: string; readonly port: number };
  /** What listens and how to name another address, for messages. */
  readonly purpose: { readonly name: string; readonly flag: string };
  readonly security: PortSecurity;
  /** Of TLS: which protocol is spoken inside. */
  readonly protocol: 'h2' | 'http/1.1';
  readonly limits?: ConnectionLimits;
  /** After the TLS handshake, if there is one. */
  readonly onConnection: (socket: Socket | TLSSocket) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Connections since the start. */
export interface ConnectionCounts {
  readonly open: number;
  readonly accepted: number;
  /** Closed at once: there were too many. */
  readonly refused: number;
  /** Closed because no TLS came about. */
  readonly failedHandshakes: number;
}

/** A TLS handshake takes no longer, milliseconds. */
const HANDSHAKE_LIMIT_MS = 10_000;

/** The log speaks of refused connections at most this often, milliseconds. */
const TELL_EVERY_MS = 60_000;

/**
 * Takes connections on all addresses of a host, in plain text or with TLS, and hands each on when it is
 * ready. Others than this machine reach it only with TLS and proof of who they are, or when it is told so.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #limits: ConnectionLimits;
  readonly #tls: TlsServer | null;
  readonly #servers: NetServer[] = [];
  readonly #perAddress = new Map<string, number>();
  readonly #sockets = new Set<Socket>();
  #isLoopbackOnly = true;
  #onEmpty: (() => void) | null = null;
  #port = 0;
  #accepted = 0;
  #refused = 0;
  #failedHandshakes = 0;
  #toldMs = -Infinity;

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_CONNECTION_LIMITS;
    this.#tls = this.#tlsServer();
  }

  /** Rejects with EXPOSED, ADDRESS_IN_USE or ADDRESS_INVALID. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    await listener.#listen();
    return listener;
  }

  /** With the port that was taken. */
  get address(): { readonly host: string; readonly port: number } {
    return { host: this.#options.address.host, port: this.#port };
  }

  /** Whether only this machine reaches it. */
  get isLoopbackOnly(): boolean {
    return this.#isLoopbackOnly;
  }

  counts(): ConnectionCounts {
    return {
      open: this.#sockets.size,
      accepted: this.#accepted,
      refused: this.#refused,
      failedHandshakes: this.#failedHandshakes,
    };
  }

  /** Takes no more connections; those that there are stay. Resolves when the last of them has ended. */
  close(): Promise<void> {
    for (const server of this.#servers.splice(0)) server.close();
    return new Promise((resolve) => {
      if (this.#sockets.size === 0) resolve();
      else this.#onEmpty = resolve;
    });
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #listen(): Promise<void> {
    const { host, port } = this.#options.address;
    const addresses = await addressesOf(host);
    assertNotExposed(this.#options, addresses);
    this.#isLoopbackOnly = addresses.every(isLoopbackAddress);
    const failures: unknown[] = [];
    for (const address of addresses) {
      try {
        this.#port = await this.#listenOn(address, this.#port === 0 ? port : this.#port);
      } catch (error) {
        failures.push(error);
        // That one of two addresses does not exist here is common; that somebody else has it is a mistake.
        if (systemErrorCode(error) === 'EADDRINUSE' && port !== 0) break;
      }
    }
    const isTaken = failures.some((error) => systemErrorCode(error) === 'EADDRINUSE');
    if (this.#servers.length > 0 && !(isTaken && port !== 0)) return;
    void this.close();
    throw listenError(this.#options, failures[0]);
  }

  #listenOn(host: string, port: number): Promise<number> {
    const server = createNetServer((socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        // Such as too many open files: the next connection may succeed.
        server.on('error', (error) =>
          this.#tell('a connection could not be taken', { reason: error.message }),
        );
        this.#servers.push(server);
        const bound = server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });
  }

  #accept(socket: Socket): void {
    const remote = socket.remoteAddress ?? '';
    const fromThere = this.#perAddress.get(remote) ?? 0;
    const { connections, connectionsPerAddress } = this.#limits;
    socket.on('error', () => undefined);
    if (this.#sockets.size >= connections || fromThere >= connectionsPerAddress) {
      this.#refused += 1;
      this.#tell('a connection was refused: there are too many', { from: remote, fromThere });
      socket.destroy();
      return;
    }
    this.#accepted += 1;
    this.#sockets.add(socket);
    this.#perAddress.set(remote, fromThere + 1);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      const left = (this.#perAddress.get(remote) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(remote);
      else this.#perAddress.set(remote, left);
      if (this.#sockets.size === 0) this.#onEmpty?.();
    });
    if (this.#tls === null) this.#options.onConnection(socket);
    else this.#tls.emit('connection', socket);
  }

  #tlsServer(): TlsServer | null {
    const { security, protocol, onConnection } = this.#options;
    const files = security.tls;
    if (files === null) return null;
    const server = createTlsServer({
      ...secureContext(files),
      ALPNProtocols: [protocol],
      handshakeTimeout: HANDSHAKE_LIMIT_MS,
      // Who has no certificate, or none that counts, is told so by the service itself, in words.
      requestCert: files.material.ca !== undefined,
      rejectUnauthorized: false,
    });
    server.on('secureConnection', (socket) => {
      socket.on('error', () => undefined);
      onConnection(socket);
    });
    server.on('tlsClientError', (error, socket) => {
      this.#failedHandshakes += 1;
      this.#tell('a TLS handshake failed', { from: socket.remoteAddress, reason: tlsReason(error) });
      socket.destroy();
    });
    files.onChange(() => server.setSecureContext(secureContext(files)));
    return server;
  }

  #tell(message: string, fields: Readonly<Record<string, unknown>>): void {
    const { clock, logger, purpose } = this.#options;
    const nowMs = clock.monotonic();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    logger.warn(message, { at: purpose.name, ...fields, ...this.counts() });
  }
}

/** OpenSSL's own words without its addresses. */
function tlsReason(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : describeError(error);
}

function secureContext({ material: { cert, key, ca } }: TlsFiles) {
  return { cert, key, ca, minVersion: 'TLSv1.2' } as const;
}

function assertNotExposed(
  { address, purpose, security }: ListenerOptions,
  addresses: readonly string[],
): void {
  const isGuarded = security.tls !== null && security.authenticates;
  if (isGuarded || security.allowsInsecure || addresses.every(isLoopbackAddress)) return;
  const where = address.host === '' ? 'every interface' : address.host;
  const lacking =
    security.tls === null
      ? 'without TLS'
      : 'without asking anyone who they are (no authority for client certificates, no tokens)';
  throw new HviewError(
    'EXPOSED',
    `${purpose.name} would be open to the network: ${where} is not only this machine, and it would listen ${lacking}`,
    {
      hint:
        `Give -tls_cert, -tls_key and -tls_ca or -token_file (SECURITY.md has an example), listen on localhost ` +
        `with ${purpose.flag}, or, on a network that you trust, say -insecure.`,
    },
  );
}

function listenError({ address, purpose }: ListenerOptions, error: unknown): HviewError {
  const host = address.host === '' ? '0.0.0.0' : address.host;
  const where = `${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  if (systemErrorCode(error) === 'EADDRINUSE') {
    return new HviewError('ADDRESS_IN_USE', `another program listens on ${where}`, {
      cause: error,
      hint: `Stop it, or choose another address with ${purpose.flag} host:port.`,
    });
  }
  return new HviewError('ADDRESS_INVALID', `cannot listen on ${where}: ${describeError(error)}`, {
    cause: error,
    hint: 'The host must name an address of this machine.',
  });
}
