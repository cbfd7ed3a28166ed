import { parseEndpoint, type Endpoint } from '../endpoint.js';
import { isDataNodeUuid, type HdfsDirectory } from './hdfs-directory.js';
import type { HdfsRole } from './hdfs-role.js';

/** How far the daemon is in its life, as far as its log told. */
export type HdfsPhase =
  /** Not told, or at work. */
  | ''
  /** From the start-up banner until it serves requests. */
  | 'starting'
  /** From the signal to end until the log of its next start. */
  | 'stopping';

/** Whom a record speaks of without naming it. */
export type ImpliedSubject =
  | { readonly kind: 'self' }
  | { readonly kind: 'entity'; readonly id: string }
  /** Somebody else, who cannot be told. */
  | { readonly kind: 'unknown' };

const SELF: ImpliedSubject = { kind: 'self' };
const UNKNOWN: ImpliedSubject = { kind: 'unknown' };

/** What is looked for stands near the start; the rest of a giant line is not worth a search. */
const MAX_CONTENT = 4096;
/** Blocks whose pipeline broke are of interest until their threads have ended. */
const MAX_BLOCKS = 256;
const MAX_LIST = 64;

const SERVES = /^(?:IPC Server Responder: starting|IPC Server listener on \d{1,5}: starting)$/;
const STOPS = /^(?:RECEIVED SIGNAL (?:15|2): |SHUTDOWN_MSG)/;

const REGISTERED = /DatanodeRegistration\(([^\s,()]{3,80}), datanodeUuid=([0-9a-f-]{36})/;
const LEASE_REGISTERED = /^Registered DN ([0-9a-f-]{36}) \(([^\s()]{3,80})\)/;
const SERVICE_TO =
  /^(?:Block pool )?Block pool \S{1,100} \(Datanode Uuid [^)]{0,60}\) service to (\S{1,300}) (?:starting to offer|beginning handshake|successfully registered)/;
const NAMENODE_AT =
  /^(?:Failover controller configured for NameNode |Local service |Trying to make )NameNode at (\S{1,300})/;
const JOURNALS = /\bQJM to \[([^\][]{1,2000})\]/;
const JOURNAL =
  /^(?:Remote journal|Restarting previously-stopped writes to|Pending edits to|Took \d{1,12}ms to send a batch of \d{1,12} edits \(\d{1,15} bytes\) to remote journal) ([^\s,]{3,300})/;

const SHOULD_FENCE = /^Should fence: NameNode at (\S{1,300})/;
const FENCING = /^={4,8} (?:Beginning Service Fencing Process|Fencing successful by method )/;
const WAITED = /^Waited \d{1,12} ms \(timeout=\d{1,12} ms\) for a response for /;
const SUCCEEDED = / Succeeded so far: \[([^\]]{0,2000})\]/;
const LOG_ROLL = /^(?:Unable to trigger a roll of the active NN|Unable to finish rolling edits in )/;

const BROKEN_BLOCK =
  /^(?:PacketResponder: (\S{1,200}), type=[A-Z_]{1,40}(?:, downstreams=\d{1,4}:\[[^\]]{0,400}\])?(?:: Thread is interrupted\.)?$|Exception for (\S{1,200})$|opWriteBlock (\S{1,200}) received exception )/;
const RESPONDER_ENDED = /^PacketResponder: (\S{1,200}), type=/;

/** A line can teach something only if it contains one of these. Rare in a log without trouble. */
export const MEMORY_LITERALS: readonly string[] = [
  'STARTUP_MSG',
  'SHUTDOWN_MSG',
  'RECEIVED SIGNAL ',
  'IPC Server Responder: starting',
  'BLOCK* registerDatanode: ',
  'Registered DN ',
  ' starting to offer service',
  ' beginning handshake with NN',
  ' successfully registered with NN',
  'Failover controller configured for NameNode ',
  'Local service NameNode at ',
  'Trying to make NameNode at ',
  'QJM to [',
  'to remote journal ',
  'Remote journal ',
  'previously-stopped writes to ',
  'Should fence: NameNode at ',
  ': Thread is interrupted.',
  'Exception for BP-',
  'opWriteBlock ',
];

/**
 * What the lines so far told, for lines that leave it out: whether the daemon starts or stops, which
 * blocks' pipelines broke, which NameNode is to be fenced, and which daemons there are.
 */
export class HdfsMemory {
  readonly #directory: HdfsDirectory;
  #phase: HdfsPhase = '';
  /** Oldest first. */
  readonly #brokenBlocks = new Set<string>();
  /** The NameNode that a failover controller set out to shut out. */
  #fenced: string | null = null;
  /** Counts the lines that name no JournalNode of several that did not answer, which take turns. */
  #turn = 0;

  #pipeline: '' | 'broken' = '';
  #implied: ImpliedSubject = SELF;

  constructor(directory: HdfsDirectory) {
    this.#directory = directory;
  }

  get phase(): HdfsPhase {
    return this.#phase;
  }

  /** `broken` on a record about a block whose pipeline has just broken, else empty. */
  get pipeline(): '' | 'broken' {
    return this.#pipeline;
  }

  /** Whom the record noted last speaks of when it names nobody. */
  get implied(): ImpliedSubject {
    return this.#implied;
  }

  /** Learns from one record of a daemon with that role and id. */
  note(className: string, text: string, role: HdfsRole | null, ownId: string | null): void {
    const content = text.length <= MAX_CONTENT ? text : text.slice(0, MAX_CONTENT);
    this.#pipeline = '';
    this.#implied = SELF;
    this.#notePhase(content);
    if (role === 'dn') this.#noteDataNode(content);
    else if (role === 'nn') this.#noteNameNode(className, content, ownId);
    else if (role === 'zkfc') this.#noteController(content);
  }

