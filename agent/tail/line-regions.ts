import type { Chunk, FileEndReason, FollowedFile } from './byte-source.js';
import type { LineRegion } from './line-region.js';
import { LineSplitter } from './line-splitter.js';
import type { LineSplitterOptions } from './line-splitter.js';

/**
 * Whole lines out of the chunks of a source, with one splitter for each file that is open: the start
 * of a line at the end of a rotated file waits for its rest there and never meets the next file.
 */
export class LineRegions {
  readonly #options: LineSplitterOptions;
  readonly #splitters = new Map<FollowedFile, LineSplitter>();
  #cutLines = 0;
  #cutBytes = 0;

  constructor(options: LineSplitterOptions = {}) {
    this.#options = options;
  }

  /** The lines that the chunk completes. */
  push(chunk: Chunk): LineRegion[] {
    const splitter = this.#splitterOf(chunk.file);
    const { cutLines, cutBytes } = splitter;
    const regions = splitter.push(chunk.bytes, chunk.offset);
    this.#cutLines += splitter.cutLines - cutLines;
    this.#cutBytes += splitter.cutBytes - cutBytes;
    return regions;
  }

  /**
   * What the file leaves unfinished, which nothing will finish any more. Null when there is none, and
   * when the source was merely stopped: then the line is read again the next time.
   */
  end(file: FollowedFile, reason: FileEndReason): LineRegion | null {
    const splitter = this.#splitters.get(file);
    this.#splitters.delete(file);
    return reason === 'source-closed' ? null : (splitter?.end() ?? null);
  }

  /** Lines that were longer than the limit, and the bytes cut off them. */
  counts(): { readonly cutLines: number; readonly cutBytes: number } {
    return { cutLines: this.#cutLines, cutBytes: this.#cutBytes };
  }

  #splitterOf(file: FollowedFile): LineSplitter {
    let splitter = this.#splitters.get(file);
    if (splitter === undefined) {
      splitter = new LineSplitter(this.#options);
      this.#splitters.set(file, splitter);
    }
    return splitter;
  }
}
