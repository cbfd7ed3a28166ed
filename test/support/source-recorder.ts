import type {
  ByteSourceHandlers,
  Chunk,
  FileEndReason,
  FollowedFile,
  Loss,
} from '../../agent/tail/byte-source.js';
import { forEachLine } from '../../agent/tail/line-region.js';
import type { LineRegion } from '../../agent/tail/line-region.js';
import { LineRegions } from '../../agent/tail/line-regions.js';
import { decodeLine } from '../../agent/tail/line-splitter.js';
import type { HviewError } from '../../runtime/errors.js';

/** A line as a reader of the source would see it. */
export interface SeenLine {
  readonly text: string;
  readonly generation: number;
  readonly offset: number;
}

interface Waiter {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
}

/** How long to wait for something before the test fails with what was seen instead. */
const DEADLINE_MS = 30_000;

/** Takes everything a byte source says, cuts it into lines, and lets a test wait for what it expects. */
export class SourceRecorder implements ByteSourceHandlers {
  readonly seen: SeenLine[] = [];
  /** What happened besides lines, in order: `left 1`, `end 1 rotated`, `waiting`, `lost truncated 12`. */
  readonly events: string[] = [];
  readonly problems: HviewError[] = [];
  readonly losses: Loss[] = [];
  readonly files: FollowedFile[] = [];
  readonly #regions: LineRegions;
  #waiters: Waiter[] = [];
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  #isHolding = false;
  #caughtUpAt = -1;

  constructor(maxLineBytes?: number) {
    this.#regions = new LineRegions(maxLineBytes === undefined ? {} : { maxLineBytes });
  }

  get lines(): string[] {
    return this.seen.map(({ text }) => text);
  }

  get cutLines(): number {
    return this.#regions.counts().cutLines;
  }

  /** Lets the next chunk wait until `release`. */
  hold(): void {
    if (this.#gate !== undefined) return;
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    this.#gate = { opened, open };
  }

  release(): void {
    this.#gate?.open();
    this.#gate = undefined;
  }

  /** Resolves once a chunk is being held. */
  held(): Promise<void> {
    return this.until('a chunk is held', () => this.#isHolding);
  }

  /** Resolves as soon as the condition holds after something was said; fails when it never does. */
  until(what: string, isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const last = JSON.stringify(this.lines.slice(-5));
        reject(
          new Error(`not seen: ${what}; ${this.seen.length} lines, last ${last}, ${this.events.join(', ')}`),
        );
      }, DEADLINE_MS);
      this.#waiters.push({
        isMet,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }

  untilLines(count: number): Promise<void> {
    return this.until(`${count} lines`, () => this.seen.length >= count);
  }

  untilEvent(event: string): Promise<void> {
    return this.until(`event ${event}`, () => this.events.includes(event));
  }

  /** Resolves when the end of the newest file was reached at this offset. */
  untilCaughtUp(offset: number): Promise<void> {
    return this.until(`caught up at ${offset}`, () => this.#caughtUpAt === offset);
  }

  async onChunk(chunk: Chunk): Promise<void> {
    if (this.#gate !== undefined) {
      this.#isHolding = true;
      this.#tell();
      await this.#gate.opened;
      this.#isHolding = false;
    }
    if (!this.files.includes(chunk.file)) this.files.push(chunk.file);
    for (const region of this.#regions.push(chunk)) this.#take(region, chunk.file);
    this.#tell();
  }

  onFileEnd(file: FollowedFile, reason: FileEndReason): void {
    const rest = this.#regions.end(file, reason);
    if (rest !== null) this.#take(rest, file);
    this.#say(`end ${file.generation} ${reason}`);
  }

  onFileLeft(file: FollowedFile): void {
    this.#say(`left ${file.generation}`);
  }

  onCaughtUp(_file: FollowedFile, offset: number): void {
    this.#caughtUpAt = offset;
    this.#tell();
  }

  onWaiting(): void {
    this.#say('waiting');
  }

  onLoss(loss: Loss): void {
    this.losses.push(loss);
    this.#say(loss.kind === 'truncated' ? `lost truncated ${loss.knownBytes}` : 'lost missing');
  }

  onProblem(problem: HviewError): void {
    this.problems.push(problem);
    this.#say(`problem ${problem.code}`);
  }

  #take(region: LineRegion, file: FollowedFile): void {
    forEachLine(region, ({ start, end, offset }) => {
      this.seen.push({ text: decodeLine(region.bytes, start, end), generation: file.generation, offset });
    });
  }

  #say(event: string): void {
    this.events.push(event);
    this.#tell();
  }

  #tell(): void {
    const met = this.#waiters.filter(({ isMet }) => isMet());
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const { resolve } of met) resolve();
  }
}
