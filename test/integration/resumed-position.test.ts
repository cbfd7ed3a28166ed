import { describe, expect, it } from '@jest/globals';
import { appendFileSync, copyFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileFollower } from '../../agent/tail/file-follower.js';
import type { FilePosition } from '../../agent/tail/byte-source.js';
import { inFolder, numbered, numberedText } from '../support/followed-log.js';
import { SourceRecorder } from '../support/source-recorder.js';

/** Follows the log until `lines` were read, then stops; the place after the last of them. */
async function readSome(path: string, lines: number, startAt: readonly FilePosition[] = []) {
  const log = new SourceRecorder();
  const follower = new FileFollower({ path, startAt }, log);
  await follower.start();
  await log.untilLines(lines);
  const last = log.seen.at(-1);
  const position = await log.files.at(-1)?.positionAt((last?.offset ?? 0) + (last?.text.length ?? 0) + 1);
  await follower.stop();
  if (position === undefined) throw new Error('nothing was read');
  return { log, position };
}

describe('a log whose reading goes on after a pause', () => {
  it('is read from the place where reading ended', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, numberedText(1, 3));
      const { position } = await readSome(path, 3);
      appendFileSync(path, numberedText(4, 5));
      const { log } = await readSome(path, 2, [position]);
      expect(log.lines).toEqual(numbered(4, 5));
      expect(log.losses).toEqual([]);
    });
  });

  it('is finished first where it was rotated meanwhile, then its successors follow in order', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(`${path}.1`, 'older\n');
      writeFileSync(path, numberedText(1, 3));
      const { position } = await readSome(path, 3);
      appendFileSync(path, numberedText(4, 5));
      renameSync(`${path}.1`, `${path}.3`);
      renameSync(path, `${path}.2`);
      writeFileSync(`${path}.1`, numberedText(6, 7));
      writeFileSync(path, numberedText(8, 9));
      const { log } = await readSome(path, 6, [position]);
      expect(log.lines).toEqual(numbered(4, 9));
    });
  });

  it('is found by its bytes where it was restored under another inode', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, numberedText(1, 3));
      const { position } = await readSome(path, 3);
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
      appendFileSync(path, numberedText(4, 4));
      const { log } = await readSome(path, 1, [position]);
      expect(log.lines).toEqual(numbered(4, 4));
    });
  });

  it.each([
    ['was deleted', (path: string) => unlinkSync(path)],
    ['was cut', (path: string) => truncateSync(path, 0)],
  ])('is read from its start, and the loss is told, when the old file %s', async (_how, spoil) => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, numberedText(1, 3));
      const { position } = await readSome(path, 3);
      spoil(path);
      appendFileSync(path, numberedText(14, 60));
      const { log } = await readSome(path, 47, [position]);
      expect(log.lines).toEqual(numbered(14, 60));
      expect(log.losses).toEqual([{ kind: 'missing', position }]);
    });
  });
});
