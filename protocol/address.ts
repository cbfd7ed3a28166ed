import { HviewError } from '../runtime/errors.js';

/** The port an aggregator listens on when nothing else is said. */
export const DEFAULT_PORT = 6688;

export interface Address {
  readonly host: string;
  /** 0 to 65535; 0 asks the system for a free one. */
  readonly port: number;
}

/**
 * Reads `host`, `host:port`, `[v6]:port` or `:port` (every interface). Throws ADDRESS_INVALID. Without
 * a port the answer has `defaultPort`.
 */
export function parseAddress(text: string, defaultPort = DEFAULT_PORT): Address {
  const parts = /^(?:\[(?<v6>[0-9A-Fa-f:.%\w]+)\]|(?<host>[^:[\]\s]*))(?::(?<port>\d{1,5}))?$/.exec(
    text.trim(),
  )?.groups;
  const port = parts?.['port'] === undefined ? defaultPort : Number(parts['port']);
  const host = parts?.['v6'] ?? parts?.['host'];
  if (host === undefined || port > 65535 || (host === '' && parts?.['port'] === undefined)) {
    throw new HviewError('ADDRESS_INVALID', `"${text}" is not an address`, {
      hint: 'Write host:port, such as localhost:6688 or [::1]:6688.',
    });
  }
  return { host, port };
}

/** `host:port` with IPv6 hosts in brackets; an empty host is every interface. */
export function formatAddress(address: Address): string {
  const host = address.host === '' ? '0.0.0.0' : address.host;
  return `${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
