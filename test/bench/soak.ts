import { appendFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, systemClock } from '../../runtime/clock.js';
import { channelLine, connectionLine } from './bench-logs.js';
import type { BenchOptions } from './bench-options.js';
import { residentMegabytesOf } from './process-usage.js';
import { Rig } from './rig.js';
import type { BenchRow } from './table.js';
import { below } from './table.js';

const MINUTES = { full: 60, small: 3 } as const;

/** Findings a second. */
const RATE = 100;

/** The log is renamed after so many lines; two old ones are kept. */
const LINES_PER_FILE = 1000;

const SAMPLE_MS = 10_000;

/** What is still growing at first (compiled code, remembered ids, pools) is not what creeps. */
const WARM_UP_SHARE = 1 / 3;

/** More than the garbage collector's own ups and downs make of a line through the samples. */
const LIMIT_MEGABYTES_PER_HOUR = 10;

interface Sample {
  readonly atHours: number;
  readonly megabytes: number;
  readonly descriptors: number;
}

/** What creeps: memory and open files of agent and aggregator while findings come and the log is rotated, for long. */
export async function benchSoak({ folder, isSmall }: BenchOptions): Promise<BenchRow[]> {
  const minutes = MINUTES[isSmall ? 'small' : 'full'];
  const rig = new Rig(folder, 'soak');
  try {
    const log = join(rig.folder, 'app.log');
    writeFileSync(log, '');
    await rig.startServer();
    await rig.startAgent(log, '-merge=0');
    const samples = { agent: [] as Sample[], aggregator: [] as Sample[] };
    const beganMs = systemClock.monotonic();
    const writer = new RotatingWriter(log);
    for (let nextMs = beganMs; ;) {
      const nowMs = systemClock.monotonic();
      if (nowMs - beganMs > minutes * 60_000) break;
      writer.write(Math.floor(((nowMs - beganMs) / 1000) * RATE));
      if (nowMs >= nextMs) {
        nextMs += SAMPLE_MS;
        const atHours = (nowMs - beganMs) / 3_600_000;
        samples.agent.push(sampleOf(rig.agentPid, atHours));
        samples.aggregator.push(sampleOf(rig.serverPid, atHours));
      }
      await sleep(systemClock, 10);
    }
    await rig.until(
      ({ sources: [source], spool }) => source?.behindBytes === 0 && spool?.waiting.entries === 0,
    );
    const kept = `${writer.lines} lines written, ${rig.journalled()} reports in the journal`;
    return [
      rowOf('agent', samples.agent, minutes, kept),
      rowOf('aggregator', samples.aggregator, minutes, kept),
    ];
  } finally {
    await rig.close();
  }
}

class RotatingWriter {
  readonly #log: string;
  #lines = 0;

  constructor(log: string) {
    this.#log = log;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Up to this many lines in all. */
  write(lines: number): void {
    while (this.#lines < lines) {
      if (this.#lines > 0 && this.#lines % LINES_PER_FILE === 0) this.#rotate();
      const end = Math.min(lines, this.#lines + LINES_PER_FILE - (this.#lines % LINES_PER_FILE));
      let text = '';
      for (; this.#lines < end; this.#lines += 1) {
        const write = this.#lines % 10 === 0 ? channelLine : connectionLine;
        text += write(systemClock.now(), this.#lines);
      }
      appendFileSync(this.#log, text);
    }
  }

  #rotate(): void {
    rmSync(`${this.#log}.2`, { force: true });
    if (this.#lines > LINES_PER_FILE) renameSync(`${this.#log}.1`, `${this.#log}.2`);
    renameSync(this.#log, `${this.#log}.1`);
  }
}

function sampleOf(pid: number, atHours: number): Sample {
  return {
    atHours,
    megabytes: residentMegabytesOf(pid).now,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

function rowOf(name: string, all: readonly Sample[], minutes: number, kept: string): BenchRow {
  const samples = all.slice(Math.floor(all.length * WARM_UP_SHARE));
  const slope = slopeOf(samples);
  const megabytes = samples.map((sample) => sample.megabytes);
  const descriptors = samples.map((sample) => sample.descriptors);
  return {
    name: `${name} over ${minutes} minutes of ${RATE} findings a second, log rotated every ${LINES_PER_FILE / RATE} s`,
    result: `${slope >= 0 ? '+' : ''}${slope.toFixed(1)} MB an hour`,
    target: below(slope, LIMIT_MEGABYTES_PER_HOUR, 'MB an hour'),
    detail:
      `${Math.min(...megabytes).toFixed(0)} to ${Math.max(...megabytes).toFixed(0)} MB resident, ` +
      `${Math.min(...descriptors)} to ${Math.max(...descriptors)} open files; ${kept}`,
  };
}

/** Of the line with the least squares, MB an hour. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const atMean = mean(samples.map(({ atHours }) => atHours));
  const megabytesMean = mean(samples.map(({ megabytes }) => megabytes));
  let covariance = 0;
  let variance = 0;
  for (const { atHours, megabytes } of samples) {
    covariance += (atHours - atMean) * (megabytes - megabytesMean);
    variance += (atHours - atMean) ** 2;
  }
  return covariance / variance;
}
