import { sleep } from '../../runtime/clock.js';
import type { Clock } from '../../runtime/clock.js';
import { systemErrorCode } from '../../runtime/errors.js';
import type { HviewError } from '../../runtime/errors.js';
import type { FilePosition } from './byte-source.js';
import { findPackedSiblings } from './find-siblings.js';
import { fits } from './fingerprint.js';
import { OpenFile, unreadableLog } from './open-file.js';
import { PackedFile } from './packed-file.js';
import type { FoundFile } from './rotated-names.js';

/** A compressed part. Whoever gets one closes it. */
export interface PackedPart {
  /** Its text, to be read from the start. */
  readonly file: OpenFile;
  /** False: what comes after the bytes that can be unpacked is lost. */
  readonly isWhole: boolean;
}

/** Nanoseconds since 1970 UTC; 0 where nobody knows. */
export interface FileTimes {
  readonly bornNs: bigint;
  readonly modifiedNs: bigint;
}

export interface PackedPartsOptions {
  readonly clock: Clock;
  readonly nextGeneration: () => number;
  readonly onProblem: (problem: HviewError) => void;
}

/** A part that is not whole and was written to this recently is being written. */
const BEING_WRITTEN_MS = 10_000;

/** How often one that is being written is looked at. */
const LOOK_MS = 250;

/**
 * The compressed parts beside a log, of which only those matter that were rotated and compressed while nobody read.
 * Compression keeps the time of the last change or sets it anew: in both cases it orders them.
 */
export class PackedParts {
  readonly #options: PackedPartsOptions;

  constructor(options: PackedPartsOptions) {
    this.#options = options;
  }

  /** Those that begin like the file of `position`, newest first. */
  async *like(target: string, position: FilePosition): AsyncGenerator<PackedPart> {
    const { head } = position.identity;
    // Without bytes to compare nothing can tell: the numbers are those of another file now.
    if (head.length === 0) return;
    const { bornNs } = timesOf(position);
    for (const file of (await this.#list(target)).reverse()) {
      const part = await this.#open(file, bornNs, (packed) => fits(head, packed.head));
      if (part !== undefined) yield part;
    }
  }

  /** Those that changed after `modifiedNs`, oldest first. */
  async *after(target: string, { bornNs, modifiedNs }: FileTimes): AsyncGenerator<PackedPart> {
    for (const file of await this.#list(target)) {
      if (file.modifiedNs <= modifiedNs) continue;
      const part = await this.#open(
        file,
        bornNs,
        ({ head, stats }) => head.length > 0 && stats.mtimeNs > modifiedNs,
      );
      if (part !== undefined) yield part;
    }
  }

  /** Oldest first. */
  async #list(target: string): Promise<FoundFile[]> {
    const files = await findPackedSiblings(target).catch(() => []);
    return files.sort((a, b) => Number(a.modifiedNs - b.modifiedNs));
  }

  async #open(
    { path, modifiedNs }: FoundFile,
    bornNs: bigint,
    isWanted: (packed: PackedFile) => boolean,
  ): Promise<PackedPart | undefined> {
    const { clock, onProblem } = this.#options;
    for (;;) {
      try {
        const packed = await PackedFile.open(path, bornNs);
        const mayGrow = this.#isRecent(packed.stats.mtimeNs);
        const isWhole = (mayGrow || isWanted(packed)) && (await packed.measure());
        if (isWanted(packed) && (isWhole || !mayGrow)) return await this.#part(packed, isWhole);
        await packed.close();
        if (isWhole || !mayGrow) return undefined;
      } catch (error) {
        if (systemErrorCode(error) === 'ENOENT') return undefined;
        if (!this.#isRecent(modifiedNs)) {
          onProblem(unreadableLog(path, error));
          return undefined;
        }
      }
      await sleep(clock, LOOK_MS);
    }
  }

  async #part(packed: PackedFile, isWhole: boolean): Promise<PackedPart> {
    const file = new OpenFile(packed, await packed.stat(), packed.path, this.#options.nextGeneration());
    await file.prime();
    return { file, isWhole };
  }

  #isRecent(modifiedNs: bigint): boolean {
    const agoMs = this.#options.clock.now() - Number(modifiedNs / 1_000_000n);
    // One from the future says nothing.
    return agoMs >= 0 && agoMs < BEING_WRITTEN_MS;
  }
}

export function timesOf({ born, modified }: FilePosition): FileTimes {
  return { bornNs: nanoseconds(born), modifiedNs: nanoseconds(modified) };
}

function nanoseconds(text = ''): bigint {
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}
