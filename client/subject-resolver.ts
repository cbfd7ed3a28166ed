import { SocketAddress, isIP } from 'node:net';
import { HviewError } from '../runtime/errors.js';
import { checkName, describe } from './statement.js';
import type { SubjectAddress, Subjects } from './subject.js';

type LookUp = (address: SubjectAddress) => string | null | undefined;

/** An address that no id is known for. */
export class UnknownSubject extends HviewError {
  constructor(address: string) {
    super('NOT_FOUND', `no subject is known at ${address}`, {
      hint: 'Add the address to the subjects that connect is given.',
    });
  }
}

/**
 * Finds the id of a subject. A text is looked up when it is an address; one that is not found is taken as
 * an id unless it is an IP address. Without any subjects an address is its own id.
 */
export class SubjectResolver {
  readonly #lookUp: LookUp | null;
  /** Keys of the map, whatever they look like. */
  readonly #texts: ReadonlyMap<string, string>;

  /** Throws USAGE when an id of the map is none. */
  constructor(subjects: Subjects | undefined) {
    if (subjects === undefined) {
      this.#lookUp = null;
      this.#texts = new Map();
    } else if (typeof subjects === 'function') {
      this.#lookUp = guarded(subjects);
      this.#texts = new Map();
    } else {
      const known = tableOf(subjects);
      this.#texts = known;
      this.#lookUp = (address) => known.get(textOf(address)) ?? known.get(address.host);
    }
  }

  /** Throws USAGE for what is no subject, UnknownSubject for an address that no id is known for. */
  resolve(subject: unknown): string {
    if (typeof subject === 'string') return this.#resolveText(subject);
    const address = addressOf(subject);
    if (address === null) {
      throw new HviewError('USAGE', `the subject is ${describe(subject)}, neither an id nor an address`, {
        hint: 'Give an id, host:port, { address, port } or a connected socket.',
      });
    }
    return this.#resolveAddress(address);
  }

  #resolveText(text: string): string {
    const id = checkName(this.#texts.get(text) ?? text, 'the subject');
    if (this.#lookUp === null || id !== text) return id;
    const address = parseEnd(text);
    if (address === null) return id;
    if (isIP(address.host) !== 0) return this.#resolveAddress(address);
    return this.#ask(address) ?? id;
  }

  #resolveAddress(address: SubjectAddress): string {
    if (this.#lookUp === null) return checkName(textOf(address), 'the subject');
    const id = this.#ask(address);
    if (id === null) throw new UnknownSubject(textOf(address));
    return id;
  }

  #ask(address: SubjectAddress): string | null {
    const id = this.#lookUp?.(address) ?? null;
    return id === null ? null : checkName(id, `the subject at ${textOf(address)}`);
  }
}

function guarded(lookUp: LookUp): LookUp {
  return (address) => {
    try {
      return lookUp(address);
    } catch (error) {
      throw new HviewError('USAGE', `the function for subjects failed on ${textOf(address)}`, {
        cause: error,
      });
    }
  };
}

function tableOf(subjects: Exclude<Subjects, (...words: never) => unknown>): Map<string, string> {
  const entries = subjects instanceof Map ? [...subjects] : Object.entries(subjects);
  const table = new Map<string, string>();
  for (const [key, id] of entries as [unknown, unknown][]) {
    const text = checkName(key, 'an address among the subjects');
    const checked = checkName(id, `the subject at ${text}`);
    table.set(text, checked);
    const address = parseEnd(text) ?? { host: usualHost(text), port: null };
    table.set(textOf(address), checked);
  }
  return table;
}

/** `host:port`, `[v6]:port` or an IP address; null: it is something else. */
function parseEnd(text: string): SubjectAddress | null {
  if (isIP(text) !== 0) return { host: usualHost(text), port: null };
  const parts = /^(?:\[([^\]]+)\]|([^:@/\s[\]]+)):(\d{1,5})$/.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (host === undefined || port > 65_535 || (parts?.[1] !== undefined && isIP(host) !== 6)) return null;
  return { host: usualHost(host), port };
}

/** The end that an object names; null: it names none. */
function addressOf(end: unknown): SubjectAddress | null {
  if (typeof end !== 'object' || end === null) return null;
  const { address, port, remoteAddress, remotePort } = end as Readonly<Record<string, unknown>>;
  // A socket has a method `address`.
  const [host, number] = typeof address === 'string' ? [address, port] : [remoteAddress, remotePort];
  if (typeof host !== 'string' || host === '') return null;
  const isPort = typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 65_535;
  if (!isPort && number !== undefined && number !== null) return null;
  return { host: usualHost(host), port: isPort ? number : null };
}

function textOf({ host, port }: SubjectAddress): string {
  if (port === null) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** One spelling for each host: a socket that listens on IPv6 gives IPv4 ends as `::ffff:10.0.0.7`. */
function usualHost(host: string): string {
  if (isIP(host) !== 6) return host.toLowerCase();
  const [plain = host] = host.split('%');
  const { address } = new SocketAddress({ address: plain, family: 'ipv6' });
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address;
}
