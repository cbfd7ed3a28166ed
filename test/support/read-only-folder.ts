import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';

/** A folder that cannot be written, not even by root, and how to be rid of it. */
export interface ReadOnlyFolder {
  readonly path: string;
  remove(): void;
}

/** Makes the folder; null, with the reason on standard error, where that is not to be had. */
export function makeReadOnlyFolder(path: string): ReadOnlyFolder | null {
  mkdirSync(path);
  if (process.getuid?.() !== 0) {
    chmodSync(path, 0o555);
    return { path, remove: () => chmodSync(path, 0o755) };
  }
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    process.stderr.write(
      `not tried: root writes anywhere, and a read-only mount is refused: ${String(error)}\n`,
    );
    return null;
  }
  return { path, remove: () => execFileSync('umount', [path]) };
}
