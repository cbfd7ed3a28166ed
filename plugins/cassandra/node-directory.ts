import { isWildcardHost, type Endpoint } from '../endpoint.js';
import { EntityMap, type AddressOwner } from '../entity-map.js';
import type { KnownNodes } from './cassandra-nodes.js';
import {
  isHostId,
  nodeAddress,
  nodeId,
  readEndpoint,
  sameAddress,
  type NodeAddress,
} from './node-address.js';

/** More than any cluster has; a log that names more is not to fill the memory. */
const MAX_NODES = 4096;

/**
 * The nodes of the cluster as one log knows them: those of the configuration and those that gossip
 * spoke of. Clients, scanners and misdirected strangers are not among them.
 */
export class NodeDirectory {
  readonly #known: KnownNodes;
  /** Entity id → address, of those the log told of. */
  readonly #learnt = new Map<string, NodeAddress>();
  /** Host id → entity id. */
  readonly #hostIds = new Map<string, string>();
  #own: NodeAddress | null;
  /** Where the node listens, when the others know it by another address. */
  #ownListening: NodeAddress | null;
  #defaultPort: number;
  /** Null: it has to be made anew. */
  #entities: EntityMap | null = null;

  constructor(known: KnownNodes) {
    this.#known = known;
    this.#own = known.own;
    this.#ownListening = known.ownListening;
    this.#defaultPort = known.defaultPort;
  }

  /** Entity id of the node whose log it is; null as long as nobody told. */
  get ownId(): string | null {
    return this.#own === null ? null : nodeId(this.#own);
  }

  get own(): NodeAddress | null {
    return this.#own;
  }

  /** The storage port of addresses that are printed without one. */
  get defaultPort(): number {
    return this.#defaultPort;
  }

  /** Whether that is the node whose log it is. */
  isOwn(address: NodeAddress): boolean {
    return sameAddress(address, this.#own);
  }

  /** The node that a text names, whether or not it is a member; null when it is no address of a node. */
  addressOf(text: string): NodeAddress | null {
    const address = nodeAddress(readEndpoint(text), this.#defaultPort);
    return address === null || isWildcardHost(address.ip) ? null : address;
  }

  /** Takes the log's word for the node's own address, unless the user stated it. */
  learnOwn(address: NodeAddress): void {
    if (this.#known.isOwnStated || sameAddress(address, this.#own)) return;
    this.#own = address;
    this.#entities = null;
  }

  /** Another address of the node's own; it is taken for its name only while nothing better is known. */
  learnListening(address: NodeAddress): void {
    if (this.#own === null) this.#own = address;
    this.#ownListening = address;
    this.#entities = null;
  }

  learnStoragePort(port: number): void {
    this.#defaultPort = port;
  }

  /** Takes note of a member; returns its entity id. */
  learn(address: NodeAddress): string {
    const id = nodeId(address);
    if (!this.#learnt.has(id) && this.#learnt.size < MAX_NODES) {
      this.#learnt.set(id, address);
      this.#entities = null;
    }
    return id;
  }

  learnHostId(hostId: string, address: NodeAddress): void {
    if (!isHostId(hostId)) return;
    if (this.#hostIds.size >= MAX_NODES && !this.#hostIds.has(hostId)) return;
    this.#hostIds.set(hostId, this.learn(address));
  }

  /** Entity id of the node with that host id; null when no line told. */
  nodeOfHostId(hostId: string): string | null {
    return this.#hostIds.get(hostId) ?? null;
  }

  ownerOf(endpoint: Endpoint): AddressOwner {
    this.#entities ??= this.#makeEntities();
    return this.#entities.ownerOfEndpoint(endpoint);
  }

  /** As JSON data. */
  save(): unknown {
    return {
      own: this.#own,
      listening: this.#ownListening,
      port: this.#defaultPort,
      learnt: [...this.#learnt.values()],
      hostIds: [...this.#hostIds],
    };
  }

  /** Takes over what `save` gave and leaves out what it does not understand. */
  load(saved: unknown): void {
    if (typeof saved !== 'object' || saved === null) return;
    const nothing = { own: null, listening: null, port: null, learnt: null, hostIds: null };
    const { own, listening, port, learnt, hostIds }: Record<keyof typeof nothing, unknown> = {
      ...nothing,
      ...saved,
    };
    if (isPort(port)) this.#defaultPort = port;
    if (isNodeAddress(own)) this.learnOwn(own);
    if (isNodeAddress(listening)) this.learnListening(listening);
    for (const address of listOf(learnt)) if (isNodeAddress(address)) this.learn(address);
    for (const pair of listOf(hostIds)) {
      const [hostId, id] = listOf(pair);
      if (typeof hostId === 'string' && typeof id === 'string' && isHostId(hostId))
        this.#hostIds.set(hostId, id);
    }
  }

  #makeEntities(): EntityMap {
    const members = new Map<string, { id: string; hosts: string[]; ports: number[] }>();
    const add = (address: NodeAddress, name: string | null): void => {
      const id = nodeId(address);
      const member = members.get(id) ?? { id, hosts: [address.ip], ports: [address.port] };
      if (name !== null) member.hosts.push(name);
      members.set(id, member);
    };
    if (this.#own !== null) {
      add(this.#own, null);
      const own = members.get(nodeId(this.#own));
      if (this.#ownListening !== null) own?.hosts.push(this.#ownListening.ip);
    }
    for (const { address, name } of this.#known.others) add(address, name);
    for (const address of this.#learnt.values()) add(address, null);
    return new EntityMap([...members.values()]);
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

function isNodeAddress(value: unknown): value is NodeAddress {
  return (
    typeof value === 'object' &&
    value !== null &&
    'ip' in value &&
    typeof value.ip === 'string' &&
    'port' in value &&
    isPort(value.port)
  );
}
