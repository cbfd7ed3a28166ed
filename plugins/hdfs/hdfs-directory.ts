import { isIP } from 'node:net';
import { canonicalHost, isWildcardHost, type Endpoint } from '../endpoint.js';
import type { AddressOwner } from '../entity-map.js';
import { DaemonIndex } from './daemon-index.js';
import type { MembersView } from './hdfs-members.js';
import { HDFS_ROLES, defaultPort, entityId, roleOfPort, type HdfsRole } from './hdfs-role.js';

/** A daemon that a log told of. */
interface LearntDaemon {
  readonly role: HdfsRole;
  readonly host: string;
  readonly port: number | null;
  readonly name: string | null;
}

/** More than any cluster has; a log that names more is not to fill the memory. */
const MAX_LEARNT = 20_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is the uuid of a DataNode. */
export function isDataNodeUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * Who is who in one log: the configured daemons, and those that messages name in a way that only a
 * member is named. Clients are not among them.
 */
export class HdfsDirectory {
  readonly #base: MembersView;
  readonly #learnt = new Map<string, LearntDaemon>();
  /** DataNode uuid → entity id. */
  readonly #uuids = new Map<string, string>();
  #majorVersion = 3;
  #indexes: ReadonlyMap<HdfsRole, DaemonIndex>;
  #baseVersion: number;

  constructor(base: MembersView) {
    this.#base = base;
    this.#baseVersion = base.version;
    this.#indexes = this.#makeIndexes();
  }

