/** What a server does as far as its log told. */
export type ZooKeeperRole =
  /** Not told yet. */
  | ''
  | 'looking'
  | 'following'
  | 'leading'
  | 'observing'
  /** Left its role and has not begun to look for a leader. */
  | 'stopping';

/** What the memory asks about the ensemble. */
export interface MemberDirectory {
  isMember(id: string): boolean;
  /** The member that an address as printed stands for, else null. */
  memberAt(address: string): string | null;
  /** Those of whom a majority is a quorum; empty when quorums are formed in another way. */
  voters(): ReadonlySet<string>;
}

const MAX_CONTENT = 2048;
/** More links than any leader has; the oldest are forgotten first. */
const MAX_LINKS = 512;

const ELECTED = /^(FOLLOWING|LEADING|OBSERVING)(?: - LEADER ELECTION TOOK - .*)?$/;
const STATE_CHANGED = /^Peer state changed: (looking|following|leading|observing)\b/;
const STEPPING_DOWN = /^[Ss]hutdown (?:called|Leader|Follower|Observer)\b/;
const LEADER_ADDRESS =
  /(?:^Successfully connected to leader, using address: |^Unexpected exception,.* connecting to |^Disconnected from leader \(with address: |^Observing )([^\s,)]+)/;
const LEARNER_ID =
  /^(?:Follower sid: (-?\d+)|Synchronizing with (?:Follower|Learner) sid: (-?\d+)|Received NEWLEADER-ACK message from (-?\d+)|Sending .* for peer sid: (-?\d+))/;
const LINK_LOST =
  /^(?:\*{7} GOODBYE |Unexpected exception (?:causing shutdown|in LearnerHandler|at LearnerHandler)|Exception while sending packets in LearnerHandler)/;
const VOTE_UNTIL_3_5 = /(-?\d+) \(n\.leader\).*? (-?\d+) \(n\.sid\)/;
const VOTE_SINCE_3_6 = /n\.sid: ?(-?\d+), n\.state: ?\w+, n\.leader: ?(-?\d+)/;

const ROLES: Readonly<Record<string, ZooKeeperRole>> = {
  looking: 'looking',
  following: 'following',
  leading: 'leading',
  observing: 'observing',
  FOLLOWING: 'following',
  LEADING: 'leading',
  OBSERVING: 'observing',
};

/** A line can teach something only if it contains one of these. Rare in a log without an election. */
export const MEMORY_LITERALS: readonly string[] = [
  'LOOKING',
  'FOLLOWING',
  'LEADING',
  'OBSERVING',
  'Peer state changed',
  'hutdown ',
  'shutting down',
  'leader, using address',
  'from leader (with address',
  'connecting to ',
  'Observing ',
  'LearnerHandler',
];

/** A line that may tell whose log it is contains this; looked for only while that is not known. */
export const OWN_ID_LITERAL = '[myid=';

/**
 * What the lines so far told of the ensemble, for lines that leave it out: which role the server has,
 * who leads, and which server is at the other end of a leader's link.
 */
export class ZooKeeperMemory {
  #role: ZooKeeperRole = '';
  #leader = '';
  #voter = '';
  /** The vote of each server in the election that runs or ran last. */
  readonly #votes = new Map<string, string>();
  /** Link of a LearnerHandler thread → the server at its other end. */
  readonly #links = new Map<string, string>();

  /** Server → the link it came with last. */
  readonly #newestLinks = new Map<string, string>();
  /** While leading: the servers whose links stand. */
  readonly #learners = new Set<string>();
  #hadQuorum = false;

  constructor(private readonly members: MemberDirectory) {}

  get role(): ZooKeeperRole {
    return this.#role;
  }

  /** Id of the server that leads; empty when not known. */
  get leader(): string {
    return this.#leader;
  }

  /** The other server whose vote the record noted last brings; empty when it brings none. */
  get voter(): string {
    return this.#voter;
  }

  /**
   * `lost` while the server leads but the links to so many followers have broken that no quorum is
   * left; then it is the leader that was cut off, or slept. Else empty.
   */
  get quorum(): '' | 'lost' {
    return this.#role === 'leading' && this.#hadQuorum && !this.#hasQuorum() ? 'lost' : '';
  }

  /** The server at the other end of a link; null when the link has not told. */
  learnerAt(socket: string): string | null {
    return this.#links.get(socket) ?? null;
  }

  /** Whether the server at the other end has come back with a newer link, so that this one's end is no news. */
  isReplaced(socket: string): boolean {
    const id = this.#links.get(socket);
    return id !== undefined && this.#newestLinks.get(id) !== socket;
  }

