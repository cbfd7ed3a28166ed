import { LOG_TIME_LENGTH } from '../log-time.js';

/**
 * One line of a ZooKeeper log taken apart, for what 3.4 to 3.9 print with log4j and with logback:
 *
 *     2017-05-26 18:45:58,381 [myid:9] - WARN  [SyncThread:9:FileTxnLog@334] - fsync-ing the ...
 *
 * `[myid:..]` may be missing or empty, the class may be `o.a.z.s.q.QuorumPeer`, the line number `?`,
 * and a group such as `[sid:0x1]` may follow the bracket. Kafka's layout is read too:
 *
 *     [2021-05-01 12:00:00,123] INFO Received connection request from /10.0.0.5:41628 (org...Listener)
 *
 * A scanner rather than a regular expression: it touches each character of the prefix once and never
 * backtracks, whatever a hostile line holds.
 */
export interface ZooKeeperLine {
  /** Where the time stamp starts; it is LOG_TIME_LENGTH characters long. */
  readonly timeAt: number;
  /** What `[myid:..]` holds: a number, nothing, or a client's host:port; empty when it is missing. */
  readonly id: string;
  readonly level: string;
  /** Name of the thread that wrote the line; empty in Kafka's layout. */
  readonly tag: string;
  /** Without its package: `QuorumCnxManager$Listener`. */
  readonly className: string;
  /** Line of the source file or `?`; empty in Kafka's layout. */
  readonly sourceLine: string;
  readonly content: string;
}

const DASH = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const QUESTION = 63;
const AT = 64;
const UPPER_A = 65;
const UPPER_Z = 90;
const OPEN = 91;
const CLOSE = 93;
const SPACE = 32;
const DOLLAR = 36;
const UNDERSCORE = 95;
const LOWER_A = 97;
const LOWER_Z = 122;
const CLOSE_PAREN = 41;

const MYID = '[myid:';
const END_OF_ORIGIN = '] - ';
/** Bounds the search for the origin, so that no line costs more than linear time. */
const MAX_ORIGIN_LENGTH = 1024;
const MAX_GROUP_LENGTH = 128;

/** Null: the line does not start a record. */
export function readZooKeeperLine(line: string): ZooKeeperLine | null {
  const first = line.charCodeAt(0);
  // Nearly all lines that start no record (`\tat ...`, `java.lang...`) end here.
  if (first >= ZERO && first <= NINE) return readShippedLayout(line);
  return first === OPEN && isDigit(line.charCodeAt(1)) ? readKafkaLayout(line) : null;
}

function readShippedLayout(line: string): ZooKeeperLine | null {
  let at = LOG_TIME_LENGTH;
  if (!looksLikeTime(line, 0) || line.charCodeAt(at) !== SPACE) return null;
  at += 1;

  let id = '';
  if (line.charCodeAt(at) === OPEN) {
    const close = line.indexOf(']', at);
    if (close < 0 || !line.startsWith(MYID, at) || line.charCodeAt(close + 1) !== SPACE) return null;
    id = line.slice(at + MYID.length, close);
    at = close + 2;
  }
  if (line.charCodeAt(at) !== DASH || line.charCodeAt(at + 1) !== SPACE) return null;
  at += 2;

  const levelAt = at;
  while (isUpperCase(line.charCodeAt(at))) at += 1;
  const levelEnd = at;
  while (line.charCodeAt(at) === SPACE) at += 1;
  if (levelEnd === levelAt || at === levelEnd || line.charCodeAt(at) !== OPEN) return null;
  const tagAt = at + 1;

  // A thread's name may itself hold `] - `, so the first one with `:Class@line` before it counts.
  const limit = tagAt + MAX_ORIGIN_LENGTH;
  for (let end = line.indexOf(END_OF_ORIGIN, tagAt); end >= 0 && end < limit;) {
    const origin = originBefore(line, tagAt, end) ?? originBeforeGroup(line, tagAt, end);
    if (origin === null) {
      end = line.indexOf(END_OF_ORIGIN, end + 1);
      continue;
    }
    return {
      timeAt: 0,
      id,
      level: line.slice(levelAt, levelEnd),
      tag: line.slice(tagAt, origin.colon),
      className: line.slice(origin.classAt, origin.at),
      sourceLine: line.slice(origin.at + 1, origin.end),
      content: line.slice(end + END_OF_ORIGIN.length),
    };
  }
  return null;
}

