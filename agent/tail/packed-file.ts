import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Readable, pipeline } from 'node:stream';
import { HviewError } from '../../runtime/errors.js';
import { HEAD_BYTES } from './fingerprint.js';
import { openForReading } from './open-file.js';
import type { ReadHandle } from './open-file.js';
import { createUnpacker, findPacking } from './packing.js';
import type { Packing } from './packing.js';

/** Packed bytes that are read at once. */
const PACKED_BYTES = 64 * 1024;

/** Unpacked bytes that are kept for who goes back a little: more than any reader is behind by. */
const KEPT_BYTES = 1024 * 1024;

/** The same once the end was reached: only the last line is asked for again. */
const KEPT_AT_END_BYTES = 64 * 1024;

const ENDED = { done: true, value: undefined } as const;

/**
 * A part of a log that was packed with gzip or zip after its rotation (of an archive the first file), read as if
 * it had not been. It is unpacked on the way, again from the start for who goes back far; at most about a
 * megabyte of it is in memory.
 */
export class PackedFile implements ReadHandle {
  /** How it begins, unpacked, at most 1024 bytes. */
  readonly head: Buffer;
  /** Of the packed file. */
  readonly stats: BigIntStats;
  readonly path: string;

  readonly #handle: FileHandle;
  readonly #packing: Packing;
  readonly #bornNs: bigint;
  #size = 0;
  #unpacking: AsyncIterator<Buffer> | undefined;
  #hasEnded = false;
  /** Unpacked bytes in a row, the first of them at `#keptFrom`. */
  #kept: Buffer[] = [];
  #keptFrom = 0;
  #keptBytes = 0;
  /** One after the other: they share what is unpacked. */
  #reading: Promise<unknown> = Promise.resolve();

  private constructor(
    path: string,
    { handle, stats }: { readonly handle: FileHandle; readonly stats: BigIntStats },
    packing: Packing,
    head: Buffer,
    bornNs: bigint,
  ) {
    this.path = path;
    this.#handle = handle;
    this.stats = stats;
    this.#packing = packing;
    this.head = head;
    this.#bornNs = bornNs;
  }

  /**
   * `bornNs`: when what is packed in it was made; the file itself only knows when it was packed. Throws what the file
   * system throws, and FILE_UNREADABLE for what is not packed, or cannot be unpacked.
   */
  static async open(path: string, bornNs: bigint): Promise<PackedFile> {
    const opened = await openForReading(path);
    const { handle } = opened;
    try {
      const packing = await findPacking(handle, path);
      if (packing === null)
        throw new HviewError('FILE_UNREADABLE', `${path} is not packed, though its name says so`);
      const head: Buffer[] = [];
      let length = 0;
      for await (const bytes of unpack(handle, packing, 'as-far-as-possible')) {
        head.push(bytes);
        length += bytes.length;
        if (length >= HEAD_BYTES) break;
      }
      return new PackedFile(path, opened, packing, Buffer.concat(head).subarray(0, HEAD_BYTES), bornNs);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Unpacks all of it once to learn how much there is. Resolves to whether it is whole: not cut short, not damaged,
   * and not still being written. Call it before anything else.
   */
  async measure(): Promise<boolean> {
    const { length, isWhole } = await count(unpack(this.#handle, this.#packing, 'whole'));
    this.#size = isWhole
      ? length
      : (await count(unpack(this.#handle, this.#packing, 'as-far-as-possible'))).length;
    return isWhole;
  }

  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }> {
    const reading = this.#reading.then(() => this.#readNow(buffer, offset, length, position));
    this.#reading = reading.catch(() => {});
    return reading;
  }

  async stat(): Promise<BigIntStats> {
    const stats = await this.#handle.stat({ bigint: true });
    return Object.assign(stats, { size: BigInt(this.#size), birthtimeNs: this.#bornNs });
  }

  async close(): Promise<void> {
    await this.#reading;
    await this.#stopUnpacking();
    await this.#handle.close();
  }

  async #readNow(buffer: Buffer, offset: number, length: number, position: number) {
    const end = Math.min(position + length, this.#size);
    const target = buffer.subarray(offset, offset + Math.max(0, end - position));
    if (end <= this.head.length) return { bytesRead: this.head.subarray(position, end).copy(target) };
    if (position < this.#keptFrom) {
      await this.#stopUnpacking();
      this.#forget(Infinity);
      this.#keptFrom = 0;
      this.#hasEnded = false;
    }
    while (!this.#hasEnded && this.#keptFrom + this.#keptBytes < end) await this.#advance(position);
    return { bytesRead: this.#copy(target, position) };
  }

  async #advance(position: number): Promise<void> {
    this.#unpacking ??= unpack(this.#handle, this.#packing, 'as-far-as-possible');
    // Where it is damaged it ends; that was found when it was measured.
    const next = await this.#unpacking.next().catch(() => ENDED);
    if (next.done === true) {
      this.#hasEnded = true;
      this.#unpacking = undefined;
    } else {
      this.#kept.push(next.value);
      this.#keptBytes += next.value.length;
    }
    this.#forget(Math.min(position, this.#keptFrom + this.#keptBytes - KEPT_BYTES));
  }

  #copy(target: Buffer, position: number): number {
    let at = this.#keptFrom;
    let copied = 0;
    for (const bytes of this.#kept) {
      if (at + bytes.length > position && copied < target.length)
        copied += bytes.copy(target, copied, Math.max(0, position - at));
      at += bytes.length;
    }
    if (this.#hasEnded) this.#forget(at - KEPT_AT_END_BYTES);
    return copied;
  }

  /** What lies before `offset`, in whole pieces. */
  #forget(offset: number): void {
    for (let first = this.#kept[0]; first !== undefined; first = this.#kept[0]) {
      if (this.#keptFrom + first.length > offset) return;
      this.#kept.shift();
      this.#keptFrom += first.length;
      this.#keptBytes -= first.length;
    }
  }

  async #stopUnpacking(): Promise<void> {
    await this.#unpacking?.return?.();
    this.#unpacking = undefined;
  }
}

/** Unpacked bytes from the first one. `whole`: throws at the end when that is not one. */
function unpack(
  handle: FileHandle,
  { offset, kind }: Packing,
  manner: 'whole' | 'as-far-as-possible',
): AsyncIterableIterator<Buffer> {
  const unpacker = createUnpacker(kind, manner);
  // What goes wrong is told to whoever iterates.
  pipeline(Readable.from(packedBytes(handle, offset)), unpacker, () => {});
  return unpacker[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
}

async function* packedBytes(handle: FileHandle, offset: number): AsyncGenerator<Buffer> {
  for (;;) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(PACKED_BYTES), 0, PACKED_BYTES, offset);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}

/** Bytes until the end or the first damage. */
async function count(unpacked: AsyncIterable<Buffer>) {
  let length = 0;
  try {
    for await (const bytes of unpacked) length += bytes.length;
    return { length, isWhole: true };
  } catch {
    return { length, isWhole: false };
  }
}
