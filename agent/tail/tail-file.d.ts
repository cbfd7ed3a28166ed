/** The part of the untyped package `tail-file` that the follower of a name builds upon. */
declare module 'tail-file' {
  import type { EventEmitter } from 'node:events';
  import type { FSWatcher } from 'node:fs';

  /**
   * Follows one file by name. Its life: `start` → `tryTail` → `startTail` (watches the folder) →
   * `getLine` → `readStuff` → at the end of the file `onEndOfFile` → event `eof`; any change in the
   * folder → `checkDir` → `readStuff`.
   */
  class Tail extends EventEmitter {
    constructor(filename: string, options?: object);

    readonly filename: string;
    /** The path that is being tailed; null when it is not at work. */
    started: string | null;
    /** Set while the file is read or looked at, so that only one of it runs. */
    reading: boolean;
    /** Set when something changed while `reading` was set: there is more to do afterwards. */
    readable: boolean;
    watcher: FSWatcher | null | undefined;

    /** Starts and resolves at the event `ready`. */
    startP(filename?: string): Promise<boolean>;
    stop(): Promise<boolean>;

    tryTail(filename: string): void;
    startTail(filename: string): void;
    checkDir(type: string, name: string | null): void;
    checkDirError(error: Error): void;
    readStuff(): void;
    getLine(): void;
    /** What `startTail` makes `onEndOfFile` lead to. */
    onEndOfFileForTail(): void;
  }

  export default Tail;
}
