import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { lockState } from '../../../agent/checkpoint/state-lock.js';
import { inFolder } from '../../support/followed-log.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that does nothing, and its number. */
function otherProcess(): { child: ChildProcess; pid: number } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  children.push(child);
  if (child.pid === undefined) throw new Error('no process was started');
  return { child, pid: child.pid };
}

function startOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

describe('the lock of a state folder', () => {
  it('keeps a second agent out, with the number of the first in the message', async () => {
    await inFolder(async (folder) => {
      const lock = await lockState(folder);
      await expect(lockState(folder)).rejects.toMatchObject({
        code: 'STATE_UNUSABLE',
        message: expect.stringContaining(String(process.pid)),
      });
      await lock.release();
      expect(readdirSync(folder)).toEqual([]);
      await (await lockState(folder)).release();
    });
  });

  it('tells, when it is to be renewed, whether it still is there', async () => {
    await inFolder(async (folder) => {
      const lock = await lockState(folder);
      expect(await lock.renew()).toBe(true);
      unlinkSync(join(folder, 'lock'));
      expect(await lock.renew()).toBe(false);
    });
  });

  it('is held by a process that lives, and free once it was killed', async () => {
    await inFolder(async (folder) => {
      const { child, pid } = otherProcess();
      const holder = { pid, started: startOf(pid), host: hostname() };
      writeFileSync(join(folder, 'lock'), JSON.stringify(holder));
      await expect(lockState(folder)).rejects.toMatchObject({ code: 'STATE_UNUSABLE' });
      child.kill('SIGKILL');
      await once(child, 'exit');
      await (await lockState(folder)).release();
    });
  });

  it('is free when its number was given to another process', async () => {
    await inFolder(async (folder) => {
      const { pid } = otherProcess();
      writeFileSync(join(folder, 'lock'), JSON.stringify({ pid, started: '1', host: hostname() }));
      await (await lockState(folder)).release();
    });
  });

  it.each([
    ['is held as long as another machine renews it', 0, false],
    ['is free when another machine has not renewed it for long', 3_600_000, true],
  ])('%s', async (_, ageMs, isFree) => {
    await inFolder(async (folder) => {
      const path = join(folder, 'lock');
      writeFileSync(path, JSON.stringify({ pid: 1, started: '1', host: 'another' }));
      const renewed = new Date(Date.now() - ageMs);
      utimesSync(path, renewed, renewed);
      const locking = lockState(folder);
      if (isFree) await (await locking).release();
      else await expect(locking).rejects.toMatchObject({ code: 'STATE_UNUSABLE' });
    });
  });

  it('that nobody can read is free', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'lock'), 'gibberish');
      await (await lockState(folder)).release();
    });
  });

  it('goes to one of many that find a dead one at once', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 4_194_303, started: '1', host: hostname() }));
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockState(folder)));
      const won = tries.filter(({ status }) => status === 'fulfilled');
      expect(won).toHaveLength(1);
    });
  });
});
