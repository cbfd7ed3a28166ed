import { parsePort } from '../endpoint.js';
import type { NodeAddress } from './node-address.js';
import { nodeId } from './node-address.js';
import type { NodeDirectory } from './node-directory.js';

/** What the node does as far as its log told. */
export type CassandraPhase =
  /** Not told yet. */
  | ''
  | 'starting'
  | 'joining'
  /** Serves, but only for a minute so far: pauses and broken connections are still part of the start. */
  | 'settling'
  | 'running'
  | 'leaving'
  | 'stopping';

/** What gossip said last of another node: whether there is a reason that nobody can reach it. */
export type PeerState =
  /** Nothing so far. */
  | ''
  /** Gossip takes it for alive. */
  | 'up'
  /** Convicted by the failure detector. */
  | 'down'
  /** It announced that it stops. */
  | 'shutdown'
  /** It left the ring or was removed from it. */
  | 'left';

/** A line can teach something only if it contains one of these. All are rare in a log at peace. */
export const MEMORY_LITERALS: readonly string[] = [
  'Configuration location: ',
  'Node configuration:[',
  'Starting Messaging Service on ',
  'Listening on address: (',
  'JOINING: ',
  'LEAVING: ',
  'DRAINING: ',
  'Announcing shutdown',
  'Startup complete',
  'Starting listening for CQL clients on ',
  'Starting gossip by operator request',
  'InetAddress ',
  ' state jump to ',
  ' has restarted, now UP',
  ' is now part of the cluster',
  'Removing tokens ',
  'Updating topology for ',
  'Handshaking version with ',
  ' successfully connected, version = ',
  ' connection established, version = ',
  'failed to connect',
  'Failed to connect to peer ',
  'Failed to handshake with peer ',
  'error writing to ',
  'error processing a message intended for ',
  'Transferring all hints to ',
  'Finished hinted handoff of file ',
];

/** What is looked for stands near the start, except in the one line that lists the configuration. */
const MAX_CONTENT = 1024;
const MAX_CONFIGURATION = 65_536;
const SETTLING_MS = 60_000;
const MAX_PEERS = 4096;

const GOSSIP_UP_DOWN = /^InetAddress (\S+) is now (UP|DOWN)$/;
const GOSSIP_JOINED = /^Node (\S+) (?:has restarted, now UP|is now part of the cluster)$/;
const STATE_JUMP = /^Node (\S+) state jump to (\w+)/;
const TOPOLOGY = /^Updating topology for ([^\s]*\d\S*)$/;
const HANDSHAKE = /^Handshaking version with (\S+)$/;
const SENDING_FAILED =
  /^(?:Failed to (?:connect to|handshake with) peer|error (?:writing to|processing a message intended for)) (\S+)$/;
const HINTS =
  /^(?:Transferring all hints to|Finished hinted handoff of file \S+ to endpoint) (\S+): ([0-9a-f-]{36})/;
const REMOVED_TOKENS = /^Removing tokens \[[^\]]*\] for (\S+)$/;
const LISTENING = /^(?:Starting Messaging Service on|Listening on address:) \(?([^\s()]+)\)?/;
const CONFIGURED = /[[ ](listen_address|broadcast_address|storage_port)=([^;\]]*)/g;
/** Ends of an internode connection: `from(real)->to(real)-TYPE-id`. */
const LINK_TYPE = /-(?:URGENT_MESSAGES|SMALL_MESSAGES|LARGE_MESSAGES|LEGACY_MESSAGES|STREAMING)-/;

const PHASE_WORDS: readonly (readonly [string, CassandraPhase])[] = [
  ['Configuration location: ', 'starting'],
  ['JOINING: ', 'joining'],
  ['LEAVING: ', 'leaving'],
  ['DRAINING: ', 'stopping'],
  ['Announcing shutdown', 'stopping'],
  ['Startup complete', 'settling'],
  ['Starting listening for CQL clients on ', 'settling'],
  ['Starting gossip by operator request', 'running'],
];

const PHASES: ReadonlySet<string> = new Set([
  'starting',
  'joining',
  'settling',
  'running',
  'leaving',
  'stopping',
]);
const PEER_STATES: Readonly<Record<string, PeerState>> = {
  up: 'up',
  down: 'down',
  shutdown: 'shutdown',
  left: 'left',
};

