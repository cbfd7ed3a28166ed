import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Clock } from '../../runtime/clock.js';
import { HviewError, systemErrorCode } from '../../runtime/errors.js';
import type { FilePosition } from './byte-source.js';
import { findByName, findSiblings } from './find-siblings.js';
import { OpenFile, openForReading, unreadableLog } from './open-file.js';
import { PackedParts, timesOf } from './packed-parts.js';
import type { FileTimes, PackedPart } from './packed-parts.js';
import { compareAge } from './rotated-names.js';
import type { FoundFile } from './rotated-names.js';

export type StartAt =
  /** The first byte of the file that has the name. */
  | 'beginning'
  /** The end of what is there, or the start of a line that is still being written. */
  | 'end'
  /** Where reading ended the last time, oldest file first; files that came after follow. */
  | readonly FilePosition[];

export interface SuccessionOptions {
  readonly path: string;
  /** Files held open for reading at most; the rest of a long backlog is opened as they are finished. */
  readonly maxOpenFiles: number;
  readonly clock: Clock;
  readonly onProblem: (problem: HviewError) => void;
}

interface IgnoredFile {
  readonly bornNs: bigint;
  /** A copy is one only as long as nothing else is written to it; null: whatever its size. */
  readonly size: number | null;
}

interface FinishedFile {
  readonly bornNs: bigint;
  readonly position: FilePosition;
}

/** Listings of a folder that changes while it is listed; more are not needed at 50 rotations a second. */
const MAX_PASSES = 6;

/** Files whose end is remembered, for when one of them gets the name back. */
const MAX_FINISHED = 64;

/** Bytes searched for the start of the line that is being written. */
const LAST_LINE_BYTES = 64 * 1024;

const LINE_FEED = 10;

/**
 * Which files are to be read, in which order: the one being read, those that took the name after it,
 * and those that were left but may still be written to. Every file gets a handle as soon as it is
 * noticed, so that it can be renamed or deleted before its turn comes.
 */
export class Succession {
  /** To be read, in order. The last one has the name, or had it when it was last looked at. */
  readonly chain: OpenFile[] = [];
  /** Read to the end and left; a writer may not have noticed the rotation yet. */
  readonly lingering: OpenFile[] = [];

  readonly #options: SuccessionOptions;
  /** Parts beside the log that were there before, or are copies; by device and inode. */
  readonly #ignored = new Map<string, IgnoredFile>();
  readonly #finished = new Map<string, FinishedFile>();
  readonly #packedParts: PackedParts;
  /**
   * Compressed parts that changed after this file are to be read: next, when it is in the chain, or else first of
   * all. Undefined: there are none.
   */
  #packedAfter: OpenFile | FileTimes | undefined;
  #target: string;
  /** What the log's copies hold was read in the log itself before: under this text, see FollowedFile. */
  #copiedText: string | null = null;
  #generation = 0;
  #filesOpened = 0;
  #lastBornNs = 0n;
  #lastModifiedNs = 0n;

