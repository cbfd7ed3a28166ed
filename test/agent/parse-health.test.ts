import { describe, expect, it } from '@jest/globals';
import { isDated } from '../../agent/dated-line.js';
import { ParseHealth, type ParseEpisode } from '../../agent/parse-health.js';
import type { ParsedLine } from '../../plugins/log-plugin.js';

const RECORD: ParsedLine = {
  kind: 'record',
  record: { timeMs: 0, observer: 'a', tagSubject: 'a', tagContext: '', message: '', fields: {} },
};
const CONTINUATION: ParsedLine = { kind: 'continuation' };
const DATED = '2026-01-15 10:20:30,123 [new-format] something';

/** Notes `count` lines of a kind; the episodes that began or ended meanwhile. */
function note(health: ParseHealth, count: number, parsed: ParsedLine, line: string): ParseEpisode[] {
  return Array.from({ length: count }, () => health.note(parsed, line)).filter((episode) => episode !== null);
}

describe('a log whose format changes', () => {
  it('is told of once, with the share and a line, and once more when it is readable again', () => {
    const health = new ParseHealth({ windowLines: 100, beginShare: 0.3, endShare: 0.1 });
    expect(note(health, 500, RECORD, 'x')).toEqual([]);
    expect(note(health, 500, CONTINUATION, DATED)).toEqual([{ kind: 'began', share: 0.3, line: DATED }]);
    expect(health.counts()).toEqual({ unparsable: 500, share: 1, episodes: 1 });
    expect(note(health, 500, RECORD, 'x')).toEqual([{ kind: 'ended', share: 0.1 }]);
    expect(note(health, 30, CONTINUATION, DATED)).toHaveLength(1);
    expect(health.counts().episodes).toBe(2);
  });

  it('is noticed when all lines are unreadable from the start, after a few of them', () => {
    const health = new ParseHealth({ windowLines: 100 });
    expect(note(health, 9, CONTINUATION, DATED)).toEqual([]);
    expect(note(health, 1, CONTINUATION, DATED)).toEqual([{ kind: 'began', share: 1, line: DATED }]);
  });

  it('is noticed by its dates when they can no longer be read', () => {
    const health = new ParseHealth();
    expect(note(health, 20, { kind: 'dropped', reason: 'bad-time' }, 'x')).toHaveLength(1);
  });

  it('is noticed without dates when no record comes at all in many lines', () => {
    const health = new ParseHealth({ maxSilentLines: 1000 });
    expect(note(health, 1000, CONTINUATION, 'no date')).toEqual([]);
    expect(note(health, 20, CONTINUATION, 'no date')).toHaveLength(1);
  });
});

describe('a log that is well', () => {
  it('may have stack traces that are longer than all the rest', () => {
    const health = new ParseHealth();
    for (let round = 0; round < 50; round++) {
      expect(note(health, 1, RECORD, 'x')).toEqual([]);
      expect(note(health, 300, CONTINUATION, '\tat java.lang.Thread.run(Thread.java:748)')).toEqual([]);
    }
    expect(health.counts()).toEqual({ unparsable: 0, share: 0, episodes: 0 });
  });

  it('may have records that the plugin leaves out', () => {
    const health = new ParseHealth();
    expect(note(health, 1000, { kind: 'dropped', reason: 'debug-level' }, DATED)).toEqual([]);
    expect(health.counts().unparsable).toBe(0);
  });

  it('may have a dated line in a trace now and then, which is counted', () => {
    const health = new ParseHealth();
    for (let round = 0; round < 100; round++) {
      expect([...note(health, 9, RECORD, 'x'), ...note(health, 1, CONTINUATION, DATED)]).toEqual([]);
    }
    expect(health.counts()).toMatchObject({ unparsable: 100, episodes: 0 });
  });
});

describe('a dated line', () => {
  it.each([
    '2026-01-15 10:20:30,123 [myid:1] - INFO',
    'INFO  [main] 2026-01-15 10:20:30,123 Server.java:12 - up',
    '2026-01-15T10:20:30.123Z x',
    '[2026-01-15T10:20:30Z] x',
    '26/01/15 10:20:30 INFO x',
    '8418:S 23 Nov 2026 03:38:27.949 * x',
    '127.0.0.1 - - [15/Jan/2026:10:20:30 +0000] "GET /"',
    'Jan 15 10:20:30 host program: x',
    'Jan  5, 2026 10:20:30 AM x',
    '10:20:30.123 [main] INFO x',
  ])('is %s', (line) => {
    expect(isDated(line)).toBe(true);
  });

  it.each([
    '',
    '\tat org.apache.Foo.bar(Foo.java:123)',
    'Caused by: java.io.IOException: Connection reset',
    'java.lang.OutOfMemoryError: Java heap space',
    '  "time": "10:20",',
    'node-1 lost node-2 after 2026 seconds',
    '--------',
  ])('is not %j', (line) => {
    expect(isDated(line)).toBe(false);
  });
});
