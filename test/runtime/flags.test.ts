import { describe, expect, it } from '@jest/globals';
import { HviewError } from '../../runtime/errors.js';
import type { FlagTable } from '../../runtime/flags.js';
import { describeFlags, parseFlags } from '../../runtime/flags.js';

const TABLE = {
  server: { kind: 'text', default: 'localhost', help: 'Where to report to.', placeholder: 'host:port' },
  stale: { kind: 'number', default: 300, help: 'Skip what is older.' },
  count: { kind: 'integer', default: 3, help: 'How many.' },
  report: { kind: 'switch', default: true, help: 'Whether to report.' },
  once: { kind: 'switch', default: false, help: 'End at the end.' },
} as const satisfies FlagTable;

function failure(words: string[]): HviewError {
  try {
    parseFlags(TABLE, words);
  } catch (error) {
    return HviewError.from(error);
  }
  throw new Error('nothing was thrown');
}

describe('parsing flags', () => {
  it('gives the defaults when nothing is given', () => {
    expect(parseFlags(TABLE, [])).toEqual({
      values: { server: 'localhost', stale: 300, count: 3, report: true, once: false },
      given: new Set(),
      rest: [],
      request: null,
    });
  });

  it.each([
    [['-server', 'a:1'], 'a:1'],
    [['-server=a:1'], 'a:1'],
    [['--server', 'a:1'], 'a:1'],
    [['--server=a=b'], 'a=b'],
    [['-server', ''], ''],
  ])('takes %j as one spelling of a text flag', (words, expected) => {
    expect(parseFlags(TABLE, words).values.server).toBe(expected);
  });

  it('takes a negative number as a value, not as a flag', () => {
    expect(parseFlags(TABLE, ['-stale', '-1']).values.stale).toBe(-1);
    expect(parseFlags(TABLE, ['-stale=-1']).values.stale).toBe(-1);
  });

  it('leaves the word after a switch alone', () => {
    const parsed = parseFlags(TABLE, ['-once', 'false']);
    expect(parsed.values.once).toBe(true);
    expect(parsed.rest).toEqual(['false']);
  });

  it('turns a switch off by =false', () => {
    expect(parseFlags(TABLE, ['-report=false']).values.report).toBe(false);
  });

  it('stops at the first word that is no flag', () => {
    expect(parseFlags(TABLE, ['-once', 'zookeeper', '--ensemble', 'zoo.cfg']).rest).toEqual([
      'zookeeper',
      '--ensemble',
      'zoo.cfg',
    ]);
  });

  it('stops after a double dash', () => {
    expect(parseFlags(TABLE, ['--', '-once']).rest).toEqual(['-once']);
  });

  it.each(['-h', '-help', '--help'])('notices %s', (word) => {
    expect(parseFlags(TABLE, [word]).request).toBe('help');
  });

  it.each<[string[], string]>([
    [['-sever', 'x'], 'unknown flag -sever'],
    [['-server'], 'flag -server needs a value'],
    [['-stale', 'soon'], 'flag -stale: "soon" is not a number'],
    [['-count', '1.5'], 'flag -count: "1.5" is not a whole number'],
    [['-report=perhaps'], 'flag -report: "perhaps" is neither true nor false'],
  ])('refuses %j', (words, message) => {
    expect(failure(words)).toMatchObject({ code: 'USAGE', message });
  });

  it('suggests the flag that was meant', () => {
    expect(failure(['-sever', 'x']).hint).toBe('Did you mean -server?');
    expect(failure(['-onec']).hint).toBe('Did you mean -once?');
  });
});

describe('describing flags', () => {
  it('shows each with its placeholder and a default that says something', () => {
    expect(describeFlags(TABLE).split('\n')).toEqual([
      '  -server host:port',
      '        Where to report to. (default localhost)',
      '  -stale number',
      '        Skip what is older. (default 300)',
      '  -count integer',
      '        How many. (default 3)',
      '  -report',
      '        Whether to report. (default true)',
      '  -once',
      '        End at the end.',
    ]);
  });
});
