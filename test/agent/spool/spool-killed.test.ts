import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { StoredEntry } from '../../../agent/spool/spool-entry.js';
import { Spool } from '../../../agent/spool/spool.js';
import { systemClock } from '../../../runtime/clock.js';
import { silentLogger } from '../../../runtime/logger.js';
import { inFolder } from '../../support/followed-log.js';

const PROGRAM = fileURLToPath(new URL('../../programs/spool-for-ever.js', import.meta.url));

/** The number and the sequence of the last entry that was acknowledged. */
interface Acknowledged {
  readonly id: number;
  readonly sequence: number;
}

/** Runs a process that appends, and kills it in the middle after so many acknowledgements. */
async function appendAndKill(
  folder: string,
  first: number,
  acknowledgements: number,
  ...words: readonly string[]
): Promise<Acknowledged> {
  const child = spawn(process.execPath, [PROGRAM, folder, String(first), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > acknowledgements) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const [id = 0, sequence = 0] = (output.trimEnd().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { id, sequence };
}

async function readAll(
  folder: string,
): Promise<{ entries: StoredEntry[]; damaged: number; known: Set<string> }> {
  const spool = await Spool.open({ folder, clock: systemClock, logger: silentLogger });
  const entries: StoredEntry[] = [];
  while (entries.length < spool.counts().recovered) {
    entries.push(...(await spool.next({ entries: 1000, bytes: 1e6 })));
  }
  const { damaged } = spool.counts();
  const known = spool.idsAfter('log', 0);
  await spool.close();
  return { entries, damaged, known };
}

describe('kill -9 of a process that appends to its spool', () => {
  it('loses nothing that was acknowledged, five times in a row', async () => {
    await inFolder(async (folder) => {
      let next = 1;
      for (let round = 1; round <= 5; round += 1) {
        const { id } = await appendAndKill(folder, next, 5 + 17 * round);
        const { entries, damaged } = await readAll(folder);
        expect(damaged).toBe(0);
        // All from the first to the acknowledged one, and perhaps some that were being written.
        expect(entries.length).toBeGreaterThanOrEqual(id);
        expect(entries.map((entry) => entry.id)).toEqual(entries.map((_, index) => String(index + 1)));
        next = entries.length + 1;
      }
    });
  }, 60_000);

  it('does not lose what is not delivered either, while files are deleted', async () => {
    await inFolder(async (folder) => {
      let next = 1;
      for (let round = 1; round <= 4; round += 1) {
        const { id } = await appendAndKill(folder, next, 300 * round, 'deliver');
        const { entries, damaged } = await readAll(folder);
        expect(damaged).toBe(0);
        const ids = entries.map((entry) => Number(entry.id));
        // Without a gap up to the acknowledged one; what was delivered a moment before may be there again.
        expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
        if (ids.length > 0) expect(ids.at(-1)).toBeGreaterThanOrEqual(id);
        next = Math.max(id, ids.at(-1) ?? 0) + 1;
      }
    });
  }, 60_000);
});
