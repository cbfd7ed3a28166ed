import type { FSWatcher } from 'node:fs';
import { readFileSync, realpathSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock, Timer } from './clock.js';
import { every } from './clock.js';

export interface WatchedFilesOptions {
  readonly paths: readonly string[];
  readonly clock: Clock;
  /** What one of the files holds has changed; whether it makes sense is for the listener to find out. */
  readonly onChange: () => void;
}

/** Who replaces several files does it one after the other, within this time; milliseconds. */
const SETTLE_MS = 250;

/** The system's notice may be missing: on network file systems, or when it has no more watches to give. */
const LOOK_ANYWAY_MS = 60_000;

/**
 * Tells when small files change, whether they are written in place, replaced, or reached by a symbolic link
 * that is turned (as Kubernetes and certificate tools do). The system gives notice; besides, the files are
 * read once a minute. Holds no process alive.
 */
export class WatchedFiles {
  readonly #options: WatchedFilesOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #look: Timer;
  #settling: Timer | null = null;
  #contents: readonly (string | null)[];
  #isClosed = false;

  constructor(options: WatchedFilesOptions) {
    this.#options = options;
    this.#contents = options.paths.map(contentOf);
    this.#watchFolders();
    this.#look = every(options.clock, LOOK_ANYWAY_MS, () => this.look());
  }

  /** Looks now. */
  look(): void {
    if (this.#isClosed) return;
    this.#watchFolders();
    const contents = this.#options.paths.map(contentOf);
    if (contents.every((content, index) => content === this.#contents[index])) return;
    this.#contents = contents;
    this.#options.onChange();
  }

  close(): void {
    this.#isClosed = true;
    this.#look.cancel();
    this.#settling?.cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** The folders that the paths name and those that the files lie in, links followed. */
  #watchFolders(): void {
    const { paths } = this.#options;
    const folders = new Set(paths.flatMap((path) => [dirname(path), dirname(realPath(path))]));
    const names = new Set(paths.flatMap((path) => [basename(path), basename(realPath(path))]));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, (_, name) => {
          // Kubernetes turns a link beside the files, `..data`.
          if (name === null || names.has(name) || name.startsWith('..data')) this.#soon();
        });
        watcher.on('error', () => this.#forget(folder));
        this.#watchers.set(folder, watcher);
      } catch {
        // The look once a minute has to do.
      }
    }
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #soon(): void {
    this.#settling?.cancel();
    this.#settling = this.#options.clock.after(SETTLE_MS, () => this.look(), { unref: true });
  }
}

/** Null: it cannot be read. */
function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