/** Positions within `tag:package.Class@line`: each is where the part ends. */
interface Origin {
  readonly colon: number;
  readonly classAt: number;
  readonly at: number;
  readonly end: number;
}

/** Reads `:package.Class@line` backwards from `end`; null when that is not what stands there. */
function originBefore(line: string, tagAt: number, end: number): Origin | null {
  let at = end - 1;
  if (line.charCodeAt(at) === QUESTION) at -= 1;
  else while (isDigit(line.charCodeAt(at))) at -= 1;
  if (at === end - 1 || line.charCodeAt(at) !== AT) return null;
  let colon = at - 1;
  let classAt = -1;
  for (; colon > tagAt; colon -= 1) {
    const code = line.charCodeAt(colon);
    if (code === DOT) {
      if (classAt < 0) classAt = colon + 1;
    } else if (!isNamePart(code)) break;
  }
  if (classAt < 0) classAt = colon + 1;
  if (colon <= tagAt || classAt === at || line.charCodeAt(colon) !== COLON) return null;
  return { colon, classAt, at, end };
}

/** The same with a group of its own between the origin and `end`: `:Class@12][sid:0x1`. */
function originBeforeGroup(line: string, tagAt: number, end: number): Origin | null {
  const lowest = Math.max(tagAt, end - MAX_GROUP_LENGTH);
  for (let open = end - 1; open > lowest; open -= 1) {
    if (line.charCodeAt(open) === OPEN) {
      return line.charCodeAt(open - 1) === CLOSE ? originBefore(line, tagAt, open - 1) : null;
    }
  }
  return null;
}

function readKafkaLayout(line: string): ZooKeeperLine | null {
  const afterTime = 1 + LOG_TIME_LENGTH;
  if (!looksLikeTime(line, 1) || line.charCodeAt(afterTime) !== CLOSE) return null;
  if (line.charCodeAt(afterTime + 1) !== SPACE) return null;
  const levelAt = afterTime + 2;
  let at = levelAt;
  while (isUpperCase(line.charCodeAt(at))) at += 1;
  if (at === levelAt || line.charCodeAt(at) !== SPACE) return null;
  const level = line.slice(levelAt, at);

  const contentAt = at + 1;
  const open = line.lastIndexOf(' (');
  const hasLogger = line.charCodeAt(line.length - 1) === CLOSE_PAREN && open >= contentAt;
  // A message of several lines has its logger on its last one; the record then has no class.
  const logger = hasLogger ? line.slice(open + 2, -1) : '';
  return {
    timeAt: 1,
    id: '',
    level,
    tag: '',
    className: logger.slice(logger.lastIndexOf('.') + 1),
    sourceLine: '',
    content: line.slice(contentAt, hasLogger ? open : undefined),
  };
}

/** `yyyy-MM-dd HH:mm:ss,SSS` by its separators alone; whether it is a time is checked when read. */
function looksLikeTime(line: string, at: number): boolean {
  const fraction = line.charCodeAt(at + 19);
  const separator = line.charCodeAt(at + 10);
  return (
    line.charCodeAt(at + 4) === DASH &&
    line.charCodeAt(at + 7) === DASH &&
    (separator === SPACE || separator === 84) &&
    line.charCodeAt(at + 13) === COLON &&
    line.charCodeAt(at + 16) === COLON &&
    (fraction === 44 || fraction === DOT)
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
    code === DOLLAR ||
    code === UNDERSCORE
  );
}