  /**
   * Learns from one record. `ownId`: id of the server whose log it is; `socket`: the part of the
   * thread's name that names a link's other end, null for other threads.
   */
  note(className: string, text: string, ownId: string, socket: string | null): void {
    // What is looked for stands near the start; the rest of a giant line is not worth a search.
    this.#voter = '';
    const content = text.length <= MAX_CONTENT ? text : text.slice(0, MAX_CONTENT);
    // What one version logs from an inner class, another logs from the class around it.
    const inner = className.indexOf('$');
    switch (inner < 0 ? className : className.slice(0, inner)) {
      case 'QuorumPeer':
      case 'Leader':
      case 'Follower':
      case 'Observer':
        this.#noteRole(content, ownId);
        this.#noteLeaderAddress(content, ownId);
        break;
      case 'Learner':
        this.#noteLeaderAddress(content, ownId);
        break;
      case 'FastLeaderElection':
        if (content.startsWith('Notification: ')) this.#noteVote(content, ownId);
        break;
      case 'LearnerHandler':
        this.#noteLink(content, socket);
        break;
      case 'ZooKeeperServer':
        if (content === 'shutting down' && this.#role !== 'looking') this.#role = 'stopping';
        break;
      default:
    }
  }

  /** As JSON data. */
  save(): unknown {
    return {
      role: this.#role,
      leader: this.#leader,
      votes: [...this.#votes],
      links: [...this.#links],
      learners: [...this.#learners],
    };
  }

  /** Takes over what `save` gave and leaves out what it does not understand. */
  load(saved: unknown): void {
    if (typeof saved !== 'object' || saved === null) return;
    const nothing = { role: '', leader: '', votes: [], links: [], learners: [] };
    const { role, leader, votes, links, learners } = { ...nothing, ...saved };
    this.#role = ROLES[role] ?? (role === 'stopping' ? 'stopping' : '');
    this.#leader = typeof leader === 'string' && /^\d*$/.test(leader) ? leader : '';
    for (const [key, value] of pairsOfText(votes)) this.#votes.set(key, value);
    for (const [socket, id] of pairsOfText(links)) this.#remember(socket, id);
    for (const id of textsOf(learners)) this.#learners.add(id);
    this.#hadQuorum = this.#role === 'leading' && this.#hasQuorum();
  }

  #noteRole(content: string, ownId: string): void {
    if (content === 'LOOKING' || content === 'PeerState set to LOOKING') {
      this.#enter('looking', ownId);
      return;
    }
    const role = ROLES[ELECTED.exec(content)?.[1] ?? STATE_CHANGED.exec(content)?.[1] ?? ''];
    if (role !== undefined) this.#enter(role, ownId);
    else if (STEPPING_DOWN.test(content)) this.#role = 'stopping';
  }

  #enter(role: ZooKeeperRole, ownId: string): void {
    if (this.#role !== role) {
      this.#learners.clear();
      this.#hadQuorum = false;
    }
    if (role === 'leading') {
      this.#leader = ownId;
    } else if (role === 'looking') {
      // Said twice in a row by some versions; the votes between the two must stay.
      if (this.#role !== 'looking') this.#votes.clear();
      this.#leader = '';
    } else if (this.#role !== role) {
      this.#leader = this.#electionWinner(ownId);
    }
    this.#role = role;
  }

  /** The server most votes are for; when several are, the one this server voted for. */
  #electionWinner(ownId: string): string {
    const counts = new Map<string, number>();
    for (const vote of this.#votes.values()) counts.set(vote, (counts.get(vote) ?? 0) + 1);
    // Who follows does not lead, whatever it first voted for.
    counts.delete(ownId);
    const most = Math.max(0, ...counts.values());
    const leaders = [...counts].filter(([, count]) => count === most).map(([id]) => id);
    const ownVote = this.#votes.get(ownId);
    return (ownVote !== undefined && leaders.includes(ownVote) ? ownVote : leaders.at(-1)) ?? '';
  }

  #noteVote(content: string, ownId: string): void {
    const recent = VOTE_SINCE_3_6.exec(content);
    const older = recent === null ? VOTE_UNTIL_3_5.exec(content) : null;
    const voter = recent?.[1] ?? older?.[2];
    const vote = recent?.[2] ?? older?.[1];
    if (voter === undefined || vote === undefined) return;
    this.#votes.set(voter, vote);
    // A server sends its vote to itself as well, which says nothing of anybody's health.
    if (voter !== ownId) this.#voter = voter;
  }

  #noteLeaderAddress(content: string, ownId: string): void {
    const address = LEADER_ADDRESS.exec(content)?.[1];
    const id = address === undefined ? null : this.members.memberAt(address);
    if (id !== null && id !== ownId) this.#leader = id;
  }

  #noteLink(content: string, socket: string | null): void {
    if (socket === null) return;
    if (LINK_LOST.test(content)) {
      const lost = this.#links.get(socket) ?? this.members.memberAt(socket);
      if (lost !== null && !this.isReplaced(socket)) this.#learners.delete(lost);
      return;
    }
    const id = LEARNER_ID.exec(content)
      ?.slice(1)
      .find((group?: string) => group !== undefined);
    if (id === undefined || !this.members.isMember(id)) return;
    this.#remember(socket, id);
    if (this.#role === 'leading') {
      this.#learners.add(id);
      this.#hadQuorum ||= this.#hasQuorum();
    }
  }

  #remember(socket: string, id: string): void {
    this.#links.delete(socket);
    this.#links.set(socket, id);
    this.#newestLinks.set(id, socket);
    for (const oldest of this.#links.keys()) {
      if (this.#links.size <= MAX_LINKS) break;
      this.#links.delete(oldest);
    }
  }

  #hasQuorum(): boolean {
    const voters = this.members.voters();
    let standing = voters.has(this.#leader) ? 1 : 0;
    for (const id of this.#learners) if (voters.has(id)) standing += 1;
    return standing > voters.size / 2;
  }
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function pairsOfText(value: unknown): [string, string][] {
  if (!Array.isArray(value)) return [];
  const entries: readonly unknown[] = value;
  return entries.flatMap((entry): [string, string][] => {
    if (!Array.isArray(entry)) return [];
    const pair: readonly unknown[] = entry;
    const [key, text] = pair;
    return typeof key === 'string' && typeof text === 'string' ? [[key, text]] : [];
  });
}
