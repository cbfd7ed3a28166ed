import { lstat, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { FolderSubscription, FolderWatches } from './folder-watches.js';

/**
 * Waits for a path that is not there yet, whichever part of it is missing: watches the nearest folder
 * above it that exists, and moves down as the folders in between appear.
 */
export class AppearanceWatch {
  readonly #path: string;
  readonly #folders: FolderWatches;
  readonly #onAppear: () => void;
  #watching: { readonly folder: string; readonly subscription: FolderSubscription } | undefined;
  #isClosed = false;
  #busy: Promise<void> = Promise.resolve();

  /** `onAppear` is called each time the path is found to be there, and may be called more than once. */
  constructor(path: string, folders: FolderWatches, onAppear: () => void) {
    this.#path = path;
    this.#folders = folders;
    this.#onAppear = onAppear;
    this.#again();
  }

  /** Resolves when what was told so far has been looked into. */
  settled(): Promise<void> {
    return this.#busy;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#busy;
    await this.#watching?.subscription.close();
    this.#watching = undefined;
  }

  #again(): void {
    this.#busy = this.#busy.then(() => this.#check());
  }

  #hasClosed(): boolean {
    return this.#isClosed;
  }

  async #check(): Promise<void> {
    if (this.#hasClosed()) return;
    const { folder, next } = await nearestFolder(this.#path);
    if (this.#hasClosed()) return;
    if (this.#watching?.folder !== folder) {
      await this.#watching?.subscription.close();
      const subscription = this.#folders.subscribe(
        folder,
        (name) => name === next,
        () => this.#again(),
      );
      this.#watching = { folder, subscription };
    }
    if (await exists(this.#path)) this.#onAppear();
  }
}

/** The longest existing folder above `path`, and the name below it that comes next on the way. */
async function nearestFolder(path: string): Promise<{ folder: string; next: string }> {
  let below = path;
  for (;;) {
    const folder = dirname(below);
    if (folder === below || (await isFolder(folder))) return { folder, next: basename(below) };
    below = folder;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
