import { LOG_TIME_LENGTH } from '../log-time.js';

/**
 * One line of a Cassandra log taken apart, for what 3.11 to 5.0 print as shipped and as packaged:
 *
 *     INFO  [GossipStage:1] 2024-03-16 16:39:12,368 Gossiper.java:1198 - InetAddress /10.0.0.2:7000 is now DOWN
 *
 * The level may be padded or not, two blanks or a product's name may follow the time (DSE), a node's
 * name may stand before it (in-JVM tests), file and line may be `?`, and a logger's name without a line may stand in their
 * place. The layout that Cassandra had until 2.0 is read too:
 *
 *      INFO [main] 2013-05-10 10:12:11,123 CassandraDaemon.java (line 118) Logging initialized
 *
 * A scanner rather than a regular expression: it touches each character of the prefix once and never
 * backtracks, whatever a hostile line holds.
 */
export interface CassandraLine {
  readonly level: string;
  /** Name of the thread that wrote the line; may hold brackets, colons and addresses. */
  readonly thread: string;
  /** Where the time stamp starts; it is LOG_TIME_LENGTH characters long. */
  readonly timeAt: number;
  /** Source file of the call. Throttled lines carry `NoSpamLogger.java` instead of their own. */
  readonly file: string;
  /** Line of the source file or `?`; empty when the layout prints none. */
  readonly sourceLine: string;
  readonly content: string;
}

const DASH = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const QUESTION = 63;
const UPPER_A = 65;
const UPPER_T = 84;
const UPPER_Z = 90;
const OPEN = 91;
const SPACE = 32;
const DOLLAR = 36;
const COMMA = 44;
const UNDERSCORE = 95;
const LOWER_A = 97;
const LOWER_Z = 122;

const LEVELS: ReadonlySet<string> = new Set(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']);
const MAX_LEVEL_LENGTH = 5;
/** Bound the searches, so that no line costs more than linear time. */
const MAX_THREAD_LENGTH = 512;
const MAX_NAME_LENGTH = 64;
const OLD_LINE = ' (line ';

/** Null: the line does not start a record. */
export function readCassandraLine(line: string): CassandraLine | null {
  // Nearly all lines that start no record (`\tat ...`, `java.lang...`) end within these two steps.
  const levelAt = line.charCodeAt(0) === SPACE ? 1 : 0;
  let at = levelAt;
  while (at - levelAt <= MAX_LEVEL_LENGTH && isUpperCase(line.charCodeAt(at))) at += 1;
  const level = line.slice(levelAt, at);
  if (!LEVELS.has(level) || line.charCodeAt(at) !== SPACE) return null;
  while (line.charCodeAt(at) === SPACE && at < MAX_LEVEL_LENGTH + 3) at += 1;
  if (line.charCodeAt(at) !== OPEN) return null;

  const threadAt = at + 1;
  const limit = threadAt + MAX_THREAD_LENGTH;
  // A thread's name may itself hold `] `, so the first one with a time behind it counts.
  for (let end = line.indexOf('] ', threadAt); end >= 0 && end < limit;) {
    const timeAt = timeAfter(line, end + 2);
    if (timeAt >= 0) return readOrigin(line, level, line.slice(threadAt, end), timeAt);
    end = line.indexOf('] ', end + 1);
  }
  return null;
}

/** Where the time stands, a node's name before it allowed; -1 when there is none. */
function timeAfter(line: string, at: number): number {
  if (looksLikeTime(line, at)) return at;
  let end = at;
  while (end - at < MAX_NAME_LENGTH && isNamePart(line.charCodeAt(end))) end += 1;
  return end > at && line.charCodeAt(end) === SPACE && looksLikeTime(line, end + 1) ? end + 1 : -1;
}

function readOrigin(line: string, level: string, thread: string, timeAt: number): CassandraLine | null {
  let at = timeAt + LOG_TIME_LENGTH;
  if (line.charCodeAt(at) !== SPACE) return null;
  at += line.charCodeAt(at + 1) === SPACE ? 2 : 1;

  let fileAt = at;
  at = nameEnd(line, at);
  if (line.charCodeAt(at) === SPACE && isNamePart(line.charCodeAt(at + 1)) && at > fileAt) {
    // DSE 6.8 names the product before the file; a dash there would be the end of the origin.
    const nextEnd = nameEnd(line, at + 1);
    if (line.charCodeAt(nextEnd) === COLON) {
      fileAt = at + 1;
      at = nextEnd;
    }
  }
  if (at === fileAt) return null;
  const file = line.slice(fileAt, at);

  if (line.startsWith(OLD_LINE, at)) {
    const lineAt = at + OLD_LINE.length;
    const lineEnd = numberEnd(line, lineAt);
    if (lineEnd === lineAt || !line.startsWith(') ', lineEnd)) return null;
    const content = line.slice(lineEnd + 2);
    return { level, thread, timeAt, file, sourceLine: line.slice(lineAt, lineEnd), content };
  }
  let sourceLine = '';
  if (line.charCodeAt(at) === COLON) {
    const lineEnd = numberEnd(line, at + 1);
    if (lineEnd === at + 1) return null;
    sourceLine = line.slice(at + 1, lineEnd);
    at = lineEnd;
  }
  if (line.charCodeAt(at) !== SPACE || line.charCodeAt(at + 1) !== DASH) return null;
  // An empty message leaves ` -` where a tool has cut the blank at the end of the line.
  const content = line.slice(line.charCodeAt(at + 2) === SPACE ? at + 3 : at + 2);
  return { level, thread, timeAt, file, sourceLine, content };
}

function nameEnd(line: string, from: number): number {
  let at = from;
  while (isNamePart(line.charCodeAt(at))) at += 1;
  return at;
}

/** Behind the digits, or the `?`, that stand at `at`. */
function numberEnd(line: string, at: number): number {
  if (line.charCodeAt(at) === QUESTION) return at + 1;
  let end = at;
  while (isDigit(line.charCodeAt(end))) end += 1;
  return end;
}

/** `yyyy-MM-dd HH:mm:ss,SSS` by its separators alone; whether it is a time is checked when read. */
function looksLikeTime(line: string, at: number): boolean {
  const separator = line.charCodeAt(at + 10);
  const fraction = line.charCodeAt(at + 19);
  return (
    line.charCodeAt(at + 4) === DASH &&
    line.charCodeAt(at + 7) === DASH &&
    (separator === SPACE || separator === UPPER_T) &&
    line.charCodeAt(at + 13) === COLON &&
    line.charCodeAt(at + 16) === COLON &&
    (fraction === COMMA || fraction === DOT)
  );
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isUpperCase(code: number): boolean {
  return code >= UPPER_A && code <= UPPER_Z;
}

function isNamePart(code: number): boolean {
  return (
    (code >= LOWER_A && code <= LOWER_Z) ||
    isUpperCase(code) ||
    isDigit(code) ||
    code === DOT ||
    code === DOLLAR ||
    code === UNDERSCORE ||
    code === DASH ||
    code === QUESTION
  );
}
