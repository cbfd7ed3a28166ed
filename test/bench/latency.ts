import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { HealthClient } from '../../protocol/health-client.js';
import { sleep, systemClock } from '../../runtime/clock.js';
import { timeOf } from './bench-logs.js';
import type { BenchOptions } from './bench-options.js';
import { cpuSecondsOf } from './process-usage.js';
import { Rig } from './rig.js';
import type { BenchRow } from './table.js';
import { below, percentile } from './table.js';

const RATES = [100, 5000] as const;

const SECONDS = { full: 30, small: 8 } as const;

/** At first the just-in-time compiler is at work, milliseconds. */
const WARM_UP_MS = 3000;

const LIMIT_MS = 50;

/** Pause between two questions while a marker is on its way, milliseconds. */
const ASK_MS = 1;

/** How long the last markers may take, milliseconds. */
const PATIENCE_MS = 10_000;

/** Who the markers speak of, see append-lines.ts. */
const MARKED = { subject: 'peer@3', text: 'Cannot open channel to 3' } as const;

/** Waits for markers, each known by the time stamp in its line. */
class MarkerWatch {
  /** Milliseconds from just before the write of a marker until it was seen, in order. */
  readonly latencies: number[] = [];
  readonly #writtenNs = new Map<number, bigint>();
  /** Up to which time markers were seen, and when: one may be seen before its writer has told of it. */
  #last = { timeMs: -Infinity, nowNs: 0n };

  get isWaiting(): boolean {
    return this.#writtenNs.size > 0;
  }

  expect(timeMs: number, writtenNs: bigint): void {
    if (timeMs <= this.#last.timeMs) this.#note(writtenNs, this.#last.nowNs);
    else this.#writtenNs.set(timeMs, writtenNs);
  }

  /** What is seen now speaks of this time: every marker up to it has arrived. */
  seen(timeMs: number): void {
    const nowNs = process.hrtime.bigint();
    this.#last = { timeMs, nowNs };
    for (const [expectedMs, writtenNs] of this.#writtenNs) {
      if (expectedMs > timeMs) continue;
      this.#note(writtenNs, nowNs);
      this.#writtenNs.delete(expectedMs);
    }
  }

  #note(writtenNs: bigint, seenNs: bigint): void {
    this.latencies.push(Number(seenNs - writtenNs) / 1e6);
  }
}

/** From the write of a line to the moment when whoever asks for the verdict gets it with that line in it. */
export async function benchLatency(options: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const rate of RATES) rows.push(await measure(options, rate));
  return rows;
}

async function measure({ folder, isSmall }: BenchOptions, rate: number): Promise<BenchRow> {
  const rig = new Rig(folder, 'latency');
  const log = join(rig.folder, 'app.log');
  writeFileSync(log, '');
  await rig.startServer();
  await rig.startAgent(log, '-merge=0');
  const verdicts = new MarkerWatch();
  const lines = new MarkerWatch();
  const tail = tailMarkers(log, lines);
  try {
    const seconds = SECONDS[isSmall ? 'small' : 'full'];
    const agentBefore = cpuSecondsOf(rig.agentPid);
    const serverBefore = cpuSecondsOf(rig.serverPid);
    const writing = writeLines(log, rate, seconds, (timeMs, writtenNs) => {
      verdicts.expect(timeMs, writtenNs);
      lines.expect(timeMs, writtenNs);
    });
    await watchVerdicts(rig.target, verdicts, writing);
    const percent = (now: number, before: number): string =>
      ((now - before) / (seconds + WARM_UP_MS / 1000)).toLocaleString('en', { style: 'percent' });
    const byVerdict = verdicts.latencies.toSorted((a, b) => a - b);
    const byTail = lines.latencies.toSorted((a, b) => a - b);
    const p99 = percentile(byVerdict, 0.99);
    return {
      name: `line written to verdict readable at ${rate.toLocaleString('en')} findings a second`,
      result: `p50 ${percentile(byVerdict, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
      ratio: `tail -F: p50 ${percentile(byTail, 0.5).toFixed(1)} ms, p99 ${percentile(byTail, 0.99).toFixed(1)} ms`,
      target: below(p99, LIMIT_MS, 'ms (p99)'),
      detail:
        `${byVerdict.length} lines looked for in ${seconds} s, longest ${(byVerdict.at(-1) ?? NaN).toFixed(1)} ms; ` +
        `agent ${percent(cpuSecondsOf(rig.agentPid), agentBefore)} of a core, ` +
        `aggregator ${percent(cpuSecondsOf(rig.serverPid), serverBefore)}`,
    };
  } finally {
    tail.end();
    await rig.close();
  }
}

/** Lets another process write; resolves when it has ended. Markers of the warm-up are not told. */
async function writeLines(
  log: string,
  rate: number,
  seconds: number,
  onMarker: (timeMs: number, writtenNs: bigint) => void,
): Promise<void> {
  const program = fileURLToPath(new URL('./append-lines.js', import.meta.url));
  const words = [program, log, String(rate), String(seconds + WARM_UP_MS / 1000)];
  const writer = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const markers = createInterface({ input: writer.stdout });
  const warmAtMs = systemClock.monotonic() + WARM_UP_MS;
  markers.on('line', (line) => {
    const [timeMs = '', writtenNs = ''] = line.split(' ');
    if (systemClock.monotonic() >= warmAtMs) onMarker(Number(timeMs), BigInt(writtenNs));
  });
  await once(markers, 'close');
}

/** Asks for the verdict while a marker is on its way. Rejects when one does not arrive. */
async function watchVerdicts(target: string, verdicts: MarkerWatch, writing: Promise<void>): Promise<void> {
  const client = new HealthClient({ target });
  const deadline = { ms: Infinity };
  void writing.then(() => (deadline.ms = systemClock.monotonic() + PATIENCE_MS));
  try {
    while (deadline.ms === Infinity || verdicts.isWaiting) {
      if (verdicts.isWaiting) {
        const { time } = (await client.getInference(MARKED.subject)).observation;
        verdicts.seen(time.seconds * 1000 + Math.round(time.nanos / 1e6));
      }
      if (systemClock.monotonic() > deadline.ms) throw new Error(`a line took more than ${PATIENCE_MS} ms`);
      await sleep(systemClock, ASK_MS);
    }
  } finally {
    client.close();
  }
}

/** The yardstick: what it takes to see the same lines at all. */
function tailMarkers(log: string, watch: MarkerWatch): { end(): void } {
  const script = 'tail -n0 -F "$1" | grep --line-buffered -F "$2"';
  // A process group of its own, so that both can be ended.
  const shell = spawn('sh', ['-c', script, 'sh', log, MARKED.text], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  createInterface({ input: shell.stdout }).on('line', (line) => watch.seen(timeOf(line)));
  return {
    end() {
      if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
    },
  };
}
