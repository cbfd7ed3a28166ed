import { isIP } from 'node:net';
import { every, type Clock, type Timer } from '../../runtime/clock.js';
import { describeError } from '../../runtime/errors.js';
import type { HostLookup } from '../host-lookup.js';
import type { ConfiguredDaemon, HdfsCluster } from './hdfs-cluster.js';
import type { HdfsRole } from './hdfs-role.js';

/** How often host names are looked up again. */
const REFRESH_MS = 60_000;

/** A daemon of the cluster under every name and address it is known by. */
export interface HdfsMember {
  readonly role: HdfsRole;
  /** The address or name that its entity id holds. */
  readonly host: string;
  /** The port of its id; null: that of its role. */
  readonly port: number | null;
  readonly hosts: readonly string[];
  /** All ports it is known to listen on. */
  readonly ports: readonly number[];
}

/** The daemons that are known before the first line of a log, and where they listen. */
export interface MembersView {
  readonly members: readonly HdfsMember[];
  /** Grows with each change of `members`. */
  readonly version: number;
  /** The port of a role's ids that is configured; null: the log has to tell, or the default holds. */
  idPort(role: HdfsRole): number | null;
  /** The role whose daemons are configured to listen on that port; null when none is. */
  roleOfConfiguredPort(port: number): HdfsRole | null;
  close(): void;
}

export interface HdfsMembersOptions {
  readonly cluster: HdfsCluster;
  readonly lookup: HostLookup;
  readonly clock: Clock;
  readonly notice: (message: string) => void;
}

/**
 * The configured daemons, their names resolved, and resolved again every minute. An id holds the
 * address that was found first, as messages name daemons by address; a name that does not resolve
 * stands in the id until it does.
 */
export class HdfsMembers implements MembersView {
  readonly #options: HdfsMembersOptions;
  readonly #timer: Timer;
  readonly #addresses = new Map<string, readonly string[]>();
  #members: readonly HdfsMember[] = [];
  #version = 0;
  #refreshing: Promise<void> | null = null;

  private constructor(options: HdfsMembersOptions) {
    this.#options = options;
    this.#timer = every(options.clock, REFRESH_MS, () => void this.refresh());
  }

  static async open(options: HdfsMembersOptions): Promise<HdfsMembers> {
    const members = new HdfsMembers(options);
    await members.refresh();
    return members;
  }

  get members(): readonly HdfsMember[] {
    return this.#members;
  }

  get version(): number {
    return this.#version;
  }

  idPort(role: HdfsRole): number | null {
    return this.#options.cluster.rolePorts.get(role)?.[0] ?? null;
  }

  roleOfConfiguredPort(port: number): HdfsRole | null {
    const { rolePorts } = this.#options.cluster;
    return [...rolePorts].find(([, ports]) => ports.includes(port))?.[0] ?? null;
  }

  /** Resolves the names again. Never rejects; one at a time. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#resolveNames().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  close(): void {
    this.#timer.cancel();
  }

  async #resolveNames(): Promise<void> {
    const { cluster } = this.#options;
    const names = new Set(cluster.daemons.map(({ host }) => host).filter((host) => isIP(host) === 0));
    const changes = await Promise.all([...names].map((name) => this.#resolve(name)));
    if (this.#version > 0 && !changes.includes(true)) return;
    this.#members = cluster.daemons.map((daemon) => this.#memberOf(daemon));
    this.#version += 1;
  }

  /** Whether the addresses of the name have changed. */
  async #resolve(name: string): Promise<boolean> {
    const { lookup, notice } = this.#options;
    const before = this.#addresses.get(name);
    let found: readonly string[];
    try {
      found = [...new Set(await lookup(name))];
    } catch (error) {
      // Said once; the last known addresses stay, as a name server may be away for a while.
      if (before === undefined) {
        notice(`${name} does not resolve yet (${describeError(error)}); it is known by its name`);
        this.#addresses.set(name, []);
      }
      return false;
    }
    if (before !== undefined && before.length === found.length && before.every((ip) => found.includes(ip))) {
      return false;
    }
    if (before !== undefined && before.length > 0) {
      notice(`${name} is now ${found.join(', ')} (was ${before.join(', ')})`);
    }
    // The one that ids hold keeps its place while it is still good.
    const [first] = before ?? [];
    const kept = first !== undefined && found.includes(first) ? [first] : [];
    this.#addresses.set(name, [...new Set([...kept, ...found])]);
    return true;
  }

  #memberOf({ role, host, port, ports }: ConfiguredDaemon): HdfsMember {
    const addresses = this.#addresses.get(host) ?? [];
    return { role, host: addresses[0] ?? host, port, hosts: [host, ...addresses], ports };
  }
}
