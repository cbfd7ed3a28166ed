import { basename } from 'node:path';
import { watch as chokidarWatch } from 'chokidar';
import { HviewError, describeError } from '../../runtime/errors.js';

/** What this file needs of a chokidar watcher. */
export interface FolderWatcher {
  on(event: 'all' | 'ready', listener: () => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  close(): Promise<void>;
}

export interface FolderWatchOptions {
  /** How often to look where the system cannot notify, in milliseconds; default 250. */
  readonly pollMs?: number;
  /** Never rely on notifications: for network file systems that have none. Default false. */
  readonly usePolling?: boolean;
  /** Notifications failed and polling has taken over. */
  readonly onProblem?: (problem: HviewError) => void;
  /** Makes a watcher that tells of `folder` itself and of those entries in it that `concerns` names. */
  readonly watch?: (
    folder: string,
    concerns: (name: string) => boolean,
    polling: { readonly usePolling: boolean; readonly pollMs: number },
  ) => FolderWatcher;
}

export interface FolderSubscription {
  close(): Promise<void>;
}

interface Subscriber {
  readonly concerns: (name: string) => boolean;
  readonly onChange: () => void;
}

interface WatchedFolder {
  watcher: FolderWatcher;
  readonly subscribers: Set<Subscriber>;
}

/**
 * Tells when entries of a folder come, go or change: one chokidar watcher a folder, however many ask,
 * never below the folder itself. When the system's watches run out it polls instead.
 */
export class FolderWatches {
  readonly #options: Required<FolderWatchOptions>;
  readonly #folders = new Map<string, WatchedFolder>();

  constructor(options: FolderWatchOptions = {}) {
    this.#options = { pollMs: 250, usePolling: false, onProblem: () => {}, watch: watchFolder, ...options };
  }

  /** The folder has to exist. `concerns` is asked with the names of entries. */
  subscribe(folder: string, concerns: (name: string) => boolean, onChange: () => void): FolderSubscription {
    const subscriber: Subscriber = { concerns, onChange };
    const watched = this.#folders.get(folder) ?? this.#open(folder);
    watched.subscribers.add(subscriber);
    return {
      close: async () => {
        if (!watched.subscribers.delete(subscriber) || watched.subscribers.size > 0) return;
        this.#folders.delete(folder);
        await watched.watcher.close();
      },
    };
  }

  /** Folders that are being watched now. */
  get folders(): readonly string[] {
    return [...this.#folders.keys()];
  }

  async close(): Promise<void> {
    const all = [...this.#folders.values()];
    this.#folders.clear();
    await Promise.all(all.map(({ watcher }) => watcher.close()));
  }

  #open(folder: string): WatchedFolder {
    const subscribers = new Set<Subscriber>();
    const watched = { watcher: this.#watch(folder, subscribers, this.#options.usePolling), subscribers };
    this.#folders.set(folder, watched);
    return watched;
  }

  #watch(folder: string, subscribers: Set<Subscriber>, usePolling: boolean): FolderWatcher {
    const { pollMs, watch, onProblem } = this.#options;
    const concerns = (name: string) => [...subscribers].some((subscriber) => subscriber.concerns(name));
    const tell = () => {
      for (const subscriber of [...subscribers]) subscriber.onChange();
    };
    const watcher = watch(folder, concerns, { usePolling, pollMs });
    watcher.on('all', tell);
    // What came before the watch was in place raises no event.
    watcher.on('ready', tell);
    watcher.on('error', (error) => {
      const watched = this.#folders.get(folder);
      if (watched?.watcher !== watcher || usePolling) return;
      onProblem(notificationProblem(folder, error));
      watched.watcher = this.#watch(folder, subscribers, true);
      void watcher.close();
      tell();
    });
    return watcher;
  }
}

/** The problem that a folder cannot be watched, with what a person can do about it. */
export function notificationProblem(folder: string, error: unknown): HviewError {
  return new HviewError('FILE_UNREADABLE', `cannot watch the folder ${folder}: ${describeError(error)}`, {
    cause: error,
    hint: 'Polling takes over, nothing is lost. Raise fs.inotify.max_user_watches to be told at once.',
  });
}

function watchFolder(
  folder: string,
  concerns: (name: string) => boolean,
  polling: { readonly usePolling: boolean; readonly pollMs: number },
): FolderWatcher {
  return chokidarWatch(folder, {
    depth: 0,
    ignoreInitial: true,
    // A log that is deleted and made again is two events, not one change.
    atomic: false,
    // Each entry that is not ignored costs a watch of its own.
    ignored: (path) => path !== folder && !concerns(basename(path)),
    usePolling: polling.usePolling,
    interval: polling.pollMs,
    binaryInterval: polling.pollMs,
  });
}
