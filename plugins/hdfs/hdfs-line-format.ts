/**
 * One line of an HDFS log taken apart, for the layouts in which Hadoop 2.10 to 3.4 are found:
 *
 *     2022-12-02 15:22:04,287 INFO org.apache.hadoop.hdfs.StateChange: BLOCK* ...
 *     16/08/09 16:33:59 WARN client.QuorumJournalManager: Waited ...
 *     2016-03-23 17:12:27,304 WARN  namenode.FSEditLog (JournalSet.java:mapJournals(364)) - ...
 *     2016-03-23 17:12:27,304 INFO [IPC Server handler 3 on 8020] org.apache...ipc.Server: ...
 *     2022-08-22 02:46:31,838 - INFO  [org.apache...Monitor@132e0cc:DatanodeManager@752] - BLOCK* ...
 *
 * The expressions below are anchored and have no two ways to match one text, and the search for the
 * end of a thread's name is bounded, so that a line costs time in proportion to its length.
 */
export interface HdfsLine {
  /** As printed: 23 characters, or 17 with a year of two digits and no fraction. */
  readonly time: string;
  readonly level: string;
  /** Empty where the layout has none. */
  readonly thread: string;
  /** The logger's name as printed, with or without its package; the class in the layout with `@`. */
  readonly logger: string;
  /** Source file, method and line; empty where the layout has none. */
  readonly file: string;
  readonly method: string;
  readonly line: string;
  readonly content: string;
}

const HEAD =
  /^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[,.]\d{3}|\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d) (- )?([A-Z]{4,5}) {1,2}(\[?)/;
const LOGGER = /([\w$.-]{1,300})(?: \(([\w$]{1,100}\.java):([\w$<>]{1,200})\((\d{1,9})\)\))?(?:: ?| - )/y;
/** `:DatanodeManager@752` at the end of a thread's name. */
const ORIGIN = /:([\w$.]{1,300})@(\d{1,9}|\?)$/;

/** Bounds the search for the end of a thread's name. */
const MAX_THREAD_LENGTH = 1024;
/** A name holds a few brackets of its own at most. */
const MAX_BRACKETS = 32;

/** Null: the line does not start a record. */
export function readHdfsLine(text: string): HdfsLine | null {
  const first = text.charCodeAt(0);
  // Nearly all lines that start no record (`\tat ...`, `java.io...`) end here.
  if (!(first >= 48 && first <= 57)) return null;
  const head = HEAD.exec(text);
  if (head === null) return null;
  const [{ length: end }, time = '', dash, level = '', bracket] = head;
  if (bracket === '') return dash === undefined ? readOrigin(text, end, time, level, '') : null;
  return readThread(text, end, time, level, dash !== undefined);
}

/** The name ends where what must follow it does; it may hold brackets itself. */
function readThread(
  text: string,
  start: number,
  time: string,
  level: string,
  hasClassInside: boolean,
): HdfsLine | null {
  const limit = start + MAX_THREAD_LENGTH;
  let close = text.indexOf(']', start);
  for (let tried = 0; close >= 0 && close < limit && tried < MAX_BRACKETS; tried += 1) {
    const read = hasClassInside
      ? readClassInThread(text, start, close, time, level)
      : text.charCodeAt(close + 1) === 32
        ? readOrigin(text, close + 2, time, level, text.slice(start, close))
        : null;
    if (read !== null) return read;
    close = text.indexOf(']', close + 1);
  }
  return null;
}

function readClassInThread(
  text: string,
  start: number,
  close: number,
  time: string,
  level: string,
): HdfsLine | null {
  if (!text.startsWith('] - ', close)) return null;
  const inside = text.slice(start, close);
  // Bounded like the search itself; an expression with `$` alone would try every colon.
  const colon = inside.lastIndexOf(':');
  const origin = colon < 0 ? null : ORIGIN.exec(inside.slice(colon));
  if (origin === null) return null;
  const [, logger = '', line = ''] = origin;
  const content = text.slice(close + '] - '.length);
  return { time, level, thread: inside.slice(0, colon), logger, file: '', method: '', line, content };
}

function readOrigin(text: string, at: number, time: string, level: string, thread: string): HdfsLine | null {
  LOGGER.lastIndex = at;
  const match = LOGGER.exec(text);
  if (match === null) return null;
  const [whole, logger = '', file = '', method = '', line = ''] = match;
  return { time, level, thread, logger, file, method, line, content: text.slice(at + whole.length) };
}

/** The last part of a logger's name, which is the same in every layout. */
export function classOfLogger(logger: string): string {
  return logger.slice(logger.lastIndexOf('.') + 1);
}
