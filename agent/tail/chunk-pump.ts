import type { Clock } from '../../runtime/clock.js';
import { fileError } from '../../runtime/errors.js';
import type { HviewError } from '../../runtime/errors.js';
import type { ByteSourceCounts, ByteSourceHandlers } from './byte-source.js';
import type { OpenFile, ReadResult } from './open-file.js';
import type { ReadBuffers } from './read-buffers.js';

export interface ChunkPumpOptions {
  readonly handlers: ByteSourceHandlers;
  readonly buffers: ReadBuffers;
  readonly clock: Clock;
  /** A copy from before the file was cut, to go on in; undefined when there is none. */
  readonly findCopy: (file: OpenFile) => Promise<OpenFile | undefined>;
  /** The file to read in place of one that was cut. */
  readonly replace: (file: OpenFile) => Promise<OpenFile>;
  readonly onProblem: (problem: HviewError) => void;
}

/** How often the head of a file that is being written is compared with what it was. */
const HEAD_CHECK_MS = 250;

const END: ReadResult = { kind: 'end' };
const TRUNCATED: ReadResult = { kind: 'truncated' };

/** Moves the bytes of a file to the handlers until its end, waiting for them, and notices cuts. */
export class ChunkPump {
  readonly #options: ChunkPumpOptions;
  #isStopped = false;
  #bytesRead = 0;
  #holeBytes = 0;
  #truncations = 0;
  #bytesLost = 0;

  constructor(options: ChunkPumpOptions) {
    this.#options = options;
  }

  isStopped(): boolean {
    return this.#isStopped;
  }

  /** Nothing is handed on after the handler that is at work now. */
  stop(): void {
    this.#isStopped = true;
  }

  counts(): Omit<ByteSourceCounts, 'filesOpened' | 'rotations'> {
    return {
      bytesRead: this.#bytesRead,
      holeBytes: this.#holeBytes,
      truncations: this.#truncations,
      losses: this.#truncations,
      bytesLost: this.#bytesLost,
    };
  }

  /**
   * Hands on what the file has. Resolves to the file, or to the one in its place after a cut.
   * `thorough`: reads on until a read gives nothing, instead of trusting one that gave less than
   * asked. Rejects only with what a handler threw.
   */
  async drain(file: OpenFile, manner: 'usual' | 'thorough' = 'usual'): Promise<OpenFile> {
    const { buffers } = this.#options;
    let buffer = buffers.tryTake() ?? (await buffers.take());
    let ahead: { readonly buffer: Buffer; readonly result: Promise<ReadResult> } | undefined;
    try {
      let result = await this.#readFirst(file, buffer);
      while (!this.#isStopped && result.kind !== 'end') {
        if (result.kind === 'truncated') {
          await this.#readCopy(file, buffer);
          file = await this.#restart(file);
        } else {
          this.#holeBytes += result.holeBytes;
        }
        if (result.kind === 'bytes') {
          // With more to come the next piece is fetched by another thread while this one is handled.
          const spare = result.isLast ? undefined : buffers.tryTake();
          if (spare !== undefined) ahead = { buffer: spare, result: this.#read(file, spare) };
          await this.#deliver(file, result.bytes, result.offset);
          if (result.isLast && manner === 'usual') break;
        }
        if (ahead !== undefined) {
          result = await ahead.result;
          buffers.give(buffer);
          buffer = ahead.buffer;
          ahead = undefined;
        } else {
          if (buffers.isContended) {
            buffers.give(buffer);
            buffer = await buffers.take();
          }
          result = await this.#read(file, buffer);
        }
      }
      return file;
    } finally {
      if (ahead !== undefined) {
        await ahead.result;
        buffers.give(ahead.buffer);
      }
      buffers.give(buffer);
    }
  }

  async #deliver(file: OpenFile, bytes: Buffer, offset: number): Promise<void> {
    file.quietSinceMs = this.#options.clock.monotonic();
    this.#bytesRead += bytes.length;
    const handled = this.#options.handlers.onChunk({ bytes, offset, file });
    if (handled !== undefined) await handled;
  }

  /** The marker of each read finds nearly every cut; this finds one that repeats those few bytes. */
  async #readFirst(file: OpenFile, buffer: Buffer): Promise<ReadResult> {
    const now = this.#options.clock.monotonic();
    // The first read is held against the beginning as it is.
    if (file.position > 0 && now - file.headCheckedAtMs >= HEAD_CHECK_MS) {
      file.headCheckedAtMs = now;
      try {
        if (!(await file.isHeadIntact())) return TRUNCATED;
      } catch (error) {
        return this.#fail(file, error);
      }
    }
    return this.#read(file, buffer);
  }

  /** A file that cannot be read has nothing for now; it is tried again with the next look. */
  async #read(file: OpenFile, buffer: Buffer): Promise<ReadResult> {
    try {
      return await file.read(buffer);
    } catch (error) {
      return this.#fail(file, error);
    }
  }

  #fail(file: OpenFile, error: unknown): ReadResult {
    file.hasFailed = true;
    this.#options.onProblem(fileError('FILE_UNREADABLE', 'cannot read the log', file.path, error));
    return END;
  }

  /** What was cut away before it was read may still stand in the copy that was made of it. */
  async #readCopy(file: OpenFile, buffer: Buffer): Promise<void> {
    const copy = await this.#options.findCopy(file);
    if (copy === undefined) return;
    try {
      for (;;) {
        const result = await this.#read(copy, buffer);
        if (result.kind !== 'bytes' || this.#isStopped) return;
        file.goOnLike(copy);
        await this.#deliver(file, result.bytes, result.offset);
      }
    } finally {
      await copy.close();
    }
  }

  async #restart(file: OpenFile): Promise<OpenFile> {
    const { handlers, replace } = this.#options;
    const knownBytes = file.unreadBytes;
    this.#truncations += 1;
    this.#bytesLost += knownBytes;
    handlers.onLoss?.({ kind: 'truncated', file, knownBytes });
    await handlers.onFileEnd(file, 'truncated');
    return replace(file);
  }
}
