import { describe, expect, it } from '@jest/globals';
import { appendFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpenFile, openForReading } from '../../../agent/tail/open-file.js';
import { inFolder } from '../../support/followed-log.js';

/** Runs `test` on an open file with this text in it. */
async function withFile(
  text: string,
  test: (file: OpenFile, path: string, read: () => Promise<string>) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'app.log');
    writeFileSync(path, text);
    const { handle, stats } = await openForReading(path);
    const file = new OpenFile(handle, stats, path, 1);
    const buffer = Buffer.alloc(4096);
    const read = async () => {
      const result = await file.read(buffer);
      return result.kind === 'bytes' ? `${result.offset}:${result.bytes.toString()}` : result.kind;
    };
    try {
      await test(file, path, read);
    } finally {
      await file.close();
    }
  });
}

describe('an open file', () => {
  it('is read on from where the last read ended, each byte once', async () => {
    await withFile('one', async (_file, path, read) => {
      expect(await read()).toBe('0:one');
      expect(await read()).toBe('end');
      appendFileSync(path, ' two');
      expect(await read()).toBe('3: two');
    });
  });

  it('notices that it was cut below the place, even when what is left is unchanged', async () => {
    await withFile('some text', async (_file, path, read) => {
      await read();
      truncateSync(path, 4);
      expect(await read()).toBe('truncated');
    });
  });

  it('notices other text before the place', async () => {
    await withFile('some text', async (_file, path, read) => {
      await read();
      writeFileSync(path, 'some test and more');
      expect(await read()).toBe('truncated');
    });
  });

  it('that is resumed at its start notices that it was cut before anything was read', async () => {
    await withFile('some text', async (file, path, read) => {
      await file.prime();
      await file.seek(0);
      truncateSync(path, 0);
      writeFileSync(path, 'same size');
      expect(await read()).toBe('truncated');
    });
  });

  it('notices before the first read that it was cut to less, and takes growth for what it is', async () => {
    await withFile('some text', async (file, path, read) => {
      await file.prime();
      truncateSync(path, 4);
      expect(await read()).toBe('truncated');
    });
    await withFile('some', async (file, path, read) => {
      await file.prime();
      appendFileSync(path, ' text');
      expect(await read()).toBe('0:some text');
    });
  });

  it('skips zeros at its start, over several reads, and none later', async () => {
    await withFile('\0'.repeat(5000), async (_file, path, read) => {
      expect(await read()).toBe('hole');
      expect(await read()).toBe('hole');
      appendFileSync(path, '\0\0text\0');
      expect(await read()).toBe('5002:text\0');
      appendFileSync(path, '\0more');
      expect(await read()).toBe('5007:\0more');
    });
  });

  it('has an identity that grows with the first thousand bytes and not beyond', async () => {
    await withFile('x'.repeat(1000), async (file, path, read) => {
      expect(file.identity.head.length).toBe(0);
      await read();
      const { head } = file.identity;
      expect(head.length).toBe(1000);
      appendFileSync(path, 'y'.repeat(1000));
      await read();
      expect(file.identity.head.length).toBe(1024);
      expect(file.identity.head.digest).not.toBe(head.digest);
    });
  });

  it('recognises a place in it by the bytes before, and not once they have changed', async () => {
    await withFile('one\ntwo\nthree\n', async (file, path, read) => {
      await read();
      const place = await file.positionAt(8);
      expect(place).toMatchObject({ offset: 8, marker: { length: 8 } });
      expect(await file.holds(place)).toBe(true);
      appendFileSync(path, 'four\n');
      expect(await file.holds(place)).toBe(true);
      writeFileSync(path, 'one\nTWO\nthree\n');
      expect(await file.holds(place)).toBe(false);
    });
  });

  it.each([
    ['the whole of it', 'banner\nfirst\n', true],
    ['its beginning', 'banner\n', true],
    ['nothing', '', false],
    ['more than it', 'banner\nfirst\nmore\n', false],
    ['other text after the same beginning', 'banner\nother\n', false],
  ])('tells whether another file is a copy of it that holds %s', async (_what, text, isCopy) => {
    await withFile('banner\nfirst\n', async (file, path, read) => {
      await read();
      await withFile(text, async (other) => {
        expect(await other.isCopyOf(file)).toBe(isCopy);
      });
      expect(path).toBe(file.path);
    });
  });

  it('has a place that its copy holds, when it was read on there', async () => {
    await withFile('one', async (file, path, read) => {
      await read();
      await withFile('one two', async (copy) => {
        await copy.seek(3);
        await copy.read(Buffer.alloc(1000));
        truncateSync(path, 0);
        file.goOnLike(copy);
        expect(await copy.holds(await file.positionAt(7))).toBe(true);
      });
    });
  });

  it('has no marker of other text when it was cut and filled anew below the place', async () => {
    await withFile('one\ntwo\n', async (file, path, read) => {
      await file.prime();
      await read();
      expect((await file.positionAt(4)).marker).not.toBeNull();
      for (const text of ['1', 'six\nnew\n']) {
        writeFileSync(path, text);
        expect((await file.positionAt(4)).marker).toBeNull();
      }
    });
  });

  it('says that there is something to read when its size or text may differ, and only once', async () => {
    await withFile('one', async (file, path, read) => {
      const hasChanged = async () => file.hasChanged(await file.stats(), 0);
      expect(await hasChanged()).toBe(true);
      await read();
      expect(await hasChanged()).toBe(false);
      appendFileSync(path, ' two');
      expect(await hasChanged()).toBe(true);
      // Nobody has read it, and nothing else has happened: a second look would tell nothing new.
      expect(await hasChanged()).toBe(false);
    });
  });

  it('looks again after a change that another one may have followed within one tick of the clock', async () => {
    await withFile('one', async (file, path, read) => {
      const atMs = 1_700_000_000_000;
      const stamp = () => utimesSync(path, atMs / 1000, atMs / 1000);
      stamp();
      const hasChanged = async (nowMs: number) => file.hasChanged(await file.stats(), nowMs);
      expect(await hasChanged(atMs + 3)).toBe(true);
      await read();
      expect(await hasChanged(atMs + 4)).toBe(false);
      writeFileSync(path, 'two');
      stamp();
      expect(await hasChanged(atMs + 5)).toBe(false);
      expect(await hasChanged(atMs + 30)).toBe(true);
      expect(await read()).toBe('truncated');
      expect(await hasChanged(atMs + 60)).toBe(false);
    });
  });

  it('says so when other text of the same length took the place of what was read before the first look', async () => {
    await withFile('one', async (file, path, read) => {
      await read();
      writeFileSync(path, 'two');
      expect(file.hasChanged(await file.stats(), 0)).toBe(true);
    });
  });
});
