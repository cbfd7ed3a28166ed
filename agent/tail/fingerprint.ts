import { createHash } from 'node:crypto';
import type { Fingerprint } from './byte-source.js';

/** Bytes at the start of a file that tell it from others: enough for a banner and the first lines. */
export const HEAD_BYTES = 1024;

/** Bytes before an offset that tell whether the file is still the one that was read up to there. */
export const MARKER_BYTES = 64;

export function fingerprintOf(bytes: Buffer): Fingerprint {
  return { length: bytes.length, digest: createHash('sha256').update(bytes).digest('hex') };
}

/** Whether `bytes` begin with what the fingerprint was taken from. An empty fingerprint fits anything. */
export function fits(fingerprint: Fingerprint, bytes: Buffer): boolean {
  if (bytes.length < fingerprint.length) return false;
  return fingerprintOf(bytes.subarray(0, fingerprint.length)).digest === fingerprint.digest;
}
