import { link, mkdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { HviewError, describeError, systemErrorCode } from '../../runtime/errors.js';

/** Who holds a state folder. */
interface Holder {
  readonly pid: number;
  /** When the process was started, as the system counts; null where it does not say. A number is used again. */
  readonly started: string | null;
  readonly host: string;
}

export interface StateLock {
  /** Shows other machines that the holder lives; to be called every `RENEW_LOCK_MS`. False: it cannot be. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

const NAME = 'lock';

export const RENEW_LOCK_MS = 10_000;

/** A lock of another machine that was not renewed for so long is a dead one's, milliseconds. */
const FOREIGN_LOCK_MS = 60_000;

/** Two agents that both find the lock of a dead one may need another try. */
const ATTEMPTS = 5;

/**
 * Takes the state folder for this process; two agents on one folder would undo each other's
 * checkpoints. The lock of a process that is gone is taken over. Rejects with STATE_UNUSABLE when
 * another agent holds it, FILE_UNWRITABLE when it cannot be written.
 */
export async function lockState(folder: string): Promise<StateLock> {
  const path = join(folder, NAME);
  const own = `${path}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(
      own,
      JSON.stringify({ pid: process.pid, started: await startOf('self'), host: hostname() }),
    );
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        if (await tryLink(own, path)) return lockAt(path);
        const holder = await holderOf(path);
        if (holder !== null && (await isAlive(holder, path))) throw inUse(folder, holder);
        await takeAway(path, own);
      }
    } finally {
      await unlink(own).catch(() => undefined);
    }
  } catch (error) {
    if (error instanceof HviewError) throw error;
    throw new HviewError(
      'FILE_UNWRITABLE',
      `cannot write to the state folder ${folder}: ${describeError(error)}`,
      {
        cause: error,
        hint: 'Name another place with -state DIR, or none with -state none.',
      },
    );
  }
  throw inUse(folder, null);
}

function lockAt(path: string): StateLock {
  return {
    renew: () => {
      const now = new Date();
      return utimes(path, now, now).then(
        () => true,
        () => false,
      );
    },
    release: () => unlink(path).catch(() => undefined),
  };
}

/** A name is given to one only, and all at once. */
async function tryLink(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the lock of a dead process away; of several that try at once, one moves it. */
async function takeAway(path: string, own: string): Promise<void> {
  const away = `${own}.dead`;
  await rename(path, away).catch(() => undefined);
  const moved = await holderOf(away);
  // Somebody else was faster and this is the new lock: it goes back where it was.
  if (moved !== null && (await isAlive(moved, away))) await link(away, path).catch(() => undefined);
  await unlink(away).catch(() => undefined);
}

/** Null: there is no lock (any more), or nobody can tell whose it is. */
async function holderOf(path: string): Promise<Holder | null> {
  try {
    const { pid, started, host } = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
    if (typeof pid !== 'number' || typeof host !== 'string') return null;
    return { pid, started: started ?? null, host };
  } catch {
    return null;
  }
}

async function isAlive({ pid, started, host }: Holder, path: string): Promise<boolean> {
  if (host !== hostname()) {
    // Nobody can look at another machine's processes, but whether it renews its lock.
    const renewed = await stat(path).catch(() => undefined);
    return renewed !== undefined && Date.now() - renewed.mtimeMs < FOREIGN_LOCK_MS;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemErrorCode(error) !== 'EPERM') return false;
  }
  const startedNow = await startOf(String(pid));
  return started === null || startedNow === null || started === startedNow;
}

/** When a process was started, in the clock ticks of /proc; null where there is no such thing. */
async function startOf(pid: string): Promise<string | null> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name before it, in brackets, may hold blanks.
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function inUse(folder: string, holder: Holder | null): HviewError {
  const who =
    holder === null ? 'another agent' : `the agent with process number ${holder.pid} on ${holder.host}`;
  return new HviewError('STATE_UNUSABLE', `${who} uses the state folder ${folder}`, {
    hint: `Stop it, or give this agent its own folder with -state DIR. If it is gone for good, delete ${join(folder, NAME)}.`,
  });
}
