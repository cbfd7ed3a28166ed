import { describeError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { RecordPlace } from './record-codec.js';
import { namesIn } from './record-codec.js';
import type { SegmentFiles } from './segment-files.js';
import type { Manifest } from './spool-manifest.js';
import { readManifest } from './spool-manifest.js';

/** What an earlier run has left. */
export interface Recovered {
  /** Delivered up to here. */
  readonly settled: number;
  /** The last sequence that was given, or may have been. */
  readonly last: number;
  readonly covered: ReadonlyMap<string, number>;
  /** Undelivered entries, and what they take up. */
  readonly entries: number;
  readonly bytes: number;
  /** Undelivered entries that should be there and are not, so far as that was not told before. */
  readonly damaged: number;
}

export interface RecoverOptions {
  readonly folder: string;
  readonly files: SegmentFiles;
  readonly isCheckpointed: (source: string) => boolean;
  /** Called with each entry, in order, that no checkpoint covers. */
  readonly onUncovered: (source: string, id: string, sequence: number) => void;
  readonly logger: Logger;
}

/** More sequences than a segment holds: what may have been in one that is gone. */
const SEQUENCES_OF_A_SEGMENT = 1_000_000;

/**
 * Reads what is in the folder. A record is missing when neither it nor a gap stands between its
 * neighbours; what follows the last whole record of a file is no damage in itself, a crash leaves that.
 * Rejects with STATE_UNUSABLE, or with what the system says.
 */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { folder, files, logger } = options;
  const read = await readManifest(folder);
  const manifest = read !== null && 'settled' in read ? read : null;
  if (read !== null && 'damaged' in read) {
    logger.error("the spool's notes are damaged; what it holds is sent once more", {
      folder,
      reason: read.damaged,
    });
  }
  const recovery = new Recovery(options, manifest);
  const names = await files.recover(
    read !== null,
    (buffer, place) => recovery.visit(buffer, place),
    (path, problem) =>
      logger.error('a file of the spool cannot be read', { path, reason: describeError(problem) }),
  );
  const recovered = recovery.end(names);
  if (recovered.damaged > 0) {
    logger.error('a part of the spool is damaged; the rest is delivered', {
      folder,
      entries: recovered.damaged,
    });
  }
  return recovered;
}

class Recovery {
  readonly #options: RecoverOptions;
  readonly #manifest: Manifest | null;
  readonly #covered: ReadonlyMap<string, number>;
  /** Everything up to here was found or is delivered; null: nothing is known yet. */
  #seen: number | null;
  #settled: number | null;
  #entries = 0;
  #bytes = 0;
  #damaged = 0;

  constructor(options: RecoverOptions, manifest: Manifest | null) {
    this.#options = options;
    this.#manifest = manifest;
    this.#covered = new Map(Object.entries(manifest?.covered ?? {}));
    this.#settled = manifest?.settled ?? null;
    this.#seen = this.#settled;
  }

  visit(buffer: Buffer, place: RecordPlace): void {
    const { kind, sequence, from, start, end } = place;
    // Without notes the first record that is there is where it begins.
    this.#settled ??= from - 1;
    this.#seen ??= from - 1;
    this.#noteMissing(this.#seen + 1, from - 1);
    this.#seen = Math.max(this.#seen, sequence);
    if (kind === 'gap') return;
    if (kind === 'entry' && sequence > this.#settled) {
      this.#entries += 1;
      this.#bytes += end - start;
    }
    const { source, id } = namesIn(buffer, place);
    if (this.#options.isCheckpointed(source) && sequence > (this.#covered.get(source) ?? 0)) {
      this.#options.onUncovered(source, id, sequence);
    }
  }

  /** `names`: the files that are there. */
  end(names: readonly string[]): Recovered {
    const seen = this.#seen ?? 0;
    const { last = 0, newest = null } = this.#manifest ?? {};
    this.#noteMissing(seen + 1, last);
    // What was appended after the notes were made is in the newest file; nobody knows how much it was.
    const isNewestGone = newest !== null && !names.includes(newest);
    return {
      settled: this.#settled ?? 0,
      last: Math.max(seen, last) + (isNewestGone ? SEQUENCES_OF_A_SEGMENT : 0),
      covered: this.#covered,
      entries: this.#entries,
      bytes: this.#bytes,
      damaged: this.#damaged,
    };
  }

  #noteMissing(from: number, through: number): void {
    if (from > through) return;
    this.#options.files.noteHole({ from, through });
    const untold = Math.max(from, (this.#manifest?.accounted ?? 0) + 1);
    this.#damaged += Math.max(0, through - untold + 1);
  }
}
