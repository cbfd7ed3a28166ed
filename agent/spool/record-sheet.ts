/** Records one after the other in one piece of memory that is used again, as a spool that is full has little. */
export class RecordSheet {
  #bytes: Buffer;
  #length = 0;

  /** `roomBytes`: more than that takes new memory. */
  constructor(roomBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(roomBytes);
  }

  get length(): number {
    return this.#length;
  }

  put(record: Buffer): void {
    const end = this.#length + record.length;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(end * 2);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    record.copy(this.#bytes, this.#length);
    this.#length = end;
  }

  /** Good until something is put there or taken away. */
  first(length: number): Buffer {
    return this.#bytes.subarray(0, length);
  }

  dropFirst(length: number): void {
    this.#bytes.copyWithin(0, length, this.#length);
    this.#length -= length;
  }
}
