import { canonicalHost, isWildcardHost, type Endpoint } from './endpoint.js';

/** One member of a cluster: where it listens, under every name and address it is known by. */
export interface EntityAddresses {
  /** Entity id such as `peer@9`. */
  readonly id: string;
  readonly hosts: readonly string[];
  /** The ports it listens on; they tell members on one host apart. */
  readonly ports: readonly number[];
}

/** Whom an address stands for. */
export type AddressOwner =
  | { readonly kind: 'entity'; readonly id: string }
  | { readonly kind: 'unknown' }
  /** Several members have the address, and the port does not decide. */
  | { readonly kind: 'ambiguous' };

const UNKNOWN: AddressOwner = { kind: 'unknown' };
const AMBIGUOUS: AddressOwner = { kind: 'ambiguous' };

/** Entity ids and their addresses, both ways. Immutable: a changed cluster is a new map. */
export class EntityMap {
  readonly #members: ReadonlyMap<string, EntityAddresses>;
  readonly #byHost = new Map<string, EntityAddresses[]>();

  /** Wildcard hosts (`0.0.0.0`) are left out, since every member means another machine by them. */
  constructor(members: readonly EntityAddresses[]) {
    this.#members = new Map(members.map((member) => [member.id, member]));
    for (const member of this.#members.values()) {
      for (const host of new Set(member.hosts.map(canonicalHost))) {
        if (isWildcardHost(host)) continue;
        const owners = this.#byHost.get(host);
        if (owners === undefined) this.#byHost.set(host, [member]);
        else owners.push(member);
      }
    }
  }

  has(id: string): boolean {
    return this.#members.has(id);
  }

  get ids(): readonly string[] {
    return [...this.#members.keys()];
  }

  addressesOf(id: string): readonly string[] {
    return this.#members.get(id)?.hosts ?? [];
  }

  /** `host`: in any spelling; `port`: null when the text gave none. */
  ownerOf(host: string, port: number | null): AddressOwner {
    const owners = this.#byHost.get(canonicalHost(host));
    const [only] = owners ?? [];
    if (owners === undefined || only === undefined) return UNKNOWN;
    if (owners.length === 1) return { kind: 'entity', id: only.id };
    const listening = owners.filter((owner) => port !== null && owner.ports.includes(port));
    const [listener] = listening;
    return listening.length === 1 && listener !== undefined ? { kind: 'entity', id: listener.id } : AMBIGUOUS;
  }

  /** The name decides where it is known: an address may since have passed to another member. */
  ownerOfEndpoint(endpoint: Endpoint): AddressOwner {
    const byName = endpoint.name === null ? UNKNOWN : this.ownerOf(endpoint.name, endpoint.port);
    if (byName.kind === 'entity' || endpoint.ip === null) return byName;
    const byIp = this.ownerOf(endpoint.ip, endpoint.port);
    return byIp.kind === 'unknown' ? byName : byIp;
  }

  /** Several ways to one member: the parts that are known must agree. */
  ownerOfAll(endpoints: readonly Endpoint[]): AddressOwner {
    let owner: AddressOwner = UNKNOWN;
    for (const endpoint of endpoints) {
      const next = this.ownerOfEndpoint(endpoint);
      if (next.kind !== 'entity') {
        if (owner.kind === 'unknown') owner = next;
      } else if (owner.kind === 'entity' && owner.id !== next.id) {
        return AMBIGUOUS;
      } else {
        owner = next;
      }
    }
    return owner;
  }
}
