import { LogTimeReader, LOG_TIME_LENGTH } from '../log-time.js';
import { isWildcardHost } from '../endpoint.js';
import type { LogRecord, LogStream, ParsedLine, ResolvedSubject } from '../log-plugin.js';
import { readCassandraLine, type CassandraLine } from './cassandra-line-format.js';
import { CassandraMemory } from './cassandra-memory.js';
import type { KnownNodes } from './cassandra-nodes.js';
import {
  isHostId,
  literalId,
  nodeId,
  nodeAddress,
  readEndpoint,
  withoutEntityPrefix,
} from './node-address.js';
import { NodeDirectory } from './node-directory.js';

export interface CassandraStreamOptions {
  readonly known: KnownNodes;
  readonly timeZone: string | null;
  readonly notice: (message: string) => void;
}

const CONTINUATION: ParsedLine = { kind: 'continuation' };
const DROPPED_DEBUG: ParsedLine = { kind: 'dropped', reason: 'debug-level' };
const DROPPED_BAD_TIME: ParsedLine = { kind: 'dropped', reason: 'bad-time' };
const DROPPED_UNKNOWN_OBSERVER: ParsedLine = { kind: 'dropped', reason: 'unknown-observer' };

/** `GossipStage:1`, `STREAM-IN-/10.0.0.2:7000`, `Messaging-EventLoop-3-1`: the part that is always there. */
const POOL = /^[A-Za-z_.]+(?:[ -][A-Za-z_.]+)*/;

/** The reading of one Cassandra log. */
export class CassandraStream implements LogStream {
  readonly #options: CassandraStreamOptions;
  readonly #times: LogTimeReader;
  readonly #directory: NodeDirectory;
  readonly #memory: CassandraMemory;
  #isDisagreementTold = false;

  constructor(options: CassandraStreamOptions) {
    this.#options = options;
    this.#times = new LogTimeReader(options.timeZone);
    this.#directory = new NodeDirectory(options.known);
    this.#memory = new CassandraMemory(this.#directory);
  }

  parse(line: string): ParsedLine {
    const parts = readCassandraLine(line);
    if (parts === null) return CONTINUATION;
    // debug.log repeats system.log and adds these; what they teach stands in system.log as well.
    if (parts.level === 'DEBUG' || parts.level === 'TRACE') return DROPPED_DEBUG;
    const timeMs = this.#times.read(line, parts.timeAt);
    if (Number.isNaN(timeMs)) return DROPPED_BAD_TIME;

    this.#memory.note(parts.content, timeMs);
    this.#tellDisagreement();
    const { ownId } = this.#directory;
    if (ownId === null) return DROPPED_UNKNOWN_OBSERVER;
    return { kind: 'record', record: this.#record(line, parts, timeMs, ownId) };
  }

  resolveSubject(token: string, record: LogRecord): ResolvedSubject {
    const text = withoutEntityPrefix(token);
    if (isHostId(text)) {
      const id = this.#directory.nodeOfHostId(text);
      return id === null ? { kind: 'unknown', id: literalId(text) } : { kind: 'entity', id };
    }
    const endpoint = readEndpoint(text);
    if (endpoint === null) return { kind: 'unknown', id: literalId(text) };
    if (endpoint.ip !== null && isWildcardHost(endpoint.ip)) return { kind: 'entity', id: record.observer };
    const owner = this.#directory.ownerOf(endpoint);
    if (owner.kind !== 'unknown') return owner;
    const address = nodeAddress(endpoint, this.#directory.defaultPort);
    return { kind: 'unknown', id: address === null ? literalId(text) : nodeId(address) };
  }

  memory(): unknown {
    const lastTimeMs = Number.isFinite(this.#times.lastMs) ? this.#times.lastMs : null;
    return { lastTimeMs, nodes: this.#directory.save(), cluster: this.#memory.save() };
  }

  restore(memory: unknown): void {
    if (typeof memory !== 'object' || memory === null) return;
    const { lastTimeMs, nodes, cluster } = { lastTimeMs: null, nodes: null, cluster: null, ...memory };
    if (typeof lastTimeMs === 'number') this.#times.resumeAfter(lastTimeMs);
    this.#directory.load(nodes);
    this.#memory.load(cluster);
  }

  #record(line: string, parts: CassandraLine, timeMs: number, ownId: string): LogRecord {
    const tagContext = POOL.exec(parts.thread)?.[0] ?? '';
    const { peer, peerState } = this.#memory;
    return {
      timeMs,
      observer: ownId,
      tagSubject: ownId,
      tagContext,
      message: parts.content,
      fields: {
        time: line.slice(parts.timeAt, parts.timeAt + LOG_TIME_LENGTH),
        level: parts.level,
        thread: parts.thread,
        file: parts.file,
        line: parts.sourceLine,
        content: parts.content,
        tag_subject: ownId,
        tag_context: tagContext,
        phase: this.#memory.phaseAt(timeMs),
        peer: peer === null ? '' : nodeId(peer),
        peer_state: peerState,
      },
    };
  }

  #tellDisagreement(): void {
    const { known, notice } = this.#options;
    const { ownId } = this.#directory;
    if (this.#isDisagreementTold || ownId === null || known.own === null) return;
    const configured = nodeId(known.own);
    if (configured === ownId) return;
    this.#isDisagreementTold = true;
    notice(`the log says that it is of ${ownId}, the configuration says ${configured}; the log is believed`);
  }
}
