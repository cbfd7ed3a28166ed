import { closeSync, openSync, writeSync } from 'node:fs';
import type { Clock } from '../runtime/clock.js';
import { every } from '../runtime/clock.js';
import { fileError } from '../runtime/errors.js';

/** Milliseconds between two lines. */
const PERIOD_MS = 5000;

const MEGABYTE = 1024 * 1024;

/**
 * Writes the memory in use to a CSV file: time (ISO 8601, UTC) and, in MB, the JavaScript heap in use,
 * what it has reserved, the resident set, and what lies outside the heap. Throws FILE_UNWRITABLE.
 */
export function writeMemoryUsage(file: string, clock: Clock): { stop(): void } {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w');
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'cannot write the memory usage to', file, error);
  }
  writeSync(descriptor, 'time,heap_used,heap_total,resident,external\n');
  const write = (): void => {
    const { heapUsed, heapTotal, rss, external } = process.memoryUsage();
    const megabytes = [heapUsed, heapTotal, rss, external].map((bytes) => (bytes / MEGABYTE).toFixed(4));
    writeSync(descriptor, `${[new Date(clock.now()).toISOString(), ...megabytes].join(',')}\n`);
  };
  write();
  const timer = every(clock, PERIOD_MS, write);
  return {
    stop() {
      timer.cancel();
      closeSync(descriptor);
    },
  };
}
