import { isIP } from 'node:net';
import { canonicalHost, isHostName, parsePort } from '../endpoint.js';

/** What stands behind `server.N=` in zoo.cfg. */
export interface ServerAddress {
  /** Where the other servers reach it: one entry, or several with multi-address. */
  readonly hosts: readonly QuorumHost[];
  readonly role: 'participant' | 'observer';
  readonly client: ClientAddress | null;
}

export interface QuorumHost {
  /** Name or IP in canonical form. */
  readonly host: string;
  readonly quorumPort: number;
  /** Null in the form `host:port`, which 3.4 accepts for its oldest kind of election. */
  readonly electionPort: number | null;
}

export interface ClientAddress {
  /** Null: every address of the machine. */
  readonly host: string | null;
  readonly port: number;
}

const FORM = 'host:quorumPort:electionPort[:participant|observer][;[clientHost:]clientPort]';

/**
 * Reads `zk1:2888:3888`, `[2001:db8::1]:2888:3888:observer`, `zk1:2888:3888:participant;2181`, and
 * with multi-address `zk1:2888:3888|zk1b:2889:3889;2181`. Returns what is wrong as text.
 */
export function readServerAddress(value: string): ServerAddress | string {
  // A comment behind the value is no comment to Java, but nothing that an address could contain.
  const text = value.replace(/\s+[#!].*$/s, '').trim();
  if (text === '') return `has no value; expected ${FORM}`;
  const [quorumPart = '', clientPart, ...more] = text.split(';');
  if (more.length > 0) return `has more than one ';'; expected ${FORM}`;

  let role: ServerAddress['role'] = 'participant';
  const hosts: QuorumHost[] = [];
  for (const part of quorumPart.split('|')) {
    const fields = splitHost(part.trim());
    if (typeof fields === 'string') return fields;
    const [host, quorum, election, roleText, ...rest] = fields;
    if (host === undefined || quorum === undefined)
      return `has no port in '${part.trim()}'; expected ${FORM}`;
    if (rest.length > 0) return `has too many ':' in '${part.trim()}'; expected ${FORM}`;
    const quorumPort = parsePort(quorum);
    if (quorumPort === undefined)
      return `has the quorum port '${quorum}'; a port is a number from 1 to 65535`;
    const electionPort = election === undefined ? null : parsePort(election);
    if (electionPort === undefined) {
      return `has the election port '${election}'; a port is a number from 1 to 65535`;
    }
    if (roleText !== undefined) {
      const lower = roleText.toLowerCase();
      if (lower !== 'participant' && lower !== 'observer') {
        return `has the role '${roleText}'; it is participant or observer`;
      }
      role = lower;
    }
    hosts.push({ host: canonicalHost(host), quorumPort, electionPort });
  }

  const client = clientPart === undefined ? null : readClientAddress(clientPart.trim());
  return typeof client === 'string' ? client : { hosts, role, client };
}

function readClientAddress(text: string): ClientAddress | string {
  const fields = text.includes(':') ? splitHost(text) : ['', text];
  if (typeof fields === 'string') return fields;
  const [host = '', portText = '', ...rest] = fields;
  const port = rest.length === 0 ? parsePort(portText) : undefined;
  if (port === undefined) return `has the client address '${text}'; expected ;[clientHost:]clientPort`;
  return { host: host === '' ? null : canonicalHost(host), port };
}

/** Splits at the colons outside of an IPv6 literal's brackets; the host comes first, checked. */
function splitHost(text: string): string[] | string {
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    const address = text.slice(1, close);
    if (close < 0) return `has a '[' without ']' in '${text}'`;
    if (isIP(address) !== 6) return `has '${address}' in brackets, which is no IPv6 address`;
    const rest = text.slice(close + 1);
    if (rest !== '' && !rest.startsWith(':')) return `has '${rest}' right behind ']'; expected ':'`;
    return [address, ...rest.split(':').slice(1)];
  }
  const fields = text.split(':');
  const [host = ''] = fields;
  if (isIP(host) === 0 && !isHostName(host)) {
    return fields.length > 5
      ? `has '${text}': write an IPv6 address in brackets, as in [2001:db8::1]:2888:3888`
      : `has the host '${host}', which is neither a name nor an IP address`;
  }
  return fields;
}
