import { describe, expect, it } from '@jest/globals';
import { appendFileSync, writeFileSync } from 'node:fs';
import { followLog } from '../support/followed-log.js';

describe('a hostile log', () => {
  it('cannot stop the reading with a line of ten megabytes: it is cut, counted, the next is whole', async () => {
    await followLog({ maxLineBytes: 65_536 }, async ({ path, log }) => {
      appendFileSync(path, `before\n${'x'.repeat(10 * 1024 * 1024)}\nafter\n`);
      await log.untilLines(3);
      expect(log.lines.map((line) => line.length)).toEqual([6, 65_536, 5]);
      expect(log.lines[2]).toBe('after');
      expect(log.seen[2]?.offset).toBe(7 + 10 * 1024 * 1024 + 1);
      expect(log.cutLines).toBe(1);
    });
  });

  it.each([
    ['bytes that are no UTF-8', Buffer.from([0x61, 0xc3, 0x28, 0xff, 0x62]), 'a\ufffd(\ufffdb'],
    ['zeros within a line', Buffer.from('a\0b'), 'a\0b'],
    ['zeros before a line', Buffer.from('\0\0\0ab'), 'ab'],
    ['escape sequences', Buffer.from('\u001b[2Jab'), '\u001b[2Jab'],
    ['separators of Unicode', Buffer.from('a\u2028b\u0085c'), 'a\u2028b\u0085c'],
    ['a lone carriage return', Buffer.from('a\rb\r\r'), 'a\rb\r'],
  ])('may hold %s', async (_what, line, expected) => {
    const before = (path: string) => {
      writeFileSync(path, Buffer.concat([Buffer.from('first\n'), line, Buffer.from('\nlast\n')]));
    };
    await followLog({ before }, async ({ log }) => {
      await log.untilLines(3);
      expect(log.lines).toEqual(['first', expected, 'last']);
    });
  });

  it('may consist of empty lines', async () => {
    await followLog({ before: (path) => writeFileSync(path, '\n\r\n\n') }, async ({ log }) => {
      await log.untilLines(3);
      expect(log.lines).toEqual(['', '', '']);
    });
  });
});
