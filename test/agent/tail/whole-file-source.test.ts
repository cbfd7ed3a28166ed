import { describe, expect, it } from '@jest/globals';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReadBuffers } from '../../../agent/tail/read-buffers.js';
import { WholeFileSource } from '../../../agent/tail/whole-file-source.js';
import { inFolder, numbered, numberedText } from '../../support/followed-log.js';
import { SourceRecorder } from '../../support/source-recorder.js';

describe('a source that reads a file once', () => {
  it('gives every line, the last one also without a line feed, and ends', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, `${numberedText(1, 5000)}last`);
      const log = new SourceRecorder();
      const source = new WholeFileSource({ path, buffers: new ReadBuffers(1000) }, log);
      await source.start();
      await source.finished;
      expect(log.lines).toEqual([...numbered(1, 5000), 'last']);
      expect(log.events).toEqual(['end 1 read-through']);
      expect(source.counts()).toMatchObject({ bytesRead: numberedText(1, 5000).length + 4, filesOpened: 1 });
      await source.stop();
    });
  });

  it('stops at what was the end when it started, however fast the writer is', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, numberedText(1, 100));
      const log = new SourceRecorder();
      log.hold();
      const source = new WholeFileSource({ path }, log);
      await source.start();
      await log.held();
      appendFileSync(path, numberedText(101, 200));
      log.release();
      await source.finished;
      expect(log.lines).toEqual(numbered(1, 100));
    });
  });

  it('tells of a file that is cut while it is read, and ends', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, numberedText(1, 1000));
      const log = new SourceRecorder();
      log.hold();
      const source = new WholeFileSource({ path, buffers: new ReadBuffers(1000) }, log);
      await source.start();
      await log.held();
      truncateSync(path, 0);
      log.release();
      await source.finished;
      expect(log.losses).toHaveLength(1);
      expect(log.events.at(-1)).toBe('end 1 truncated');
    });
  });

  it('refuses a file that is not there', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'absent.log');
      const source = new WholeFileSource({ path }, new SourceRecorder());
      await expect(source.start()).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: `cannot read the log ${path}: there is no such file`,
      });
      await source.stop();
    });
  });

  it('passes on what a handler throws, and closes the file', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, numberedText(1, 1));
      const log = new SourceRecorder();
      const broken = Object.assign(Object.create(log) as SourceRecorder, {
        onChunk: () => Promise.reject(new Error('no more')),
      });
      const source = new WholeFileSource({ path }, broken);
      await source.start();
      await expect(source.finished).rejects.toThrow('no more');
      await source.stop();
    });
  });
});
