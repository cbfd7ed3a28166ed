import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of its own that is soon full. */
export interface SmallDisk {
  readonly path: string;
  /** Leaves no room on it. */
  fill(): void;
  /** Gives back the room that `fill` took. */
  makeRoom(): void;
  remove(): void;
}

/** Mounts one at the path; null, with the reason on standard error, where that is refused. */
export function mountSmallDisk(path: string, megabytes: number): SmallDisk | null {
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    process.stderr.write(`not tried: a small file system is refused: ${String(error)}\n`);
    return null;
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    fill() {
      for (let bytes = megabytes * 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 2)) {
        try {
          for (;;) writeFileSync(ballast, Buffer.alloc(bytes), { flag: 'a' });
        } catch {
          // No room for so much: then for less.
        }
      }
    },
    makeRoom: () => rmSync(ballast),
    remove: () => execFileSync('umount', ['-l', path]),
  };
}
