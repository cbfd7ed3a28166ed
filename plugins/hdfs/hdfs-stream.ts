import { LogTimeReader } from '../log-time.js';
import type { LogRecord, LogStream, ParsedLine, ResolvedSubject } from '../log-plugin.js';
import { HdfsDirectory } from './hdfs-directory.js';
import { classOfLogger, readHdfsLine, type HdfsLine } from './hdfs-line-format.js';
import { HdfsMemory } from './hdfs-memory.js';
import type { MembersView } from './hdfs-members.js';
import { OwnIdentity, type AssumedIdentity, type StatedIdentity } from './own-identity.js';
import { SubjectResolver } from './subject-resolver.js';

export interface HdfsStreamOptions {
  readonly members: MembersView;
  readonly stated: StatedIdentity;
  readonly assumed: AssumedIdentity;
  readonly timeZone: string | null;
}

const CONTINUATION: ParsedLine = { kind: 'continuation' };
const DROPPED_DEBUG: ParsedLine = { kind: 'dropped', reason: 'debug-level' };
const DROPPED_BAD_TIME: ParsedLine = { kind: 'dropped', reason: 'bad-time' };
const DROPPED_UNKNOWN_OBSERVER: ParsedLine = { kind: 'dropped', reason: 'unknown-observer' };

/** Length of `yy/MM/dd HH:mm:ss`, which has no century and no fraction. */
const SHORT_TIME_LENGTH = 17;

/** The reading of one HDFS log. */
export class HdfsStream implements LogStream {
  readonly #times: LogTimeReader;
  readonly #directory: HdfsDirectory;
  readonly #own: OwnIdentity;
  readonly #memory: HdfsMemory;
  readonly #subjects: SubjectResolver;

  constructor({ members, stated, assumed, timeZone }: HdfsStreamOptions) {
    this.#times = new LogTimeReader(timeZone);
    this.#directory = new HdfsDirectory(members);
    this.#own = new OwnIdentity(stated, assumed, this.#directory);
    this.#memory = new HdfsMemory(this.#directory);
    this.#subjects = new SubjectResolver(this.#directory);
  }

  parse(line: string): ParsedLine {
    const parts = readHdfsLine(line);
    if (parts === null) {
      this.#own.noteContinuation(line);
      return CONTINUATION;
    }
    if (parts.level === 'DEBUG' || parts.level === 'TRACE') return DROPPED_DEBUG;
    const timeMs = this.#times.read(fullTime(parts.time));
    if (Number.isNaN(timeMs)) return DROPPED_BAD_TIME;

    const className = classOfLogger(parts.logger);
    this.#own.noteRecord(className, parts.content);
    const { id: ownId, role } = this.#own;
    this.#memory.note(className, parts.content, role, ownId);
    if (ownId === null) return DROPPED_UNKNOWN_OBSERVER;
    return { kind: 'record', record: this.#record(parts, className, timeMs, ownId) };
  }

  resolveSubject(token: string, record: LogRecord): ResolvedSubject {
    return this.#subjects.resolve(token, record);
  }

  memory(): unknown {
    const lastTimeMs = Number.isFinite(this.#times.lastMs) ? this.#times.lastMs : null;
    return {
      lastTimeMs,
      directory: this.#directory.save(),
      own: this.#own.save(),
      events: this.#memory.save(),
    };
  }

  restore(memory: unknown): void {
    if (typeof memory !== 'object' || memory === null) return;
    const nothing = { lastTimeMs: null, directory: null, own: null, events: null };
    const { lastTimeMs, directory, own, events } = { ...nothing, ...memory };
    if (typeof lastTimeMs === 'number') this.#times.resumeAfter(lastTimeMs);
    this.#directory.load(directory);
    this.#own.load(own);
    this.#memory.load(events);
  }

  #record(parts: HdfsLine, className: string, timeMs: number, ownId: string): LogRecord {
    const { implied, phase, pipeline } = this.#memory;
    const subject = implied.kind === 'self' ? ownId : implied.kind === 'entity' ? implied.id : null;
    return {
      timeMs,
      observer: ownId,
      tagSubject: subject,
      tagContext: className,
      message: parts.content,
      fields: {
        time: parts.time,
        level: parts.level,
        logger: parts.logger,
        class: className,
        thread: parts.thread,
        file: parts.file,
        method: parts.method,
        line: parts.line,
        content: parts.content,
        tag_subject: subject ?? '',
        tag_context: className,
        role: this.#own.role ?? '',
        phase,
        pipeline,
      },
    };
  }
}

function fullTime(time: string): string {
  return time.length === SHORT_TIME_LENGTH ? `20${time.replaceAll('/', '-')},000` : time;
}
