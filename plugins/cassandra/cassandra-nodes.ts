import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { isIP } from 'node:net';
import { describeError } from '../../runtime/errors.js';
import { canonicalHost } from '../endpoint.js';
import type { HostLookup } from '../host-lookup.js';
import type { CassandraConfig } from './cassandra-config.js';
import { DEFAULT_STORAGE_PORT, readEndpoint, type NodeAddress } from './node-address.js';

/** A node that is known before the first line of a log. */
export interface KnownNode {
  readonly address: NodeAddress;
  /** The name that it was configured by; null when that was an address. */
  readonly name: string | null;
}

/** What is known before the first line of a log. */
export interface KnownNodes {
  /** The node whose log it is; null: the log has to tell. */
  readonly own: NodeAddress | null;
  /** Where it listens, when that is another address; null: the same, or not known. */
  readonly ownListening: NodeAddress | null;
  /** Whether the user stated `own`, so that the log is not to correct it. */
  readonly isOwnStated: boolean;
  /** Seeds and those that the user named. More become known from the log. */
  readonly others: readonly KnownNode[];
  /** The storage port of an address that is printed without one. */
  readonly defaultPort: number;
}

export interface KnownNodesOptions {
  /** Null: there is no cassandra.yaml at hand. */
  readonly config: CassandraConfig | null;
  /** The user's word on the node's own address. */
  readonly ownAddress: string | null;
  /** Further nodes, as the user gives them. */
  readonly peers: readonly string[];
  readonly lookup: HostLookup;
  readonly notice: (message: string) => void;
  /** The machine's network interfaces; for tests. */
  readonly interfaces?: () => NodeJS.Dict<NetworkInterfaceInfo[]>;
}

/** Finds out who is who from the configuration. What does not resolve is left to the log to tell. */
export async function findKnownNodes(options: KnownNodesOptions): Promise<KnownNodes> {
  const { config, ownAddress, peers, notice } = options;
  const defaultPort = config?.storagePort ?? DEFAULT_STORAGE_PORT;
  const resolver = new Resolver(options.lookup, notice, defaultPort);

  let own: NodeAddress | null = null;
  if (ownAddress !== null) {
    own = (await resolver.nodesAt(ownAddress))[0]?.address ?? null;
  } else if (config !== null) {
    own = await ownFromConfig(config, options, resolver);
  }
  const others = await Promise.all(
    [...(config?.seeds ?? []), ...peers].map((text) => resolver.nodesAt(text)),
  );
  const listening = config?.listenAddress ?? null;
  const ownListening = listening === null ? null : ((await resolver.nodesAt(listening))[0]?.address ?? null);
  return {
    own,
    ownListening,
    isOwnStated: ownAddress !== null && own !== null,
    others: others.flat(),
    defaultPort,
  };
}

async function ownFromConfig(
  config: CassandraConfig,
  { interfaces = networkInterfaces, notice }: KnownNodesOptions,
  resolver: Resolver,
): Promise<NodeAddress | null> {
  const port = config.storagePort;
  const stated = config.broadcastAddress ?? config.listenAddress;
  if (stated !== null) return (await resolver.nodesAt(stated))[0]?.address ?? null;
  // Without any of the three Cassandra takes the machine's own name, which its log tells better.
  if (config.listenInterface === null) return null;
  const found = interfaces()[config.listenInterface] ?? [];
  const family = config.prefersIPv6 ? 'IPv6' : 'IPv4';
  const address = found.find((candidate) => candidate.family === family) ?? found[0];
  if (address === undefined) {
    notice(`there is no network interface ${config.listenInterface} here; the log has to tell the address`);
    return null;
  }
  return { ip: canonicalHost(address.address), port };
}

class Resolver {
  constructor(
    private readonly lookup: HostLookup,
    private readonly notice: (message: string) => void,
    private readonly defaultPort: number,
  ) {}

  /** A name may stand for several nodes, as that of all seeds often does. */
  async nodesAt(text: string): Promise<KnownNode[]> {
    const endpoint = readEndpoint(text);
    if (endpoint === null) {
      this.notice(`'${text}' is no address; it is left out`);
      return [];
    }
    const port = endpoint.port ?? this.defaultPort;
    const { name, ip } = endpoint;
    if (ip !== null) return [{ address: { ip, port }, name }];
    try {
      const found = await this.lookup(name ?? '');
      // Cassandra's Java is told to prefer IPv4; elsewhere a node's own name has one address only.
      const inOrder = [...found].sort((a, b) => isIP(a) - isIP(b));
      return inOrder.map((address) => ({ address: { ip: canonicalHost(address), port }, name }));
    } catch (error) {
      this.notice(`${name} does not resolve (${describeError(error)}); it is known once the log names it`);
      return [];
    }
  }
}
