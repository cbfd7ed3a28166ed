import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../runtime/atomic-file.js';
import { HviewError, describeError, systemErrorCode } from '../../runtime/errors.js';

/** What the segments of a spool do not say of themselves. It may be older than they are, never newer. */
export interface Manifest {
  /** Delivered up to here. */
  readonly settled: number;
  /** The last sequence that was on disk. */
  readonly last: number;
  /** What is missing up to here was told. */
  readonly accounted: number;
  /** Name of the segment being written; null: none. Its absence is noticed. */
  readonly newest: string | null;
  /** Per source: up to here a checkpoint covers its entries. */
  readonly covered: Readonly<Record<string, number>>;
}

export const MANIFEST_NAME = 'spool.json';
const FORMAT = 'hview-spool';
const VERSION = 1;

/**
 * Null: there is none. `damaged`, with the reason: there is one, but it cannot be read. Rejects with
 * STATE_UNUSABLE when it is another program's, or of a newer version.
 */
export async function readManifest(folder: string): Promise<Manifest | { readonly damaged: string } | null> {
  const path = join(folder, MANIFEST_NAME);
  let data: unknown;
  try {
    data = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? null : { damaged: describeError(error) };
  }
  if (!isObject(data) || data['format'] !== FORMAT) throw foreignSpool(path);
  const { version, settled, last, accounted, newest, covered } = data;
  if (typeof version === 'number' && version > VERSION) throw newerSpool(path, version);
  if (!isCount(settled) || !isCount(last) || !isCount(accounted))
    return { damaged: 'its numbers make no sense' };
  if (!isObject(covered) || !Object.values(covered).every(isCount)) {
    return { damaged: 'its sources make no sense' };
  }
  return {
    settled,
    last,
    accounted,
    newest: typeof newest === 'string' ? newest : null,
    covered: Object.fromEntries(
      Object.entries(covered).filter((entry): entry is [string, number] => isCount(entry[1])),
    ),
  };
}

/** Rejects with what the system says; then the old one stands. */
export function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, version: VERSION, ...manifest });
  return writeFileAtomically(join(folder, MANIFEST_NAME), `${text}\n`);
}

export function foreignSpool(path: string): HviewError {
  return new HviewError('STATE_UNUSABLE', `${path} is not a spool of hview`, {
    hint: 'Name another place for the state with -state DIR, or move that file away.',
  });
}

export function newerSpool(path: string, version: number): HviewError {
  return new HviewError('STATE_UNUSABLE', `${path} was written by a newer hview (format ${version})`, {
    hint: 'Run that release again until everything is delivered, or name another place with -state DIR.',
  });
}

function isCount(data: unknown): data is number {
  return typeof data === 'number' && Number.isSafeInteger(data) && data >= 0;
}

function isObject(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
