/**
 * The writer of the latency measurement: `append-lines.js LOG LINES_PER_SECOND SECONDS`. Appends lines
 * of ZooKeeper's one by one, as a logger does, each a finding on peer 2. Between them, at moments of
 * chance, comes a marker, a finding on peer 3; for each it prints `TIME WRITTEN`: the time stamp in the
 * line (milliseconds since 1970, another in each), and the system's monotonic clock just before the
 * line was written, nanoseconds.
 */
import { openSync, writeSync } from 'node:fs';
import { sleep, systemClock } from '../../runtime/clock.js';
import { channelLine, connectionLine } from './bench-logs.js';

/** Mean time between two markers, milliseconds. */
const MARKER_MS = 40;

const [path = '', rateText = '100', secondsText = '10'] = process.argv.slice(2);
const linesPerMs = Number(rateText) / 1000;
const log = openSync(path, 'a');
const begunMs = systemClock.monotonic();
const endMs = begunMs + Number(secondsText) * 1000;
let lines = 0;
let markerDueMs = begunMs;
let markerTimeMs = 0;

while (systemClock.monotonic() < endMs) {
  await sleep(systemClock, 1);
  const due = (systemClock.monotonic() - begunMs) * linesPerMs;
  for (; lines < due; lines += 1) writeSync(log, connectionLine(systemClock.now(), lines));
  const timeMs = systemClock.now();
  if (systemClock.monotonic() < markerDueMs || timeMs <= markerTimeMs) continue;
  markerTimeMs = timeMs;
  markerDueMs += MARKER_MS * 2 * Math.random();
  const marker = channelLine(timeMs);
  const written = process.hrtime.bigint();
  writeSync(log, marker);
  process.stdout.write(`${timeMs} ${written}\n`);
}
