import { basename, dirname } from 'node:path';
import type { Clock, Timer } from '../../runtime/clock.js';
import type { FolderSubscription, FolderWatches } from '../tail/folder-watches.js';

/** Editors write a file in several steps; they are done by then, milliseconds. */
const SETTLE_MS = 300;

/** Tells when one of some files was written, once for a burst of changes. */
export class RulesWatch {
  readonly #subscriptions: readonly FolderSubscription[];
  #timer: Timer | null = null;

  constructor(paths: readonly string[], folders: FolderWatches, clock: Clock, onChange: () => void) {
    const tell = (): void => {
      this.#timer?.cancel();
      this.#timer = clock.after(SETTLE_MS, onChange, { unref: true });
    };
    this.#subscriptions = [...new Set(paths)].map((path) =>
      folders.subscribe(dirname(path), (name) => name === basename(path), tell),
    );
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    for (const subscription of this.#subscriptions) await subscription.close();
  }
}
