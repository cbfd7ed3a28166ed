import { canonicalHost, isWildcardHost, type Endpoint } from '../endpoint.js';
import type { AddressOwner } from '../entity-map.js';

interface IndexedDaemon {
  readonly id: string;
  readonly ports: Set<number>;
}

const UNKNOWN: AddressOwner = { kind: 'unknown' };
const AMBIGUOUS: AddressOwner = { kind: 'ambiguous' };

/**
 * The daemons of one role by their hosts. Like EntityMap, but it grows: thousands of DataNodes may
 * register within a minute, too many to make a new map for each.
 */
export class DaemonIndex {
  readonly #daemons = new Map<string, IndexedDaemon>();
  readonly #byHost = new Map<string, IndexedDaemon[]>();

  /** Adds a daemon, or further hosts and ports of one that is there. */
  add(id: string, hosts: readonly string[], ports: readonly number[]): void {
    let daemon = this.#daemons.get(id);
    if (daemon === undefined) {
      daemon = { id, ports: new Set() };
      this.#daemons.set(id, daemon);
    }
    for (const port of ports) daemon.ports.add(port);
    for (const host of hosts.map(canonicalHost)) {
      if (isWildcardHost(host)) continue;
      const owners = this.#byHost.get(host);
      if (owners === undefined) this.#byHost.set(host, [daemon]);
      else if (!owners.includes(daemon)) owners.push(daemon);
    }
  }

  /** In the order in which they were added. */
  get ids(): readonly string[] {
    return [...this.#daemons.keys()];
  }

  /** The name decides where it is known; the port only where several daemons share the host. */
  ownerOf({ name, ip, port }: Endpoint): AddressOwner {
    const byName = name === null ? UNKNOWN : this.#ownerOf(name, port);
    if (byName.kind === 'entity' || ip === null) return byName;
    const byIp = this.#ownerOf(ip, port);
    return byIp.kind === 'unknown' ? byName : byIp;
  }

  /** Whether one of the daemons listens there, not merely has the host. */
  listensAt({ name, ip, port }: Endpoint): boolean {
    return [name, ip].some((host) => {
      const owners = host === null ? undefined : this.#byHost.get(host);
      return port !== null && owners?.some(({ ports }) => ports.has(port)) === true;
    });
  }

  #ownerOf(host: string, port: number | null): AddressOwner {
    const owners = this.#byHost.get(host);
    const [only] = owners ?? [];
    if (owners === undefined || only === undefined) return UNKNOWN;
    if (owners.length === 1) return { kind: 'entity', id: only.id };
    const listening = owners.filter(({ ports }) => port !== null && ports.has(port));
    const [listener] = listening;
    return listening.length === 1 && listener !== undefined ? { kind: 'entity', id: listener.id } : AMBIGUOUS;
  }
}
