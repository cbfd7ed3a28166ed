import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../../runtime/atomic-file.js';
import type { Clock } from '../../runtime/clock.js';
import { HviewError, describeError, systemErrorCode } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { Checkpoint } from './checkpoint.js';
import { checkpointFrom } from './checkpoint.js';

export interface CheckpointStoreOptions {
  /** Made when it is not there. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Which log a checkpoint is of. */
export interface CheckpointKey {
  readonly source: string;
  /** The log's path. */
  readonly log: string;
}

export interface CheckpointCounts {
  readonly saved: number;
  readonly failed: number;
  /** Files that were there and could not be used. */
  readonly unusable: number;
}

const FORMAT = 'hview-checkpoint';
const VERSION = 1;
const EXTENSION = '.json';

/** How long the checkpoint of a log that is not there any more is kept, milliseconds: a month. */
const KEPT_MS = 30 * 86_400_000;

/** The checkpoints of an agent: one small file a log, replaced as a whole. */
export class CheckpointStore {
  readonly #options: CheckpointStoreOptions;
  #saved = 0;
  #failed = 0;
  #unusable = 0;
  #isFailing = false;

  private constructor(options: CheckpointStoreOptions) {
    this.#options = options;
  }

  /** Rejects with FILE_UNWRITABLE when the folder cannot be made. */
  static async open(options: CheckpointStoreOptions): Promise<CheckpointStore> {
    const { folder } = options;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new HviewError('FILE_UNWRITABLE', `cannot make the folder ${folder}: ${describeError(error)}`, {
        cause: error,
        hint: 'Name another place for the state with -state DIR, or none with -state none.',
      });
    }
    return new CheckpointStore(options);
  }

  /** The last one that was to be written could not be. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  counts(): CheckpointCounts {
    return { saved: this.#saved, failed: this.#failed, unusable: this.#unusable };
  }

  /** Null when there is none that can be used; one that cannot is set aside and told. */
  async load(key: CheckpointKey): Promise<Checkpoint | null> {
    const path = this.#pathOf(key);
    let reason: string;
    try {
      const read = checkpointIn(await readFile(path, 'utf8'), key);
      if (typeof read !== 'string') return read;
      reason = read;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return null;
      reason = describeError(error);
    }
    this.#unusable += 1;
    const aside = `${path.slice(0, -EXTENSION.length)}.unusable`;
    await rename(path, aside).catch(() => undefined);
    this.#options.logger.warn('a checkpoint cannot be used; the log is read as if for the first time', {
      log: key.log,
      reason,
      setAside: aside,
    });
    return null;
  }

  /** Whether it is on disk. A failure is told once and counted: the old checkpoint still stands. */
  async save(key: CheckpointKey, checkpoint: Checkpoint): Promise<boolean> {
    const body = JSON.stringify({ ...key, ...checkpoint });
    const savedAt = new Date(this.#options.clock.now()).toISOString();
    const envelope = { format: FORMAT, version: VERSION, savedAt, digest: digestOf(body), body };
    try {
      await writeFileAtomically(this.#pathOf(key), `${JSON.stringify(envelope)}\n`);
    } catch (error) {
      this.#failed += 1;
      this.#tellFailure(describeError(error));
      return false;
    }
    this.#saved += 1;
    if (this.#isFailing) this.#options.logger.info('checkpoints can be written again');
    this.#isFailing = false;
    return true;
  }

  /** The log is gone for good. */
  async remove(key: CheckpointKey): Promise<void> {
    await unlink(this.#pathOf(key)).catch(() => undefined);
  }

  /** Deletes what a crash left half written, and checkpoints that nobody renewed for a month. */
  async cleanUp(): Promise<void> {
    const { folder, clock } = this.#options;
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      const changed = await stat(path).catch(() => undefined);
      if (changed === undefined || !changed.isFile()) continue;
      const isOld = clock.now() - changed.mtimeMs > KEPT_MS;
      if (name.endsWith('.tmp') || isOld) await unlink(path).catch(() => undefined);
    }
  }

  #pathOf({ source, log }: CheckpointKey): string {
    const readable = basename(log)
      .replaceAll(/[^\w.-]/g, '_')
      .slice(0, 60);
    return join(
      this.#options.folder,
      `${readable}-${digestOf(`${source}\n${log}`).slice(0, 16)}${EXTENSION}`,
    );
  }

  #tellFailure(reason: string): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#options.logger.error(
      'checkpoints cannot be written; after a restart the log is read again from the last one',
      { folder: this.#options.folder, reason },
    );
  }
}

/** The checkpoint, or why it is none. */
function checkpointIn(text: string, key: CheckpointKey): Checkpoint | string {
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch {
    return 'it is damaged: no JSON';
  }
  if (typeof envelope !== 'object' || envelope === null) return 'it is no checkpoint';
  const { format, version, digest, body } = envelope as Record<string, unknown>;
  if (format !== FORMAT || typeof body !== 'string') return 'it is no checkpoint of hview';
  if (version !== VERSION) return `its version is ${String(version)}, this hview knows ${VERSION}`;
  if (digest !== digestOf(body)) return 'it is damaged: its digest does not fit';
  const data = JSON.parse(body) as Partial<CheckpointKey>;
  if (data.log !== key.log || data.source !== key.source) return 'it is of another log';
  return checkpointFrom(data) ?? 'it lacks something';
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
