import type { FilePosition, Fingerprint } from '../tail/byte-source.js';

/** Up to where a log was read and dealt with, and what its records have left behind. */
export interface Checkpoint {
  /** Name of the plugin: another one's memory means nothing. */
  readonly plugin: string;
  /** The files that are being read, oldest first. */
  readonly files: readonly FilePosition[];
  /** What `Pipeline.state` gave. */
  readonly state: unknown;
  /** The last sequence of the spool that this checkpoint covers. */
  readonly spooled: number;
}

/** A checkpoint out of data from outside; null when it is none. Members that are not known are ignored. */
export function checkpointFrom(data: unknown): Checkpoint | null {
  if (!isObject(data)) return null;
  const { plugin, files, state, spooled } = data;
  if (typeof plugin !== 'string' || !isCount(spooled) || !Array.isArray(files)) return null;
  if (!files.every(isPosition)) return null;
  return { plugin, files, state, spooled };
}

function isPosition(data: unknown): data is FilePosition {
  if (!isObject(data) || !isObject(data['identity'])) return false;
  const { device, inode, head } = data['identity'];
  const { offset, marker, text } = data;
  return (
    typeof device === 'string' &&
    typeof inode === 'string' &&
    typeof text === 'string' &&
    isCount(offset) &&
    isFingerprint(head) &&
    (marker === null || isFingerprint(marker))
  );
}

function isFingerprint(data: unknown): data is Fingerprint {
  return isObject(data) && isCount(data['length']) && typeof data['digest'] === 'string';
}

function isCount(data: unknown): data is number {
  return typeof data === 'number' && Number.isSafeInteger(data) && data >= 0;
}

function isObject(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null;
}
