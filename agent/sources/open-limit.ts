import { readFileSync } from 'node:fs';

/** Logs of a source that are open at once where the system lets us. */
const MOST = 256;

/** Descriptors for everything but logs: the spool, checkpoints, the connection, Node itself. */
const OTHERS = 48;

/** A log that is rotated has its old files open for a while. */
const DESCRIPTORS_PER_LOG = 2;

/** How many logs may be open at once with the descriptors that this process has. */
export function openLogsLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const descriptors = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
    return Math.max(4, Math.min(MOST, Math.floor((descriptors - OTHERS) / DESCRIPTORS_PER_LOG)));
  } catch {
    // A system without /proc; its usual limit is 256 or more.
    return MOST / 4;
  }
}