  /** As JSON data. */
  save(): unknown {
    return {
      phase: this.#phase,
      brokenBlocks: [...this.#brokenBlocks],
      fenced: this.#fenced,
      turn: this.#turn,
    };
  }

  /** Takes over what `save` gave and leaves out what it does not understand. */
  load(saved: unknown): void {
    if (typeof saved !== 'object' || saved === null) return;
    const nothing = { phase: null, brokenBlocks: null, fenced: null, turn: null };
    const { phase, brokenBlocks, fenced, turn }: Record<keyof typeof nothing, unknown> = {
      ...nothing,
      ...saved,
    };
    if (phase === 'starting' || phase === 'stopping') this.#phase = phase;
    if (Array.isArray(brokenBlocks)) {
      for (const block of brokenBlocks) if (typeof block === 'string') this.#noteBroken(block);
    }
    if (typeof fenced === 'string') this.#fenced = fenced;
    if (typeof turn === 'number' && Number.isSafeInteger(turn)) this.#turn = turn;
  }

  #notePhase(content: string): void {
    if (content.startsWith('STARTUP_MSG')) {
      this.#phase = 'starting';
      this.#brokenBlocks.clear();
    } else if (STOPS.test(content)) {
      this.#phase = 'stopping';
    } else if (this.#phase === 'starting' && SERVES.test(content)) {
      this.#phase = '';
    }
  }

  #noteDataNode(content: string): void {
    const nameNode = SERVICE_TO.exec(content)?.[1];
    if (nameNode !== undefined) this.#learn('nn', nameNode);
    const broken = BROKEN_BLOCK.exec(content);
    if (broken !== null) {
      const block = broken[1] ?? broken[2] ?? broken[3];
      if (block !== undefined) this.#noteBroken(block);
      return;
    }
    if (this.#brokenBlocks.size === 0) return;
    const block = RESPONDER_ENDED.exec(content)?.[1];
    if (block !== undefined && this.#brokenBlocks.has(block)) this.#pipeline = 'broken';
  }

  #noteBroken(block: string): void {
    this.#brokenBlocks.delete(block);
    this.#brokenBlocks.add(block);
    const [oldest] = this.#brokenBlocks;
    if (this.#brokenBlocks.size > MAX_BLOCKS && oldest !== undefined) this.#brokenBlocks.delete(oldest);
  }

  #noteNameNode(className: string, content: string, ownId: string | null): void {
    const [, address, uuid] = REGISTERED.exec(content) ?? [];
    if (address !== undefined && uuid !== undefined) {
      this.#learnDataNode(address, uuid);
      return;
    }
    const [, leased, leasedAddress] = LEASE_REGISTERED.exec(content) ?? [];
    if (leased !== undefined && leasedAddress !== undefined) this.#learnDataNode(leasedAddress, leased);

    const journals = JOURNALS.exec(content)?.[1];
    if (journals !== undefined) {
      for (const journal of journals.split(',').slice(0, MAX_LIST)) this.#learn('jn', journal.trim());
    }
    const journal = JOURNAL.exec(content)?.[1];
    if (journal !== undefined) this.#learn('jn', journal);
    if (WAITED.test(content)) this.#implied = this.#lateJournal(content);
    else if (className === 'EditLogTailer' && LOG_ROLL.test(content)) {
      this.#implied = this.#otherNameNode(ownId);
    }
  }

  #noteController(content: string): void {
    const nameNode = NAMENODE_AT.exec(content)?.[1];
    if (nameNode !== undefined) this.#learn('nn', nameNode);
    const fenced = SHOULD_FENCE.exec(content)?.[1];
    if (fenced !== undefined) this.#fenced = this.#learn('nn', fenced);
    if (FENCING.test(content)) this.#implied = entityOrUnknown(this.#fenced);
  }

  #learn(role: HdfsRole, text: string): string | null {
    const endpoint = parseEndpoint(text);
    return endpoint === null ? null : this.#directory.learn(role, endpoint);
  }

  #learnDataNode(address: string, uuid: string): void {
    const id = this.#learn('dn', address);
    if (id !== null && isDataNodeUuid(uuid)) this.#directory.learnUuid(uuid, id);
  }

  /**
   * A JournalNode that has not answered. Of several, each such line names another: they come every
   * second, and all are waited for. When none has answered it is the NameNode that is cut off.
   */
  #lateJournal(content: string): ImpliedSubject {
    const journals = this.#directory.idsOf('jn');
    const answered = new Set(
      (SUCCEEDED.exec(content)?.[1] ?? '')
        .split(',')
        .slice(0, MAX_LIST)
        .map((text) => this.#idOfJournal(parseEndpoint(text.trim()))),
    );
    const late = journals.filter((id) => !answered.has(id));
    if (late.length === 0 || late.length === journals.length) return SELF;
    const id = late[this.#turn % late.length];
    this.#turn += 1;
    return entityOrUnknown(id ?? null);
  }

  #idOfJournal(endpoint: Endpoint | null): string | null {
    const owner = endpoint === null ? null : this.#directory.ownerOf('jn', endpoint);
    return owner?.kind === 'entity' ? owner.id : null;
  }

  #otherNameNode(ownId: string | null): ImpliedSubject {
    const others = this.#directory.idsOf('nn').filter((id) => id !== ownId);
    return others.length === 1 ? entityOrUnknown(others[0] ?? null) : UNKNOWN;
  }
}

function entityOrUnknown(id: string | null): ImpliedSubject {
  return id === null ? UNKNOWN : { kind: 'entity', id };
}
