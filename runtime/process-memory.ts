import { totalmem } from 'node:os';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The memory of this process, as it is handed to what keeps within a limit. */
export interface ProcessMemory {
  /** Resident memory, bytes. */
  residentBytes(): number;
  /** Gives garbage back to the system; stops everything else for a fraction of a second a gigabyte. */
  collectGarbage(): void;
}

let collect: (() => void) | null = null;

export const processMemory: ProcessMemory = {
  residentBytes: () => process.memoryUsage.rss(),
  collectGarbage() {
    collect ??= garbageCollector();
    collect();
  },
};

/**
 * How far this process can grow before the system or its engine ends it, bytes: the limit of its container or
 * service, the machine's memory, or that of the JavaScript heap, whichever is least.
 */
export function memoryAtMost(): number {
  // 0 where the system does not know, and more than any machine has where there is no limit.
  const constrained = process.constrainedMemory();
  const { heap_size_limit: heap } = getHeapStatistics();
  return Math.min(constrained > 0 ? constrained : Infinity, totalmem(), heap);
}

/** Node shows it only to programs that are started with a flag; to others, in a new context. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? () => void Reflect.apply(found, undefined, []) : () => undefined;
}
