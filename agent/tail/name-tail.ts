import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import Tail from 'tail-file';
import { isRotatedName } from './rotated-names.js';

/** What is done for a name whenever there may be news of it. Neither promise ever rejects. */
export interface TailWork {
  /** Hands on everything there is to read. */
  read(): Promise<void>;
  /** Looks at what the name leads to now; whether there is something to read. */
  look(): Promise<boolean>;
  /**
   * Something changed; a read and a look follow when those at work are done. `rename`: files came, went
   * or changed names. `sibling`: an older part of the log. `folder`: the folder itself.
   */
  notice(kind: 'rename' | 'sibling' | 'folder'): void;
  /** The folder cannot be watched (any more): only polling is left. */
  loseNotifications(error: unknown): void;
}

/**
 * `tail-file` as the clock of one name: it watches the folder, decides when to read and when to look,
 * and lets nothing that happens meanwhile be forgotten. Reading and looking are ours: of `tail-file`
 * these replace the methods that open by name, read text, cut lines and compare inodes.
 */
export class NameTail extends Tail {
  readonly #work: TailWork;
  readonly #usesNotifications: boolean;
  #names: readonly string[];
  /** Watches the folder of the file that a symbolic link leads to. */
  #targetWatcher: FSWatcher | undefined;
  #targetFolder: string | undefined;
  #doing: Promise<void> = Promise.resolve();

  constructor(path: string, work: TailWork, usesNotifications: boolean) {
    super(path);
    this.#work = work;
    this.#usesNotifications = usesNotifications;
    this.#names = [basename(path)];
  }

  /** Whether changes in the folder are being told. */
  get isNotified(): boolean {
    return this.watcher !== null && this.watcher !== undefined;
  }

  /** Reads and looks now, or once more if it is at it already. */
  wake(): void {
    this.readable = true;
    this.readStuff();
  }

  /** Watches the folder afresh, after it was replaced or could not be watched. */
  rewatch(): void {
    if (this.started === null) return;
    this.#unwatch();
    this.startTail(this.filename);
    this.wake();
  }

  /** The file behind the name lies at `path`, which differs from the name when links are involved. */
  watchTarget(path: string): void {
    const folder = dirname(path);
    this.#names = [...new Set([basename(this.filename), basename(path)])];
    const target = folder === dirname(this.filename) ? undefined : folder;
    if (target === this.#targetFolder || !this.#usesNotifications) return;
    this.#targetWatcher?.close();
    this.#targetWatcher = undefined;
    this.#targetFolder = target;
    if (target === undefined) return;
    try {
      this.#targetWatcher = watch(target, (type, name) => this.checkDir(type, name));
      this.#targetWatcher.on('error', (error) => this.#work.loseNotifications(error));
    } catch (error) {
      this.#work.loseNotifications(error);
    }
    // What came before the watch was in place raises no event.
    this.wake();
  }

  override async stop(): Promise<boolean> {
    // `tail-file` calls this before it starts, too.
    this.#targetWatcher?.close();
    this.#targetWatcher = undefined;
    this.#targetFolder = undefined;
    const result = await super.stop();
    await this.#doing;
    return result;
  }

  /** There is nothing to find out by name first: whoever opens the file asks the open handle. */
  override tryTail(filename: string): void {
    this.startTail(filename);
    this.emit('ready');
  }

  override startTail(filename: string): void {
    this.started = filename;
    try {
      if (this.#usesNotifications) super.startTail(filename);
    } catch (error) {
      this.#work.loseNotifications(error);
    }
    // Does nothing where `tail-file` has begun to read already.
    this.getLine();
  }

  override checkDir(type: string, name: string | null): void {
    // Without a name anything may have happened.
    const isLog = name === null || this.#names.includes(name);
    const isFolder = name === basename(dirname(this.filename));
    const isSibling = name === null || this.#names.some((base) => isRotatedName(base, name));
    if (!isLog && !isFolder && !isSibling) return;
    if (isFolder) this.#work.notice('folder');
    if (isSibling) this.#work.notice('sibling');
    if (type === 'rename') this.#work.notice('rename');
    this.wake();
  }

  override checkDirError(error: Error): void {
    this.#unwatch();
    this.#work.loseNotifications(error);
  }

  override getLine(): void {
    this.readStuff();
  }

  override readStuff(): void {
    if (this.started === null || this.reading) return;
    this.reading = true;
    this.readable = false;
    this.#doing = this.#work.read().then(() => this.#endReading());
  }

  override onEndOfFileForTail(): void {
    if (this.started === null) return;
    this.reading = true;
    this.#doing = this.#work.look().then((hasMore) => {
      this.reading = false;
      if (hasMore || this.readable) this.readStuff();
      else if (this.started !== null) this.emit('eof');
    });
  }

  #endReading(): void {
    this.reading = false;
    this.onEndOfFileForTail();
  }

  #unwatch(): void {
    this.watcher?.close();
    this.watcher = null;
  }
}
