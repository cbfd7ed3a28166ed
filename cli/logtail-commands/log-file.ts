import { createReadStream, statSync, type ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { unreadableLog } from '../../agent/tail/open-file.js';
import { createUnpacker, findPacking } from '../../agent/tail/packing.js';
import type { Packing } from '../../agent/tail/packing.js';
import { systemClock } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';

const PROGRESS_PERIOD_MS = 200;

/**
 * Reads a file, packed with gzip or zip or not, and hands on its bytes piece by piece. Shows on standard
 * error how far it is when that is a terminal. Throws FILE_UNREADABLE.
 */
export async function readLogFile(
  path: string,
  take: (bytes: Buffer) => void,
  signal: AbortSignal,
): Promise<void> {
  const progress = new Progress(path);
  const sink = new Transform({
    transform: (bytes: Buffer, _encoding, done) => {
      take(bytes);
      done();
    },
  });
  try {
    const packing = await packingOf(path);
    const file = createReadStream(path, { start: packing?.offset ?? 0, highWaterMark: 256 * 1024 });
    file.on('data', () => progress.show(file));
    sink.resume();
    if (packing === null) await pipeline(file, sink, { signal });
    else await pipeline(file, createUnpacker(packing.kind, 'whole'), sink, { signal });
  } catch (error) {
    if (signal.aborted) throw new HviewError('FILE_UNREADABLE', `reading ${path} was broken off`);
    throw unreadableLog(path, error);
  } finally {
    progress.clear();
  }
}

async function packingOf(path: string): Promise<Packing | null> {
  const file = await open(path);
  try {
    return await findPacking(file, path);
  } finally {
    await file.close();
  }
}

/** `app.log: 43%` on one line that is written over again and again. */
class Progress {
  readonly #isShown = process.stderr.isTTY;
  #nextMs = systemClock.monotonic() + PROGRESS_PERIOD_MS;

  constructor(private readonly path: string) {}

  show(file: ReadStream): void {
    if (!this.#isShown || systemClock.monotonic() < this.#nextMs) return;
    this.#nextMs = systemClock.monotonic() + PROGRESS_PERIOD_MS;
    const { size } = statSync(this.path);
    const part = size === 0 ? '' : `${Math.floor((100 * file.bytesRead) / size)}%`;
    process.stderr.write(`\r${this.path}: ${part}\u001b[K`);
  }

  clear(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K');
  }
}
