import type { BigIntStats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileKey } from './open-file.js';
import { isPackedName, isRotatedName } from './rotated-names.js';
import type { FoundFile } from './rotated-names.js';

/**
 * The older parts of the log at `target` that lie beside it now, in no order. `target` is where the
 * name leads once links are resolved, because that is where rotation happens.
 */
export function findSiblings(target: string): Promise<FoundFile[]> {
  return findBeside(target, isRotatedName);
}

/** The same for those that were compressed since. */
export function findPackedSiblings(target: string): Promise<FoundFile[]> {
  return findBeside(target, isPackedName);
}

async function findBeside(
  target: string,
  isPart: (base: string, name: string) => boolean,
): Promise<FoundFile[]> {
  const folder = dirname(target);
  const base = basename(target);
  const names = (await readdir(folder)).filter((name) => isPart(base, name));
  // Links among them lead to a file that is listed itself, or to none of this log.
  const found = await Promise.all(names.map((name) => look(join(folder, name), lstat)));
  return found.filter((file) => file !== undefined);
}

/** The file that a name leads to; undefined when there is none. */
export function findByName(path: string): Promise<FoundFile | undefined> {
  return look(path, stat);
}

async function look(
  path: string,
  status: (path: string, options: { bigint: true }) => Promise<BigIntStats>,
): Promise<FoundFile | undefined> {
  try {
    const stats = await status(path, { bigint: true });
    if (!stats.isFile()) return undefined;
    const { birthtimeNs, mtimeNs } = stats;
    return {
      name: basename(path),
      path,
      key: fileKey(stats),
      bornNs: birthtimeNs,
      modifiedNs: mtimeNs,
      size: Number(stats.size),
    };
  } catch {
    // Renamed or deleted since the folder was listed; the next listing knows better.
    return undefined;
  }
}
