import { resolve } from 'node:path';
import { systemClock } from '../../runtime/clock.js';
import type { Clock } from '../../runtime/clock.js';
import type { HviewError } from '../../runtime/errors.js';
import type { ByteSource, ByteSourceCounts, ByteSourceHandlers, FollowedFile } from './byte-source.js';
import { ChunkPump } from './chunk-pump.js';
import { OpenFile, openForReading, unreadableLog } from './open-file.js';
import { ReadBuffers } from './read-buffers.js';

export interface WholeFileOptions {
  readonly path: string;
  readonly buffers?: ReadBuffers;
  readonly clock?: Clock;
}

/**
 * Reads a file once, from its first byte to the one that is the last when reading starts, and ends:
 * what a writer adds meanwhile is not waited for.
 */
export class WholeFileSource implements ByteSource {
  readonly finished: Promise<void>;

  readonly #path: string;
  readonly #handlers: ByteSourceHandlers;
  readonly #pump: ChunkPump;
  #problem: HviewError | undefined;
  #starting: Promise<void> | undefined;
  #file: OpenFile | undefined;
  #settle: (ending: Promise<void>) => void = () => {};

  constructor(options: WholeFileOptions, handlers: ByteSourceHandlers) {
    const { path, buffers = new ReadBuffers(), clock = systemClock } = options;
    this.#path = resolve(path);
    this.#handlers = handlers;
    this.#pump = new ChunkPump({
      handlers,
      buffers,
      clock,
      findCopy: () => Promise.resolve(undefined),
      replace: (file) => Promise.resolve(nothingOf(file)),
      onProblem: (problem) => (this.#problem = problem),
    });
    this.finished = new Promise((settle) => (this.#settle = settle));
    // Whoever does not ask how it ended must not be ended by it.
    this.finished.catch(() => {});
  }

  /** Counted since the start. */
  counts(): ByteSourceCounts {
    return { ...this.#pump.counts(), filesOpened: Number(this.#file !== undefined), rotations: 0 };
  }

  openFiles(): readonly FollowedFile[] {
    return this.#file === undefined ? [] : [this.#file];
  }

  start(): Promise<void> {
    this.#starting ??= this.#begin();
    return this.#starting;
  }

  async stop(): Promise<void> {
    this.#pump.stop();
    await this.#starting?.catch(() => {});
    if (this.#file === undefined) this.#settle(Promise.resolve());
    await this.finished.catch(() => {});
  }

  async #begin(): Promise<void> {
    const file = await this.#open();
    this.#file = file;
    this.#settle(this.#readThrough(file));
  }

  async #open(): Promise<OpenFile> {
    try {
      const { handle, stats } = await openForReading(this.#path);
      const file = new OpenFile(handle, stats, this.#path, 1);
      file.limit = Number(stats.size);
      return file;
    } catch (error) {
      throw unreadableLog(this.#path, error);
    }
  }

  async #readThrough(file: OpenFile): Promise<void> {
    try {
      const read = await this.#pump.drain(file, 'thorough');
      if (this.#problem !== undefined) throw this.#problem;
      if (read === file) {
        await this.#handlers.onFileEnd(file, this.#pump.isStopped() ? 'source-closed' : 'read-through');
      }
    } finally {
      await file.close();
    }
  }
}

/** After a cut what is left to read is none of what was asked for. */
function nothingOf(file: OpenFile): OpenFile {
  const nothing = file.reborn(file.generation + 1);
  nothing.limit = 0;
  return nothing;
}
