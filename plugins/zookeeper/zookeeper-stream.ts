import { LogTimeReader } from '../log-time.js';
import { parseEndpoints } from '../endpoint.js';
import type { AddressOwner, EntityMap } from '../entity-map.js';
import type { LogRecord, LogStream, ParsedLine, ResolvedSubject } from '../log-plugin.js';
import { peerId, serverIdOfPeer } from './zookeeper-ensemble.js';
import { readZooKeeperLine, type ZooKeeperLine } from './zookeeper-line-format.js';
import { ZooKeeperMemory } from './zookeeper-memory.js';
import { readZooKeeperTag, type TagSubject, type ZooKeeperTag } from './zookeeper-tag.js';

/** What a stream asks about the ensemble. */
export interface EnsembleView {
  readonly entities: EntityMap;
  /** Ids of those of whom a majority is a quorum; empty when quorums are formed in another way. */
  readonly voters: ReadonlySet<string>;
  hasServer(id: string): boolean;
  unknownAddressSeen(): void;
}

export interface StreamOptions {
  readonly ensemble: EnsembleView;
  /** Id of the server whose log it is, when configured; a line that says otherwise is believed. */
  readonly ownId: string | null;
  readonly timeZone: string | null;
  readonly notice: (message: string) => void;
}

const CONTINUATION: ParsedLine = { kind: 'continuation' };
const DROPPED_DEBUG: ParsedLine = { kind: 'dropped', reason: 'debug-level' };
const DROPPED_BAD_TIME: ParsedLine = { kind: 'dropped', reason: 'bad-time' };
const DROPPED_UNKNOWN_OBSERVER: ParsedLine = { kind: 'dropped', reason: 'unknown-observer' };
const DROPPED_UNKNOWN_SUBJECT: ParsedLine = { kind: 'dropped', reason: 'unknown-tag-subject' };

/** Thread names repeat, but those of links hold ports, so that there is no end to them. */
const MAX_TAGS = 1024;
const SELF: TagSubject = { kind: 'self' };
const LISTENER_CLASS = 'QuorumCnxManager$Listener';
const OWN_ID_IN_CONTENT = /\bmyid=(\d+)|\bmy id = +(\d+)|\bMy id = +(\d+)/;

/** Whom a tag speaks of: a server's id, null when it cannot be told, 'dropped' when it is no member. */
type ResolvedTag = { readonly id: string | null } | 'dropped';

