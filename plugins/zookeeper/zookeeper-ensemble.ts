import { stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { every, type Clock, type Timer } from '../../runtime/clock.js';
import { describeError } from '../../runtime/errors.js';
import { isWildcardHost } from '../endpoint.js';
import { EntityMap, type EntityAddresses } from '../entity-map.js';
import type { HostLookup } from '../host-lookup.js';
import { readZooKeeperCluster, type ZooKeeperCluster } from './zookeeper-cluster.js';

/** How often files and host names are looked at again. */
const REFRESH_MS = 60_000;
/** An unknown address asks for a look at once, but not more often than this. */
const EARLY_REFRESH_MS = 10_000;
const ENTITY_PREFIX = 'peer@';

export interface EnsembleOptions {
  /** Path of zoo.cfg. */
  readonly path: string;
  /** Id of the server whose log is read, when configured. */
  readonly ownId: string | null;
  readonly lookup: HostLookup;
  readonly clock: Clock;
  readonly notice: (message: string) => void;
}

/** `9` → `peer@9`. */
export function peerId(serverId: string): string {
  return ENTITY_PREFIX + serverId;
}

/** `peer@9` → `9`. */
export function serverIdOfPeer(peer: string): string {
  return peer.slice(ENTITY_PREFIX.length);
}

/**
 * The ensemble as it is now: looks at its files and its host names again every minute, and sooner
 * when an unknown address turns up. What cannot be read or resolved then leaves the old state.
 */
export class ZooKeeperEnsemble {
  readonly #options: EnsembleOptions;
  readonly #timer: Timer;
  #cluster: ZooKeeperCluster;
  #fileStamps: string;
  /** Host name → its addresses when last resolved; empty: it did not resolve. */
  readonly #addresses = new Map<string, readonly string[]>();
  #entities = new EntityMap([]);
  #voters: ReadonlySet<string> = new Set();
  #refreshing: Promise<void> | null = null;
  #refreshedAt: number;

  private constructor(options: EnsembleOptions, cluster: ZooKeeperCluster, fileStamps: string) {
    this.#options = options;
    this.#cluster = cluster;
    this.#fileStamps = fileStamps;
    this.#refreshedAt = options.clock.monotonic();
    this.#timer = every(options.clock, REFRESH_MS, () => void this.refresh());
  }

  /** Throws HviewError CONFIG_INVALID when zoo.cfg cannot be used. Names need not resolve yet. */
  static async open(options: EnsembleOptions, cluster: ZooKeeperCluster): Promise<ZooKeeperEnsemble> {
    const ensemble = new ZooKeeperEnsemble(options, cluster, await stampsOf(cluster.files));
    await ensemble.#resolveNames();
    return ensemble;
  }

  get entities(): EntityMap {
    return this.#entities;
  }

  /** Ids of those of whom a majority is a quorum; empty when weights or groups decide. */
  get voters(): ReadonlySet<string> {
    return this.#voters;
  }

  hasServer(id: string): boolean {
    return this.#entities.has(peerId(id));
  }

  /** Reads changed files and resolves the names again. Never rejects; one at a time. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** A log named an address that nobody has: perhaps a member has moved. */
  unknownAddressSeen(): void {
    if (this.#options.clock.monotonic() - this.#refreshedAt >= EARLY_REFRESH_MS) void this.refresh();
  }

  close(): void {
    this.#timer.cancel();
  }

  async #refresh(): Promise<void> {
    this.#refreshedAt = this.#options.clock.monotonic();
    await this.#readChangedFiles();
    await this.#resolveNames();
  }

  async #readChangedFiles(): Promise<void> {
    const { path, notice } = this.#options;
    const stamps = await stampsOf(this.#cluster.files);
    if (stamps === this.#fileStamps) return;
    // Noted before reading: a file that cannot be used is reported once for each of its changes.
    this.#fileStamps = stamps;
    try {
      const cluster = await readZooKeeperCluster(path);
      const before = [...this.#cluster.servers.keys()].join(', ');
      const now = [...cluster.servers.keys()].join(', ');
      if (before !== now) notice(`the ensemble has changed from servers ${before} to ${now}`);
      this.#cluster = cluster;
      this.#fileStamps = await stampsOf(cluster.files);
    } catch (error) {
      notice(`the changed configuration is not used: ${describeError(error)}`);
    }
  }

  async #resolveNames(): Promise<void> {
    const { lookup, notice } = this.#options;
    const names = new Set(
      [...this.#cluster.servers.values()]
        .flatMap(({ hosts }) => hosts.map(({ host }) => host))
        .filter((host) => isIP(host) === 0),
    );
    await Promise.all(
      [...names].map(async (name) => {
        const before = this.#addresses.get(name);
        try {
          const found = [...new Set(await lookup(name))].sort();
          if (before !== undefined && before.join() !== found.join()) {
            notice(
              `${name} is now ${found.join(', ')}${before.length > 0 ? ` (was ${before.join(', ')})` : ''}`,
            );
          }
          this.#addresses.set(name, found);
        } catch (error) {
          // Said once; the last known addresses stay, as a name server may be away for a while.
          if (before === undefined) {
            notice(`${name} does not resolve yet (${describeError(error)}); it is known by its name`);
            this.#addresses.set(name, []);
          }
        }
      }),
    );
    this.#entities = new EntityMap(this.#members());
    const { servers, hasWeights } = this.#cluster;
    const voters = [...servers].filter(([, { role }]) => role === 'participant').map(([id]) => id);
    this.#voters = new Set(hasWeights ? [] : voters);
  }

  #members(): EntityAddresses[] {
    const { servers, clientPort } = this.#cluster;
    const { ownId } = this.#options;
    // A server on its own has no id in the ensemble; ZooKeeper runs it as 0.
    if (servers.size === 0) return [{ id: peerId(ownId ?? '0'), hosts: [], ports: [] }];
    return [...servers].map(([id, { hosts, client }]) => {
      const names = hosts.map(({ host }) => host).filter((host) => !isWildcardHost(host));
      const ports: (number | null)[] = hosts.flatMap(({ quorumPort, electionPort }) => [
        quorumPort,
        electionPort,
      ]);
      ports.push(client?.port ?? (id === ownId ? clientPort : null));
      return {
        id: peerId(id),
        hosts: names.flatMap((host) => [host, ...(this.#addresses.get(host) ?? [])]),
        ports: ports.filter((port) => port !== null),
      };
    });
  }
}

/** Changes whenever one of the files does: size, time and inode of each. */
async function stampsOf(files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ ino, size, mtimeMs }) => `${ino}:${size}:${mtimeMs}`,
        () => 'missing',
      ),
    ),
  );
  return stamps.join(' ');
}