/**
 * What the lines so far told: who belongs to the cluster, which node this is, what it is doing, and
 * which of the others are away on purpose.
 */
export class CassandraMemory {
  #phase: CassandraPhase = '';
  /** When the node began to serve, milliseconds since 1970 UTC. */
  #servingSinceMs = Number.NEGATIVE_INFINITY;
  /** Entity id → state. */
  readonly #peers = new Map<string, PeerState>();
  #peer: NodeAddress | null = null;

  constructor(private readonly directory: NodeDirectory) {}

  /** What the node was doing at `timeMs`. */
  phaseAt(timeMs: number): CassandraPhase {
    return this.#phase === 'settling' && timeMs - this.#servingSinceMs >= SETTLING_MS
      ? 'running'
      : this.#phase;
  }

  /** The other node that the record noted last speaks of, by the shapes that are learnt from; else null. */
  get peer(): NodeAddress | null {
    return this.#peer;
  }

  /** What is known of that other node, after the record. */
  get peerState(): PeerState {
    return this.#peer === null ? '' : (this.#peers.get(nodeId(this.#peer)) ?? '');
  }

  /** Learns from one record. */
  note(text: string, timeMs: number): void {
    this.#peer = null;
    if (text.startsWith('Node configuration:[')) {
      this.#noteConfiguration(text.slice(0, MAX_CONFIGURATION));
      return;
    }
    if (text.startsWith('Removing tokens ')) {
      // Lists hundreds of tokens before it names the node.
      this.#notePeer(REMOVED_TOKENS.exec(text.slice(0, MAX_CONFIGURATION))?.[1], 'left');
      return;
    }
    const content = text.length <= MAX_CONTENT ? text : text.slice(0, MAX_CONTENT);
    if (this.#noteGossip(content) || this.#noteLink(content)) return;
    this.#noteOwnState(content, timeMs);
  }

  /** As JSON data. */
  save(): unknown {
    const since = Number.isFinite(this.#servingSinceMs) ? this.#servingSinceMs : null;
    return { phase: this.#phase, servingSinceMs: since, peers: [...this.#peers] };
  }

  /** Takes over what `save` gave and leaves out what it does not understand. */
  load(saved: unknown): void {
    if (typeof saved !== 'object' || saved === null) return;
    const nothing = { phase: null, servingSinceMs: null, peers: null };
    const { phase, servingSinceMs, peers }: Record<keyof typeof nothing, unknown> = { ...nothing, ...saved };
    if (typeof phase === 'string' && isPhase(phase)) this.#phase = phase;
    if (typeof servingSinceMs === 'number') this.#servingSinceMs = servingSinceMs;
    for (const pair of listOf(peers)) {
      const [id, state] = listOf(pair);
      const known = typeof state === 'string' ? PEER_STATES[state] : undefined;
      if (typeof id === 'string' && known !== undefined) this.#setPeer(id, known);
    }
  }

  /** Whether the record was one of gossip's. */
  #noteGossip(content: string): boolean {
    switch (content.charAt(0)) {
      case 'I': {
        const match = GOSSIP_UP_DOWN.exec(content);
        if (match === null) return false;
        const peer = this.#notePeer(match[1]);
        if (peer === null) return true;
        const before = this.#peers.get(peer);
        if (match[2] === 'UP') this.#setPeer(peer, 'up');
        else if (before !== 'shutdown' && before !== 'left') this.#setPeer(peer, 'down');
        return true;
      }
      case 'N': {
        const joined = GOSSIP_JOINED.exec(content);
        if (joined !== null) {
          this.#notePeer(joined[1], '');
          return true;
        }
        const jump = STATE_JUMP.exec(content);
        if (jump === null) return false;
        this.#noteJump(jump[1], jump[2]);
        return true;
      }
      case 'U':
        return this.#notePeer(TOPOLOGY.exec(content)?.[1]) !== null;
      case 'H':
        return this.#notePeer(HANDSHAKE.exec(content)?.[1]) !== null;
      case 'e':
        return this.#notePeer(SENDING_FAILED.exec(content)?.[1]) !== null;
      case 'T':
      case 'F': {
        const failed = SENDING_FAILED.exec(content);
        if (failed !== null) return this.#notePeer(failed[1]) !== null;
        const match = HINTS.exec(content);
        const address = match === null ? null : this.directory.addressOf(match[1] ?? '');
        if (address === null) return false;
        this.directory.learnHostId(match?.[2] ?? '', address);
        this.#peer = address;
        return true;
      }
      default:
        return false;
    }
  }

  #noteJump(text: string | undefined, state: string | undefined): void {
    const peer = this.#notePeer(text);
    if (peer === null) return;
    if (state === 'shutdown') this.#setPeer(peer, 'shutdown');
    else if (state === 'LEFT' || state === 'removed') this.#setPeer(peer, 'left');
    // Says nothing of whether it can be reached: one that was convicted stays so until it is up.
    else if (['shutdown', 'left'].includes(this.#peers.get(peer) ?? '')) this.#setPeer(peer, '');
  }

  /** Both ends of a link are nodes where the handshake is done, or where this node opened it. */
  #noteLink(content: string): boolean {
    const arrow = content.indexOf('->');
    if (arrow <= 0 || arrow > 256) return false;
    const type = LINK_TYPE.exec(content);
    if (type === null || type.index < arrow) return false;
    const from = this.directory.addressOf(content.slice(0, arrow));
    const to = this.directory.addressOf(content.slice(arrow + 2, type.index));
    if (from === null || to === null) return false;
    const said = content.slice(type.index);
    const isOutbound = /^\S+ (?:successfully connected|failed to connect)/.test(said);
    const isInbound = /^\S+ (?:messaging|streaming) connection established/.test(said);
    if (isOutbound) this.directory.learnOwn(from);
    if (isInbound) this.directory.learnListening(to);
    this.#peer = this.directory.isOwn(from) ? to : from;
    // Only after a handshake is a stranger one of the cluster; before it, only who was called.
    if (isOutbound || isInbound) this.directory.learn(this.#peer);
    return true;
  }

  #noteOwnState(content: string, timeMs: number): void {
    const phase = PHASE_WORDS.find(([words]) => content.startsWith(words))?.[1];
    if (phase !== undefined) {
      // Said by a node that runs when an operator opens the port for clients again.
      const isReopened = phase === 'settling' && this.phaseAt(timeMs) === 'running';
      if (phase === 'settling' && !isReopened) this.#servingSinceMs = timeMs;
      if (!isReopened) this.#phase = phase;
      if (phase === 'starting') this.#peers.clear();
      return;
    }
    const listening = LISTENING.exec(content)?.[1];
    const address = listening === undefined ? null : this.directory.addressOf(listening);
    if (address !== null) this.directory.learnListening(address);
  }

  #noteConfiguration(content: string): void {
    const values = new Map<string, string>();
    for (const [, key = '', value = ''] of content.matchAll(CONFIGURED)) values.set(key, value.trim());
    const port = parsePort(values.get('storage_port') ?? '');
    if (port !== undefined) this.directory.learnStoragePort(port);
    const broadcast = this.directory.addressOf(values.get('broadcast_address') ?? '');
    const listening = this.directory.addressOf(values.get('listen_address') ?? '');
    const own = broadcast ?? listening;
    if (own !== null) this.directory.learnOwn(own);
    if (listening !== null) this.directory.learnListening(listening);
  }

  /** The id of the node that the text names, which is a member; null when it names none. */
  #notePeer(text: string | undefined, state?: PeerState): string | null {
    const address = text === undefined ? null : this.directory.addressOf(text);
    if (address === null) return null;
    this.#peer = this.directory.isOwn(address) ? null : address;
    const id = this.directory.learn(address);
    if (state !== undefined) this.#setPeer(id, state);
    return id;
  }

  #setPeer(id: string, state: PeerState): void {
    if (state === '') this.#peers.delete(id);
    else if (this.#peers.size < MAX_PEERS || this.#peers.has(id)) this.#peers.set(id, state);
  }
}

function isPhase(text: string): text is CassandraPhase {
  return PHASES.has(text);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