  constructor(options: SuccessionOptions) {
    this.#options = options;
    const nextGeneration = () => (this.#generation += 1);
    this.#packedParts = new PackedParts({ ...options, nextGeneration });
    this.#target = options.path;
  }

  /** Where the name leads, links resolved, as of the last file opened. */
  get target(): string {
    return this.#target;
  }

  /** Files that had a place in the chain so far. */
  get filesOpened(): number {
    return this.#filesOpened;
  }

  /** Opens what there is to begin with. Resolves to the positions whose file is not there any more. */
  async begin(startAt: StartAt): Promise<FilePosition[]> {
    const missing: FilePosition[] = [];
    const seen = await this.#list();
    if (typeof startAt !== 'string') {
      for (const position of startAt) {
        if (await this.#resume(position, seen)) continue;
        if (!(await this.#resumePacked(position, seen))) missing.push(position);
      }
    }
    const compare = compareAge(basename(this.#target));
    const lastRead = this.chain.at(-1);
    const last = lastRead && (seen.find(({ key }) => key === lastRead.key) ?? asFound(lastRead));
    // While the file that was read last has the name, whatever lies beside it is older text or a copy of it.
    const isNewest = last?.path === this.#options.path;
    // Where that file is gone, what was made after it comes next.
    const lost = last === undefined ? newest(missing.map(timesOf)) : undefined;
    const lastBornNs = lost?.bornNs ?? 0n;
    for (const file of seen) {
      const isBeside = file.path !== this.#options.path;
      const isOlder =
        last === undefined
          ? lastBornNs === 0n || file.bornNs <= lastBornNs
          : isNewest || compare(file, last) < 0;
      if (isBeside && isOlder) this.#ignore(file);
    }
    if (lastBornNs > 0n) this.#lastBornNs = lastBornNs;
    if (lost !== undefined && lost.modifiedNs > 0n) this.#packedAfter = lost;
    await this.extend();
    missing.push(...(await this.extendPacked()));
    const first = this.chain[0];
    if (startAt === 'end' && first !== undefined) await first.seek(await lastLineStart(first));
    return missing;
  }

  /**
   * The name leads to another file than the last of the chain: appends that file, after those that
   * had the name in between and were renamed since. Resolves to the number of files appended.
   */
  async extend(): Promise<number> {
    const base = basename(this.#target);
    const found: OpenFile[] = [];
    let seen: FoundFile[] = [];
    let isComplete = false;
    // The names move on while they are listed, so it is done until a listing has nothing new.
    for (let pass = 0; pass < MAX_PASSES && !isComplete; pass += 1) {
      seen = await this.#list();
      const fresh = seen.filter((file) => this.#isFresh(file, found)).sort(compareAge(base));
      isComplete = true;
      for (const file of fresh) {
        if (this.chain.length + found.length >= this.#options.maxOpenFiles) break;
        const opened = await this.#open(file, found);
        if (opened === undefined) continue;
        found.push(opened);
        isComplete = false;
      }
    }
    this.#append(found, seen);
    return found.length;
  }

  /**
   * Parts that were compressed while nobody read come right after the one in which reading ended, before all that is
   * not compressed: opens the next of them when that one is the first of the chain. Resolves to where those begin of
   * which something is lost.
   */
  async extendPacked(): Promise<FilePosition[]> {
    const after = this.#packedAfter;
    const followsFirst = after instanceof OpenFile;
    if (after === undefined || (followsFirst && after !== this.chain[0])) return [];
    this.#packedAfter = undefined;
    const parts: PackedPart[] = [];
    for await (const part of this.#packedParts.after(this.#target, after)) {
      // What the chain has is the newest.
      if (await this.#isUnpackedInChain(part.file)) {
        await part.file.close();
        break;
      }
      part.file.text = this.#copiedText ?? part.file.text;
      parts.push(part);
      if (parts.length < this.#options.maxOpenFiles) continue;
      this.#packedAfter = part.file;
      break;
    }
    this.chain.splice(followsFirst ? 1 : 0, 0, ...parts.map(({ file }) => file));
    this.#filesOpened += parts.length;
    const damaged = parts.filter((part) => !part.isWhole);
    for (const part of damaged) await this.#tellDamage(part);
    return Promise.all(damaged.map(({ file }) => file.positionAt(0)));
  }

  /** The first of the chain is done with, for now or for good. */
  leave(): void {
    const file = this.chain.shift();
    if (file !== undefined) this.lingering.push(file);
  }

  /** Nothing more is expected of the file: closes it and remembers how far it was read. */
  async finish(file: OpenFile): Promise<void> {
    remove(this.chain, file);
    remove(this.lingering, file);
    const position = await file.positionAt(file.position);
    await file.close().catch(() => {});
    this.#finished.delete(file.key);
    this.#finished.set(file.key, { bornNs: file.bornNs, position });
    const [oldest] = this.#finished.keys();
    if (this.#finished.size > MAX_FINISHED && oldest !== undefined) this.#finished.delete(oldest);
  }

  /** The file was cut: what stands in it now is read as a new file in its place. */
  async restart(file: OpenFile): Promise<OpenFile> {
    this.#generation += 1;
    const reborn = file.reborn(this.#generation);
    for (const list of [this.chain, this.lingering]) {
      const index = list.indexOf(file);
      if (index !== -1) list[index] = reborn;
    }
    const seen = await this.#list();
    if (seen.some(({ key, path }) => key === file.key && path === this.#options.path)) {
      // The copy that was made before the cut lies beside the log now, and was read already.
      for (const sibling of seen) if (!this.#isOpen(sibling.key)) this.#ignore(sibling);
    }
    return reborn;
  }

  /**
   * The copy that copy-and-truncate made of the file before it was cut, set to where reading the file
   * ended; undefined when there is none that holds more. Whoever asks closes it.
   */
  async findCopy(file: OpenFile): Promise<OpenFile | undefined> {
    for (const sibling of await findSiblings(this.#target).catch(() => [])) {
      if (this.#isOpen(sibling.key)) continue;
      const opened = await this.#openPath(sibling.path);
      try {
        if (opened !== undefined && (await opened.continues(file))) {
          await opened.seek(file.position);
          return opened;
        }
      } catch (error) {
        this.#options.onProblem(unreadableLog(sibling.path, error));
      }
      await opened?.close();
    }
    return undefined;
  }

  async #list(): Promise<FoundFile[]> {
    const { path } = this.#options;
    const [named, target] = await Promise.all([findByName(path), realpath(path).catch(() => undefined)]);
    this.#target = target ?? this.#target;
    const siblings = await findSiblings(this.#target).catch(() => []);
    return named === undefined ? siblings : [...siblings, { ...named, name: basename(this.#target) }];
  }

  /** Whether a listed file is one that has to be read and is not open yet. */
  #isFresh(file: FoundFile, found: readonly OpenFile[]): boolean {
    if (this.chain.some(({ key }) => key === file.key)) return false;
    if (found.some(({ key }) => key === file.key)) return false;
    if (file.path === this.#options.path) return true;
    if (this.#isOpen(file.key)) return false;
    // An inode is given to a new file once its old one is deleted: only with its time is it the same.
    const ignored = this.#ignored.get(file.key);
    if (ignored?.bornNs === file.bornNs && (ignored.size ?? file.size) === file.size) return false;
    if (this.#finished.get(file.key)?.bornNs === file.bornNs) return false;
    return file.bornNs > 0n && this.#lastBornNs > 0n
      ? file.bornNs >= this.#lastBornNs
      : file.modifiedNs >= this.#lastModifiedNs;
  }

  async #open(file: FoundFile, found: readonly OpenFile[]): Promise<OpenFile | undefined> {
    const lingering = this.lingering.find(({ key }) => key === file.key);
    if (lingering !== undefined) {
      // It got its name back: it goes on where it was left.
      remove(this.lingering, lingering);
      return lingering;
    }
    const opened = await this.#openPath(file.path);
    if (opened === undefined) return undefined;
    try {
      // The name may have moved on since it was listed: the handle knows which file this is.
      const isTaken = this.#isOpen(opened.key) || found.some(({ key }) => key === opened.key);
      if (!isTaken && (file.path === this.#options.path || !(await this.#isCopy(opened)))) {
        await this.#recall(opened);
        if (file.path !== this.#options.path) opened.text = this.#copiedText ?? opened.text;
        return opened;
      }
      if (!isTaken) this.#ignored.set(opened.key, { bornNs: opened.bornNs, size: file.size });
    } catch (error) {
      this.#options.onProblem(unreadableLog(file.path, error));
    }
    await opened.close();
    return undefined;
  }

  async #openPath(path: string): Promise<OpenFile | undefined> {
    try {
      const { handle, stats } = await openForReading(path);
      this.#generation += 1;
      const file = new OpenFile(handle, stats, path, this.#generation);
      await file.prime();
      return file;
    } catch (error) {
      const code = systemErrorCode(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') {
        this.#options.onProblem(unreadableLog(path, error));
      }
      return undefined;
    }
  }

  /** A file that was read before and got its name back goes on where it ended. */
  async #recall(file: OpenFile): Promise<void> {
    const finished = this.#finished.get(file.key);
    if (finished === undefined || finished.bornNs !== file.bornNs) return;
    await file.seek(finished.position.offset);
    if (await file.holds(finished.position)) file.text = finished.position.text;
    else await file.seek(0);
  }

  async #resume(position: FilePosition, seen: readonly FoundFile[]): Promise<boolean> {
    const { device, inode } = position.identity;
    const isLikely = (file: FoundFile) => (file.key === `${device}:${inode}` ? 0 : 1);
    // A file that was restored or lies on a renumbered device has other numbers and the same bytes;
    // without bytes to compare only the numbers can tell.
    const isBlank = position.identity.head.length === 0;
    for (const file of [...seen].sort((a, b) => isLikely(a) - isLikely(b))) {
      if (this.#isOpen(file.key) || (isBlank && isLikely(file) !== 0)) continue;
      const opened = await this.#openPath(file.path);
      if (opened === undefined) continue;
      if (await this.#goOn(opened, position, seen)) return true;
    }
    return false;
  }

  /** Whether the file holds `position`, and is read on from there; else it is closed. */
  async #goOn(opened: OpenFile, position: FilePosition, seen: readonly FoundFile[]): Promise<boolean> {
    // In this order: text that takes the place of what was read in the meantime never counts as read.
    await opened.seek(position.offset);
    if (!(await opened.holds(position))) {
      await opened.close();
      return false;
    }
    opened.text = position.text;
    // The log goes on under its old inode, so that what lies beside it are copies: copy-and-truncate.
    const isCopied = seen.some(({ path, key }) => path === this.#options.path && key === position.text);
    if (isCopied && opened.key !== position.text) this.#copiedText = position.text;
    this.#packedAfter = undefined;
    this.#append([opened], seen);
    return true;
  }

  /** Goes on in a part that was compressed since. Resolves to whether all of it can be read. */
  async #resumePacked(position: FilePosition, seen: readonly FoundFile[]): Promise<boolean> {
    for await (const part of this.#packedParts.like(this.#target, position)) {
      if (!(await this.#goOn(part.file, position, seen))) continue;
      this.#packedAfter = part.file;
      if (!part.isWhole) await this.#tellDamage(part);
      return part.isWhole;
    }
    return false;
  }

  async #tellDamage({ file }: PackedPart): Promise<void> {
    const bytes = await file.size();
    this.#options.onProblem(
      new HviewError(
        'FILE_UNREADABLE',
        `${file.path} is damaged or cut short after ${bytes} unpacked bytes`,
        {
          hint: 'What stood behind them is lost to hview and counted as a loss.',
        },
      ),
    );
  }

  /** Whether the chain has the file that this compressed part was made of. */
  async #isUnpackedInChain(part: OpenFile): Promise<boolean> {
    const size = await part.size();
    for (const file of this.chain)
      if ((await file.size()) === size && (await part.isCopyOf(file))) return true;
    return false;
  }

  async #isCopy(file: OpenFile): Promise<boolean> {
    for (const other of [...this.chain, ...this.lingering]) if (await file.isCopyOf(other)) return true;
    return false;
  }

  #isOpen(key: string): boolean {
    return this.chain.some((file) => file.key === key) || this.lingering.some((file) => file.key === key);
  }

  #ignore(file: FoundFile): void {
    this.#ignored.set(file.key, { bornNs: file.bornNs, size: null });
  }

  #append(found: OpenFile[], seen: readonly FoundFile[]): void {
    const listed = new Map(seen.map((file) => [file.key, file]));
    const compare = compareAge(basename(this.#target));
    const asListed = (file: OpenFile): FoundFile => listed.get(file.key) ?? asFound(file);
    const isNamed = (file: OpenFile) => Number(asListed(file).path === this.#options.path);
    found.sort((a, b) => isNamed(a) - isNamed(b) || compare(asListed(a), asListed(b)));
    this.chain.push(...found);
    this.#filesOpened += found.length;

    const last = this.chain.at(-1);
    if (last === undefined) return;
    this.#lastBornNs = last.bornNs;
    this.#lastModifiedNs = last.modifiedNs;
    // What is gone from the folder must be forgotten, or its inode would hide a new file.
    for (const key of this.#ignored.keys()) if (!listed.has(key)) this.#ignored.delete(key);
  }
}

/** A file that is open, in place of what a listing without it would tell. */
function asFound({ path, key, bornNs, modifiedNs, position }: OpenFile): FoundFile {
  return { name: basename(path), path, key, bornNs, modifiedNs, size: position };
}

function newest(files: readonly FileTimes[]): FileTimes | undefined {
  return files.reduce<FileTimes | undefined>(
    (last, file) => (last === undefined || file.bornNs > last.bornNs ? file : last),
    undefined,
  );
}

/** Where the last line of the file begins if it is not finished, else the end of the file. */
async function lastLineStart(file: OpenFile): Promise<number> {
  const size = await file.size();
  const from = Math.max(0, size - LAST_LINE_BYTES);
  const bytes = await file.bytesAt(from, size - from);
  const lineFeed = bytes.lastIndexOf(LINE_FEED);
  return lineFeed === -1 ? size : from + lineFeed + 1;
}

function remove(list: OpenFile[], file: OpenFile): void {
  const index = list.indexOf(file);
  if (index !== -1) list.splice(index, 1);
}
