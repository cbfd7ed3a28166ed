import { closeSync, openSync, writeSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import type { Clock } from '../runtime/clock.js';
import { every } from '../runtime/clock.js';
import { describeError, fileError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';

/** Milliseconds between two lines. */
const PERIOD_MS = 5000;

const MEGABYTE = 1024 * 1024;

/**
 * Writes the memory in use to a CSV file with the original's columns: the time (ISO 8601, UTC, without
 * a heading), then in MB `alloc` (JavaScript objects and buffers in use), `total_alloc` (what the heap
 * has reserved for them) and `sys` (resident set), and `gc`, the garbage collections since the start.
 * Throws FILE_UNWRITABLE; a line that cannot be written later is logged and left out.
 */
export function writeMemoryUsage(file: string, clock: Clock, logger: Logger): { stop(): void } {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w');
    writeSync(descriptor, 'alloc,total_alloc,sys,gc\n');
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'cannot write the memory usage to', file, error);
  }
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  observer.observe({ entryTypes: ['gc'] });

  const write = (): void => {
    const { heapUsed, heapTotal, rss, external } = process.memoryUsage();
    const megabytes = [heapUsed + external, heapTotal + external, rss].map((bytes) => bytes / MEGABYTE);
    const fields = [
      new Date(clock.now()).toISOString(),
      ...megabytes.map((value) => value.toFixed(4)),
      collections,
    ];
    try {
      writeSync(descriptor, `${fields.join(',')}\n`);
    } catch (error) {
      // A full disk is no reason to stop aggregating.
      logger.warn('the memory usage could not be written', { file, reason: describeError(error) });
    }
  };
  write();
  const timer = every(clock, PERIOD_MS, write);
  return {
    stop() {
      timer.cancel();
      observer.disconnect();
      closeSync(descriptor);
    },
  };
}
