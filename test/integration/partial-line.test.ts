import { describe, expect, it } from '@jest/globals';
import { appendFileSync, closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { ReadBuffers } from '../../agent/tail/read-buffers.js';
import { followLog, numbered, numberedText } from '../support/followed-log.js';

describe('a line that comes in pieces', () => {
  it('is given once it is whole', async () => {
    await followLog({}, async ({ path, log }) => {
      appendFileSync(path, 'one\ntw');
      await log.untilCaughtUp(6);
      expect(log.lines).toEqual(['one']);
      appendFileSync(path, 'o\n');
      await log.untilLines(2);
      expect(log.seen).toEqual([
        { text: 'one', generation: 1, offset: 0 },
        { text: 'two', generation: 1, offset: 4 },
      ]);
    });
  });

  it('may be written byte by byte', async () => {
    await followLog({}, async ({ path, log }) => {
      const writer = openSync(path, 'a');
      for (const byte of Buffer.from('Zoë\r\n漢字\n')) writeSync(writer, Buffer.from([byte]));
      closeSync(writer);
      await log.untilLines(2);
      expect(log.lines).toEqual(['Zoë', '漢字']);
    });
  });

  it('keeps its characters when the end of a read cuts them in two', async () => {
    // An odd number of bytes a read, so that the cuts fall into every place of the characters.
    const lines = Array.from({ length: 3000 }, (_, index) => `${index} é漢🙂`);
    const before = (path: string) => writeFileSync(path, `${lines.join('\n')}\n`);
    await followLog({ before, buffers: new ReadBuffers(997) }, async ({ log }) => {
      await log.untilLines(3000);
      expect(log.lines).toEqual(lines);
    });
  });

  it('waits while the file never gets a line feed, and follows when the source is read through', async () => {
    await followLog({ before: (path) => writeFileSync(path, 'never ended') }, async ({ log, follower }) => {
      await log.untilCaughtUp(11);
      await follower.stop();
      expect(log.lines).toEqual([]);
      expect(log.events).toEqual(['end 1 source-closed']);
    });
  });

  it('is begun with when reading starts at the end of the file', async () => {
    const before = (path: string) => writeFileSync(path, 'old\nbeing wri');
    await followLog({ before, startAt: 'end' }, async ({ path, log }) => {
      await log.untilCaughtUp(13);
      appendFileSync(path, `tten\n${numberedText(1, 1)}`);
      await log.untilLines(2);
      expect(log.lines).toEqual(['being written', ...numbered(1, 1)]);
    });
  });
});
