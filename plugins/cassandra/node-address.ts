import { parseEndpoint, type Endpoint } from '../endpoint.js';

/**
 * Where a node speaks to the others: its broadcast address and storage port. Until 3.11 the logs print
 * no port, as all nodes have the same one; since 4.0 they print it.
 */
export interface NodeAddress {
  /** In canonical form, without brackets. */
  readonly ip: string;
  readonly port: number;
}

export const DEFAULT_STORAGE_PORT = 7000;
const ENTITY_PREFIX = 'cassandra@';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The one id of a node: `cassandra@10.0.0.7` on the usual port 7000, `cassandra@10.0.0.7:7012` on any
 * other, `cassandra@[2001:db8:0:0:0:0:0:7]:7012` likewise. So versions that print the port and
 * versions that do not agree, and nodes that share an address stay apart.
 */
export function nodeId({ ip, port }: NodeAddress): string {
  if (port === DEFAULT_STORAGE_PORT) return ENTITY_PREFIX + ip;
  return `${ENTITY_PREFIX}${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}

/** The text behind `cassandra@`; the whole text when it is no id. */
export function withoutEntityPrefix(text: string): string {
  return text.startsWith(ENTITY_PREFIX) ? text.slice(ENTITY_PREFIX.length) : text;
}

/** The id of somebody who is known by a name or a text alone. */
export function literalId(text: string): string {
  return ENTITY_PREFIX + withoutEntityPrefix(text);
}

export function isHostId(text: string): boolean {
  return UUID.test(text);
}

/**
 * Reads an address in any of the shapes that Cassandra prints: `/10.0.0.7`, `10.0.0.7:7000`,
 * `node7/10.0.0.7:7000`, `/[2001:db8:0:0:0:0:0:7]:7000`, `/2001:db8:0:0:0:0:0:7`, each with the socket
 * really used behind it in parentheses, `/10.0.0.7:7000(/10.0.0.7:50112)`. Null when it is none.
 */
export function readEndpoint(text: string): Endpoint | null {
  const open = text.indexOf('(');
  return parseEndpoint(open < 0 ? text : text.slice(0, open));
}

/** The node that an endpoint stands for; null when it has no IP address. */
export function nodeAddress(endpoint: Endpoint | null, defaultPort: number): NodeAddress | null {
  if (endpoint?.ip === null || endpoint === null) return null;
  return { ip: endpoint.ip, port: endpoint.port ?? defaultPort };
}

export function sameAddress(one: NodeAddress | null, other: NodeAddress | null): boolean {
  return one?.ip === other?.ip && one?.port === other?.port;
}
