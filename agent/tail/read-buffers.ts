/** Bytes asked of the file system at a time: large enough that the system call does not count. */
export const DEFAULT_READ_BYTES = 256 * 1024;

/**
 * The few large buffers that all followers of a process share. A file that is idle holds none, so
 * memory does not grow with the number of files; one with a backlog gives way to others that wait.
 */
export class ReadBuffers {
  readonly bytes: number;
  readonly #limit: number;
  readonly #free: Buffer[] = [];
  readonly #waiting: ((buffer: Buffer) => void)[] = [];
  #made = 0;

  /** `bytes`: size of each; `limit`: how many exist at most. A reader with a backlog uses two. */
  constructor(bytes: number = DEFAULT_READ_BYTES, limit = 8) {
    this.bytes = bytes;
    this.#limit = limit;
  }

  /** Whether a reader should give its buffer back for a moment because others stand in line. */
  get isContended(): boolean {
    return this.#waiting.length > 0;
  }

  /** A buffer at once, or undefined when all are in use. */
  tryTake(): Buffer | undefined {
    if (this.#free.length > 0) return this.#free.pop();
    if (this.#made >= this.#limit) return undefined;
    this.#made += 1;
    return Buffer.allocUnsafeSlow(this.bytes);
  }

  /** A buffer as soon as there is one, first come first served. */
  async take(): Promise<Buffer> {
    return this.tryTake() ?? (await new Promise<Buffer>((resolve) => this.#waiting.push(resolve)));
  }

  give(buffer: Buffer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }
}
