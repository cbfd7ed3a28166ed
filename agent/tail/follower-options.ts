import type { Clock } from '../../runtime/clock.js';
import type { FolderWatches } from './folder-watches.js';
import type { ReadBuffers } from './read-buffers.js';
import type { StartAt } from './succession.js';

export interface FileFollowerOptions {
  /** The log. It may be a symbolic link, and it need not exist yet. */
  readonly path: string;
  /** Where to begin in what is there at the start; default `beginning`. A file that comes later is read whole. */
  readonly startAt?: StartAt;
  /** Share one among all followers of a process: it bounds their memory together. */
  readonly buffers?: ReadBuffers;
  /** Share one among all followers of a process, so that each folder is watched once. */
  readonly folders?: FolderWatches;
  /** How often to look without being told, in milliseconds; default 250. Costs a system call each time. */
  readonly pollMs?: number;
  /** What the time between two looks grows to while a watched file is idle; default 2000. */
  readonly idlePollMs?: number;
  /** False where the file system sends no notifications, or wrong ones; default true. */
  readonly useNotifications?: boolean;
  /**
   * How long a rotated file is kept open after its last byte, for a writer that has not noticed;
   * default 60,000 ms. With 0 files never overlap: each ends before the next begins.
   */
  readonly lingerMs?: number;
  /** The same for a deleted file, whose space on disk is not given back meanwhile; default 5,000 ms. */
  readonly deletedLingerMs?: number;
  /** Rotated files kept open that way at most; default 8. The oldest gives way. */
  readonly maxLingering?: number;
  /** Unread files held open at most, so that they survive deletion; default 64. */
  readonly maxOpenFiles?: number;
  /** How often a lasting problem is told again, in milliseconds; default 300,000. */
  readonly reminderMs?: number;
  readonly clock?: Clock;
}

/** A quarter of a second is what people call at once; the rest bounds what a busy host can hold open. */
export const FOLLOWER_DEFAULTS = {
  startAt: 'beginning',
  pollMs: 250,
  idlePollMs: 2000,
  useNotifications: true,
  lingerMs: 60_000,
  deletedLingerMs: 5000,
  maxLingering: 8,
  maxOpenFiles: 64,
  reminderMs: 300_000,
} as const;
