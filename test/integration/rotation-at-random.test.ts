import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { closeSync, existsSync, openSync, renameSync, writeSync } from 'node:fs';
import { followLog, numbered } from '../support/followed-log.js';

/** What a program that writes and rotates a log, and a reader that is slow at times, may do. */
type Step =
  | { readonly kind: 'write'; readonly lines: number }
  | { readonly kind: 'half' }
  | { readonly kind: 'rename' }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'look' }
  | { readonly kind: 'stall' }
  | { readonly kind: 'go on' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('write'), lines: fc.integer({ min: 1, max: 300 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Step[]>(
      { kind: 'half' },
      { kind: 'rename' },
      { kind: 'reopen' },
      { kind: 'look' },
      { kind: 'stall' },
      { kind: 'go on' },
    ),
  },
);

/** Writes numbered lines, in pieces if asked, through one descriptor as a logger does. */
class Logger {
  written = 0;
  #descriptor: number;
  #unfinished = '';

  constructor(private readonly path: string) {
    this.#descriptor = openSync(path, 'a');
  }

  write(lines: number): void {
    this.finish();
    let text = '';
    for (let line = 0; line < lines; line += 1) text += `seq=${(this.written += 1)}\n`;
    writeSync(this.#descriptor, text);
  }

  writeHalf(): void {
    this.finish();
    this.written += 1;
    writeSync(this.#descriptor, 'seq');
    this.#unfinished = `=${this.written}\n`;
  }

  finish(): void {
    if (this.#unfinished !== '') writeSync(this.#descriptor, this.#unfinished);
    this.#unfinished = '';
  }

  rename(): void {
    if (!existsSync(this.path)) return;
    let last = 1;
    while (existsSync(`${this.path}.${last}`)) last += 1;
    for (let count = last - 1; count > 0; count -= 1) {
      renameSync(`${this.path}.${count}`, `${this.path}.${count + 1}`);
    }
    renameSync(this.path, `${this.path}.1`);
  }

  reopen(): void {
    this.finish();
    this.close();
    this.#descriptor = openSync(this.path, 'a');
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

describe('a log that is written and rotated at random', () => {
  it('is read whole and in order, whatever happens between two looks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, useNotifications) => {
        const options = { useNotifications, pollMs: 5, maxOpenFiles: 4 };
        await followLog(options, async ({ path, log, follower }) => {
          const logger = new Logger(path);
          for (const { kind, ...rest } of steps) {
            if (kind === 'write' && 'lines' in rest) logger.write(rest.lines);
            if (kind === 'half') logger.writeHalf();
            if (kind === 'rename') logger.rename();
            if (kind === 'reopen') logger.reopen();
            if (kind === 'look') await follower.lookAgain();
            if (kind === 'stall') log.hold();
            if (kind === 'go on') log.release();
          }
          logger.finish();
          logger.close();
          log.release();
          await log.untilLines(logger.written);
          expect(log.lines).toEqual(numbered(1, logger.written));
          expect(log.losses).toEqual([]);
        });
      }),
      // Each failure takes its whole deadline, so looking for a smaller one would take minutes.
      { numRuns: 150, endOnFailure: true },
    );
  }, 30_000);
});
