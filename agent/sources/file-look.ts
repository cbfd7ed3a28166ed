import { stat } from 'node:fs/promises';

/** What a file looked like at one moment. */
export interface FileLook {
  /** Device and inode, `2049:131`. */
  readonly key: string;
  readonly size: bigint;
  readonly changedNs: bigint;
}

/** Files looked at, opened or closed at once. */
const FILES_AT_ONCE = 32;

/** Null when there is no such file. */
export async function lookAt(path: string): Promise<FileLook | null> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  if (stats === undefined) return null;
  return { key: `${stats.dev}:${stats.ino}`, size: stats.size, changedNs: stats.ctimeNs };
}

/** Whether something happened to it between the two looks. */
export function differs(before: FileLook | null, now: FileLook | null): boolean {
  if (before === null || now === null) return true;
  return before.key !== now.key || before.size !== now.size || before.changedNs !== now.changedNs;
}

/** Does this with each, some at once. Rejects when one failed, after those beside it have ended. */
export async function inGroups<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
): Promise<void> {
  for (let index = 0; index < items.length; index += FILES_AT_ONCE) {
    const ended = await Promise.allSettled(items.slice(index, index + FILES_AT_ONCE).map(act));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }
}