/** The reading of one ZooKeeper log. */
export class ZooKeeperStream implements LogStream {
  readonly #options: StreamOptions;
  readonly #times: LogTimeReader;
  readonly #memory: ZooKeeperMemory;
  readonly #tags = new Map<string, ZooKeeperTag>();
  readonly #peerIds = new Map<string, string>();
  /** From the log itself, for lines that do not say. */
  #learntId: string | null = null;
  #isDisagreementTold = false;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#times = new LogTimeReader(options.timeZone);
    this.#memory = new ZooKeeperMemory({
      isMember: (id) => options.ensemble.hasServer(id),
      memberAt: (address) => this.#memberAt(address),
      voters: () => options.ensemble.voters,
    });
  }

  parse(line: string): ParsedLine {
    const parts = readZooKeeperLine(line);
    if (parts === null) return CONTINUATION;
    if (parts.level === 'DEBUG' || parts.level === 'TRACE') return DROPPED_DEBUG;
    const timeMs = this.#times.read(line, parts.timeAt);
    if (Number.isNaN(timeMs)) return DROPPED_BAD_TIME;
    const tag = this.#readTag(parts.tag);
    const ownId = this.#ownId(parts, tag);
    if (ownId === null) return DROPPED_UNKNOWN_OBSERVER;

    const { about } = tag;
    const socket = about.kind === 'address' ? about.socket : null;
    this.#memory.note(parts.className, parts.content, ownId, socket);
    const subject = this.#subjectOf(about, parts.className, ownId);
    if (subject === 'dropped') return DROPPED_UNKNOWN_SUBJECT;
    return { kind: 'record', record: this.#record(line, parts, timeMs, ownId, tag, subject.id) };
  }

  resolveSubject(token: string, record: LogRecord): ResolvedSubject {
    const literal = token.startsWith('peer@') ? token.slice('peer@'.length) : token;
    if (/^-?\d+$/.test(literal)) {
      const id = peerId(literal);
      return this.#options.ensemble.hasServer(literal) ? { kind: 'entity', id } : { kind: 'unknown', id };
    }
    const endpoints = parseEndpoints(token);
    const owner = this.#ownerOf(endpoints);
    if (owner.kind !== 'unknown') return owner;
    if (endpoints.some(({ ip }) => ip === '0.0.0.0' || ip === '0:0:0:0:0:0:0:0')) {
      return { kind: 'entity', id: record.observer };
    }
    return { kind: 'unknown', id: peerId(literal) };
  }

  memory(): unknown {
    const lastTimeMs = Number.isFinite(this.#times.lastMs) ? this.#times.lastMs : null;
    return { learntId: this.#learntId, lastTimeMs, cluster: this.#memory.save() };
  }

  restore(memory: unknown): void {
    if (typeof memory !== 'object' || memory === null) return;
    const { learntId, lastTimeMs, cluster } = { learntId: null, lastTimeMs: null, cluster: null, ...memory };
    if (typeof learntId === 'string' && /^\d+$/.test(learntId)) this.#learntId = learntId;
    if (typeof lastTimeMs === 'number') this.#times.resumeAfter(lastTimeMs);
    this.#memory.load(cluster);
  }

  #record(
    line: string,
    parts: ZooKeeperLine,
    timeMs: number,
    ownId: string,
    { about, context }: ZooKeeperTag,
    subjectId: string | null,
  ): LogRecord {
    const isReplaced = about.kind === 'address' && this.#memory.isReplaced(about.socket);
    return {
      timeMs,
      observer: this.#peerId(ownId),
      tagSubject: subjectId === null ? null : this.#peerId(subjectId),
      tagContext: context,
      message: parts.content,
      fields: {
        time: line.slice(parts.timeAt, parts.timeAt + 23),
        id: ownId,
        level: parts.level,
        tag: parts.tag,
        class: parts.className,
        line: parts.sourceLine,
        content: parts.content,
        tag_subject: subjectId ?? '',
        tag_context: context,
        role: this.#memory.role,
        leader: this.#memory.leader,
        link: isReplaced ? 'replaced' : '',
        quorum: this.#memory.quorum,
        voter: this.#memory.voter,
        myid: ownId,
      },
    };
  }

  /** The line's own word, else its thread's, else what is configured, else what earlier lines said. */
  #ownId({ id, content }: ZooKeeperLine, tag: ZooKeeperTag): string | null {
    const { ownId } = this.#options;
    const stated = isNumber(id) ? id : tag.ownId;
    if (stated !== null) {
      if (stated !== ownId && stated !== this.#learntId) this.#learn(stated);
      return stated;
    }
    if (ownId !== null) return ownId;
    if (this.#learntId === null) {
      const match = OWN_ID_IN_CONTENT.exec(content);
      const learnt = match?.[1] ?? match?.[2] ?? match?.[3];
      if (learnt !== undefined) this.#learn(learnt);
    }
    return this.#learntId;
  }

  #learn(id: string): void {
    this.#learntId = id;
    const { ownId, ensemble, notice } = this.#options;
    if (this.#isDisagreementTold) return;
    if (ownId !== null && ownId !== id) {
      notice(`the log says that it is of server ${id}, the configuration says ${ownId}; the log is believed`);
      this.#isDisagreementTold = true;
    } else if (!ensemble.hasServer(id)) {
      notice(`the log is of server ${id}, which the ensemble file does not name`);
      this.#isDisagreementTold = true;
    }
  }

  #subjectOf(about: TagSubject, className: string, ownId: string): ResolvedTag {
    if (about.kind === 'self') return { id: ownId };
    const { ensemble } = this.#options;
    if (about.kind === 'server') return ensemble.hasServer(about.id) ? { id: about.id } : 'dropped';
    // Until 3.5 the listener's thread is named after the address it listens on.
    if (className === LISTENER_CLASS) return { id: ownId };
    const learner = this.#memory.learnerAt(about.socket);
    if (learner !== null) return { id: learner };
    const owner = ensemble.entities.ownerOfEndpoint(about.endpoint);
    if (owner.kind === 'entity') return { id: serverIdOfPeer(owner.id) };
    if (owner.kind === 'ambiguous') return { id: null };
    ensemble.unknownAddressSeen();
    return 'dropped';
  }

  #memberAt(address: string): string | null {
    const owner = this.#ownerOf(parseEndpoints(address));
    return owner.kind === 'entity' ? serverIdOfPeer(owner.id) : null;
  }

  #ownerOf(endpoints: ReturnType<typeof parseEndpoints>): AddressOwner {
    const { ensemble } = this.#options;
    const owner = ensemble.entities.ownerOfAll(endpoints);
    if (owner.kind === 'unknown' && endpoints.length > 0) ensemble.unknownAddressSeen();
    return owner;
  }

  #readTag(text: string): ZooKeeperTag {
    // Such names (`Thread-4711`) say nothing, and there is no end to them.
    if (!text.includes(':') && !text.includes('[')) return { about: SELF, context: text, ownId: null };
    let tag = this.#tags.get(text);
    if (tag === undefined) {
      if (this.#tags.size >= MAX_TAGS) this.#tags.clear();
      tag = readZooKeeperTag(text);
      this.#tags.set(text, tag);
    }
    return tag;
  }

  #peerId(id: string): string {
    let peer = this.#peerIds.get(id);
    if (peer === undefined) {
      if (this.#peerIds.size >= MAX_TAGS) this.#peerIds.clear();
      peer = peerId(id);
      this.#peerIds.set(id, peer);
    }
    return peer;
  }
}

function isNumber(text: string): boolean {
  if (text === '') return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return true;
}
