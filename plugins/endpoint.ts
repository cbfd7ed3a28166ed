import { isIP, isIPv4 } from 'node:net';

/** One end of a connection as a log or a configuration writes it. Hosts are in canonical form. */
export interface Endpoint {
  /** Host name, when one is given. */
  readonly name: string | null;
  /** IP address, when one is given. */
  readonly ip: string | null;
  readonly port: number | null;
}

const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$/;
const UNRESOLVED = '<unresolved>';

/**
 * Reads one address in any of the shapes that Java prints: `10.0.0.5`, `/10.0.0.5:3888`,
 * `zk1/10.0.0.5:3888`, `zk1:3888`, `zk1/<unresolved>:3888`, `/[0:0:0:0:0:0:0:1]:2888`, and the same
 * without brackets as runtimes before 14 print it. Null when the text is no address.
 */
export function parseEndpoint(text: string): Endpoint | null {
  const slash = text.indexOf('/');
  const name = slash > 0 ? hostName(text.slice(0, slash)) : null;
  const rest = slash >= 0 ? text.slice(slash + 1) : text;
  if (rest.startsWith(UNRESOLVED)) {
    const port = portAfter(rest, UNRESOLVED.length);
    return name === null || port === undefined ? null : { name, ip: null, port };
  }
  const [host, port] = splitPort(rest);
  if (port === undefined) return null;
  if (isIP(host) !== 0) return { name, ip: canonicalHost(host), port };
  const plainName = hostName(host);
  return plainName === null ? null : { name: name ?? plainName, ip: null, port };
}

/** Reads a list such as `zk1/10.0.0.5:3888|zk1b/10.1.0.5:3888`; what is no address is left out. */
export function parseEndpoints(text: string): Endpoint[] {
  return text
    .split('|')
    .map((part) => parseEndpoint(part.trim()))
    .filter((endpoint) => endpoint !== null);
}

/** Whether the host means "any address of this machine". */
export function isWildcardHost(host: string): boolean {
  const canonical = canonicalHost(host);
  return canonical === '0.0.0.0' || canonical === canonicalHost('::');
}

/**
 * The one spelling of a host: names in lower case without the closing dot; IPv6 with eight groups in
 * lower case, without zone; IPv4 inside IPv6 as IPv4.
 */
export function canonicalHost(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  if (isIPv4(bare)) return bare;
  if (isIP(bare) === 6) return canonicalIPv6(bare);
  const lower = bare.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** Whether the text may be a host name; digits and dots alone are an address or nothing. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && HOST_NAME.test(text) && !/^[\d.]+$/.test(text);
}

/** The TCP port that the text stands for; undefined when it is none. */
export function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** Host and port; port null when none is given, undefined when it is wrong. */
function splitPort(text: string): [string, number | null | undefined] {
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    return close < 0 ? [text, undefined] : [text.slice(1, close), portAfter(text, close + 1)];
  }
  const lastColon = text.lastIndexOf(':');
  if (lastColon < 0) return [text, null];
  if (text.indexOf(':') === lastColon) return [text.slice(0, lastColon), portAfter(text, lastColon)];
  // Several colons and no brackets: eight groups and a port, or an IPv6 address alone.
  if (isIP(text) === 6) return [text, null];
  return [text.slice(0, lastColon), portAfter(text, lastColon)];
}

function portAfter(text: string, at: number): number | null | undefined {
  if (at === text.length) return null;
  return text[at] === ':' ? parsePort(text.slice(at + 1)) : undefined;
}

function hostName(text: string): string | null {
  return isHostName(text) ? canonicalHost(text) : null;
}

function canonicalIPv6(address: string): string {
  const zone = address.indexOf('%');
  let text = (zone < 0 ? address : address.slice(0, zone)).toLowerCase();
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted !== null) {
    const [, head = '', a, b, c, d] = dotted;
    const group = (high: string | undefined, low: string | undefined) =>
      (Number(high) * 256 + Number(low)).toString(16);
    text = `${head}${group(a, b)}:${group(c, d)}`;
  }
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  const groups = [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) {
    const [high = 0, low = 0] = groups.slice(6);
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return groups.map((group) => group.toString(16)).join(':');
}