  /** 2 or 3: decides on the ports that nobody configured. */
  learnVersion(major: number): void {
    if (major === this.#majorVersion) return;
    this.#majorVersion = major;
    this.#indexes = this.#makeIndexes();
  }

  /** The port in ids of a role where nothing better is known; null for roles without one. */
  idPort(role: HdfsRole): number | null {
    return this.#base.idPort(role) ?? defaultPort(role, this.#majorVersion);
  }

  /**
   * Takes note of a daemon by the address that its id holds, and returns the id. Null when the
   * address is none. A configured daemon keeps the id it has.
   */
  learn(role: HdfsRole, endpoint: Endpoint): string | null {
    const { ip, name } = endpoint;
    const host = ip ?? name;
    if (host === null || isWildcardHost(host)) return null;
    const port = this.idPort(role) === null ? null : (endpoint.port ?? this.idPort(role));
    const id = entityId(role, host, port);
    if (this.#learnt.has(id)) return id;

    const index = this.#indexOf(role);
    const owner = index.ownerOf(endpoint);
    const isKnown = endpoint.port === null || port === null || index.listensAt(endpoint);
    const goesByName = owner.kind === 'entity' && ip !== null && isIP(hostOfId(owner.id)) === 0;
    if (owner.kind === 'entity' && isKnown && !goesByName) return owner.id;
    if (this.#learnt.size < MAX_LEARNT) {
      this.#learnt.set(id, { role, host, port, name: ip === null ? null : name });
      // One whose port was a guess, or whose name did not resolve, goes by what the log gives.
      if (owner.kind === 'entity') this.#indexes = this.#makeIndexes();
      else index.add(id, hostsOf(host, name), portsOf(port));
    }
    return id;
  }

  learnUuid(uuid: string, id: string): void {
    if (this.#uuids.get(uuid) === id || !isDataNodeUuid(uuid)) return;
    if (this.#uuids.size < MAX_LEARNT || this.#uuids.has(uuid)) this.#uuids.set(uuid, id);
  }

  /** Entity id of the DataNode with that uuid; null when no line told. */
  idOfUuid(uuid: string): string | null {
    return this.#uuids.get(uuid) ?? null;
  }

  /** The daemon of that role at an address; the port decides only where several share the host. */
  ownerOf(role: HdfsRole, endpoint: Endpoint): AddressOwner {
    return this.#indexOf(role).ownerOf(endpoint);
  }

  /** Entity ids of a role, in the order in which they became known. */
  idsOf(role: HdfsRole): readonly string[] {
    return this.#indexOf(role).ids;
  }

  /** The role of the daemon that is known to listen at an address; null when none is. */
  roleListeningAt(endpoint: Endpoint): HdfsRole | null {
    return HDFS_ROLES.find((role) => this.#indexOf(role).listensAt(endpoint)) ?? null;
  }

  /** The role whose daemons listen on a port, as configured or as usual; null when none does. */
  roleOfPort(port: number | null): HdfsRole | null {
    return port === null ? null : (this.#base.roleOfConfiguredPort(port) ?? roleOfPort(port));
  }

  /** As JSON data. */
  save(): unknown {
    return { version: this.#majorVersion, learnt: [...this.#learnt.values()], uuids: [...this.#uuids] };
  }

  /** Takes over what `save` gave and leaves out what it does not understand. */
  load(saved: unknown): void {
    if (typeof saved !== 'object' || saved === null) return;
    const nothing = { version: null, learnt: null, uuids: null };
    const { version, learnt, uuids }: Record<keyof typeof nothing, unknown> = { ...nothing, ...saved };
    if (version === 2 || version === 3) this.learnVersion(version);
    for (const daemon of listOf(learnt)) {
      if (!isLearntDaemon(daemon)) continue;
      const { role, host, port, name } = daemon;
      this.learn(role, { name, ip: canonicalHost(host), port });
    }
    for (const pair of listOf(uuids)) {
      const [uuid, id] = listOf(pair);
      if (typeof uuid === 'string' && typeof id === 'string') this.learnUuid(uuid, id);
    }
  }

  #indexOf(role: HdfsRole): DaemonIndex {
    if (this.#baseVersion !== this.#base.version) {
      this.#baseVersion = this.#base.version;
      this.#indexes = this.#makeIndexes();
    }
    return this.#indexes.get(role) ?? new DaemonIndex();
  }

  #makeIndexes(): ReadonlyMap<HdfsRole, DaemonIndex> {
    const indexes = new Map(HDFS_ROLES.map((role) => [role, new DaemonIndex()]));
    const learnt = [...this.#learnt.values()];
    const names = new Map<string, readonly string[]>();
    for (const { role, host, port, hosts, ports } of this.#base.members) {
      const isGuess = port === null && this.#base.idPort(role) === null;
      const isTold = learnt.some(
        (daemon) =>
          daemon.role === role &&
          ((isGuess && hosts.includes(daemon.host)) || (isIP(host) === 0 && daemon.name === host)),
      );
      if (isTold) {
        // The log knows it by its real address, and by all its names from here on.
        for (const known of hosts) names.set(`${role} ${known}`, hosts);
        continue;
      }
      const own = port ?? this.idPort(role);
      indexes.get(role)?.add(entityId(role, host, own), hosts, [...ports, ...portsOf(own)]);
    }
    for (const { role, host, port, name } of learnt) {
      const hosts = [...hostsOf(host, name), ...(names.get(`${role} ${host}`) ?? [])];
      indexes.get(role)?.add(entityId(role, host, port), hosts, portsOf(port));
    }
    return indexes;
  }
}

function hostOfId(id: string): string {
  const address = id.slice(id.indexOf('@') + 1);
  return address.startsWith('[') ? address.slice(1, address.indexOf(']')) : address.replace(/:\d+$/, '');
}

function hostsOf(host: string, name: string | null): string[] {
  return name === null ? [host] : [host, name];
}

function portsOf(port: number | null): number[] {
  return port === null ? [] : [port];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isLearntDaemon(value: unknown): value is LearntDaemon {
  if (typeof value !== 'object' || value === null) return false;
  const nothing = { role: null, host: null, port: null, name: null };
  const { role, host, port, name }: Record<keyof typeof nothing, unknown> = { ...nothing, ...value };
  return (
    HDFS_ROLES.some((known) => known === role) &&
    typeof host === 'string' &&
    (port === null || (typeof port === 'number' && Number.isInteger(port))) &&
    (name === null || typeof name === 'string')
  );
}
