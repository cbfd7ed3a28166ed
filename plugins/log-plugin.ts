import type { Clock } from '../runtime/clock.js';

/**
 * What hview has to know of a system to read its logs: the record format, who the peers are, and
 * what a stream of records remembers. Anyone can implement it in one file outside this repository.
 */

/** One record of a log, taken apart. */
export interface LogRecord {
  /** When the record was written: milliseconds since 1970 UTC, the log's time zone already applied. */
  readonly timeMs: number;
  /** Entity id of the one whose log this is, such as `peer@9`. */
  readonly observer: string;
  /** Entity id that the record's tag speaks of; null when a rule has to name the subject itself. */
  readonly tagSubject: string | null;
  /** The context that the tag gives, used by rules that name none. */
  readonly tagContext: string;
  /** The text a person would quote: the record's message without its prefix. */
  readonly message: string;
  /**
   * What filter clauses test, by field name. A field that is absent tests as the empty string. The
   * assembler adds `detail`: the record's continuation lines joined by line feeds.
   */
  readonly fields: Readonly<Record<string, string>>;
}

/** What one physical line turned out to be. */
export type ParsedLine =
  | { readonly kind: 'record'; readonly record: LogRecord }
  /** Belongs to the record before it (a stack trace, a wrapped message). */
  | { readonly kind: 'continuation' }
  /** A record that must not become an observation; the reason is counted. */
  | { readonly kind: 'dropped'; readonly reason: DropReason };

export type DropReason =
  /** Below the level that rules are meant for. */
  | 'debug-level'
  /** The tag names a server that is not part of the cluster. */
  | 'unknown-tag-subject'
  /** Nobody knows whose log this is: no id in the line, none configured. */
  | 'unknown-observer'
  /** The time stamp is no time. */
  | 'bad-time';

/** What a subject token (`10.0.0.5`, `9`, `zk3.example.org`) stands for. */
export type ResolvedSubject =
  | { readonly kind: 'entity'; readonly id: string }
  /** Not an address or id of the cluster; `id` is the entity id it has if taken literally. */
  | { readonly kind: 'unknown'; readonly id: string }
  /** Several members share the address, so nobody can be named. */
  | { readonly kind: 'ambiguous' };

/** The reading of one log, from its first line on. Holds what later lines need from earlier ones. */
export interface LogStream {
  /** `line`: one line without its line end. */
  parse(line: string): ParsedLine;
  /** Looks up a subject that a rule captured from `record` or names literally. */
  resolveSubject(token: string, record: LogRecord): ResolvedSubject;
  /** What the stream remembers, as JSON data, so that a checkpoint can carry it over a restart. */
  memory(): unknown;
  /** Takes over what `memory` gave; anything it does not understand is ignored. */
  restore(memory: unknown): void;
}

export interface LogPlugin {
  /** As typed on the command line: `zookeeper`. */
  readonly name: string;
  /** The module that observers register under, `ZooKeeper`. */
  readonly module: string;
  /** Entity id of the node whose log is read, when known before the first line. */
  readonly observer: string | null;
  /** File name of its bundled rule set, without folder; null when it has none. */
  readonly defaultRuleSet: string | null;
  /**
   * Fields whose value always stands letter for letter in the record's first line. Only these let the
   * matcher skip lines by looking for a rule's literal text.
   */
  readonly verbatimFields: readonly string[];
  /**
   * A line that contains one of these is always parsed, whatever the rules say, because the stream
   * remembers something from it.
   */
  readonly memoryLiterals: readonly string[];
  /** Starts the reading of one log file. */
  openStream(): LogStream;
  /** Releases watchers and timers. */
  close(): void;
}

/** One option of a plugin's command line, as in `--ensemble conf/zoo.cfg`. */
export interface PluginOption {
  readonly name: string;
  readonly help: string;
  readonly default?: string;
}

export interface PluginContext {
  /** Option values by name, defaults filled in; absent when neither given nor defaulted. */
  readonly options: Readonly<Record<string, string>>;
  /** Time zone of the log's time stamps: an IANA name; null: the host's own. */
  readonly timeZone: string | null;
  /** Called when something is noteworthy but not fatal (an address changed, a host does not resolve). */
  readonly notice: (message: string) => void;
  /** Time for what a plugin does by itself, such as looking up host names again; absent: the system's. */
  readonly clock?: Clock;
}

/** How a plugin is found and built. A user's own module exports one of these as its default. */
export interface LogPluginFactory {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly PluginOption[];
  /** The fields that its records can have, for finding misspelt ones in rules; absent: not told. */
  readonly fields?: readonly string[];
  /** Throws HviewError CONFIG_INVALID (file, line, what is wrong) when the cluster cannot be read. */
  create(context: PluginContext): Promise<LogPlugin>;
  /**
   * A plugin over the made-up cluster that the Examples of rule sets speak of, its log in UTC; absent:
   * examples can only be run with a real configuration.
   */
  createForExamples?(): LogPlugin;
}
