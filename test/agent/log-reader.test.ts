import { describe, expect, it } from '@jest/globals';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogReader } from '../../agent/log-reader.js';
import type { FollowedFile } from '../../agent/tail/byte-source.js';
import { compileRuleSet } from '../../filters/compile.js';
import { loadRuleSet } from '../../filters/load-rule-set.js';
import { silentLogger } from '../../runtime/logger.js';
import { eventually } from '../support/aggregators.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { inFolder } from '../support/followed-log.js';
import { tinyPlugin } from '../support/tiny-plugin.js';

/** A reader that is handed bytes by hand instead of by a follower, with a rule that reads the stack trace. */
function setUp(logPath = 'never-opened.log') {
  const rules = {
    FilterTree: [
      {
        Chain: [
          { Field: 'content', Operator: '~', Pattern: 'lost it' },
          { Field: 'detail', Operator: '~', Pattern: 'timed out' },
        ],
        Classifier: { Context: 'Test', Status: 'unhealthy', Score: 20 },
      },
    ],
  };
  const clock = new FakeClock();
  const found: string[] = [];
  const warnings: string[] = [];
  const reader = new LogReader({
    logPath,
    mode: 'follow',
    plugin: tinyPlugin(),
    matcher: compileRuleSet(loadRuleSet(JSON.stringify(rules), 'test.json')),
    suppress: { staleSeconds: -1, mergeSeconds: 0 },
    sink: {
      put: (findings) => {
        found.push(...findings.map(({ subject }) => subject));
        return Promise.resolve(0);
      },
      caughtUp: () => undefined,
    },
    checkpoint: null,
    clock,
    logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
  });
  const file = (generation: number): FollowedFile => ({
    generation,
    path: 'never-opened.log',
    identity: { device: '1', inode: String(generation), head: { length: 0, digest: '' } },
    text: `1:${generation}`,
    startOffset: 0,
    size: () => Promise.resolve(0),
    positionAt: () => Promise.reject(new Error('not asked for')),
  });
  const write = (to: FollowedFile, text: string, encoding: BufferEncoding = 'utf8'): Promise<void> =>
    reader.onChunk({ bytes: Buffer.from(text, encoding), offset: 0, file: to });
  return { clock, found, warnings, file, write, reader };
}

describe('a record that waits for its stack trace', () => {
  it('is decided soon after the last line came', async () => {
    const { clock, found, file, write } = setUp();
    await write(file(1), '1 a lost it\ntimed out\n');
    clock.advance(49);
    await settle();
    expect(found).toEqual([]);
    clock.advance(1);
    await settle();
    expect(found).toEqual(['a']);
  });

  it('is decided though the next file of the log is read meanwhile', async () => {
    const { clock, found, file, write } = setUp();
    await write(file(1), '1 a lost it\ntimed out\n');
    await write(file(2), '2 b nothing\n');
    clock.advance(50);
    await settle();
    expect(found).toEqual(['a']);
  });
});

describe('a log in another encoding', () => {
  it('is told of, once for each file', async () => {
    const { warnings, file, write } = setUp();
    await write(file(1), '1 a fine\n');
    expect(warnings).toEqual([]);
    await write(file(2), '\uFEFF2 b lost it\n', 'utf16le');
    expect(warnings).toEqual(['the log is written in UTF-16, of which nothing is understood']);
  });
});

describe('a log of which nobody knows whose it is', () => {
  const anonymous = (count: number): string => '1 a anonymous lost it\n'.repeat(count);

  it('is told of once, when there was nothing else for a while', async () => {
    const { warnings, file, write } = setUp();
    await write(file(1), anonymous(19));
    expect(warnings).toEqual([]);
    await write(file(1), anonymous(1));
    await write(file(1), anonymous(100));
    expect(warnings).toEqual(['nothing tells whose log this is, so nothing in it can be reported']);
  });

  it('is not told of when some of it is known', async () => {
    const { warnings, file, write } = setUp();
    await write(file(1), `1 a lost it\n${anonymous(100)}`);
    expect(warnings).toEqual([]);
  });
});

describe('a log that may be closed to make room', () => {
  it('has been read when all that it has was read, whether its reader was told of it or not', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'app.log');
      writeFileSync(path, '1 a lost it\n2 b');
      const { dev, ino, size } = statSync(path);
      const key = `${dev}:${ino}`;
      const { reader } = setUp(path);
      await reader.start();
      await eventually(
        () => Promise.resolve(reader.counts().bytesRead),
        (bytes) => bytes === size,
      );
      expect(reader.hasRead(key, size)).toBe(true);
      expect(reader.hasRead(key, size + 1)).toBe(false);
      expect(reader.hasRead(key, size - 1)).toBe(false);
      expect(reader.hasRead(`${dev}:${ino + 1}`, size)).toBe(false);
      await reader.stop();
    });
  });
});
