import { describe, expect, it } from '@jest/globals';
import type { JournalStep } from '../../server/persistence/journal-messages.js';
import { joinSteps, reportRows } from '../../server/persistence/journal-text.js';
import { entry } from '../support/batches.js';
import { observation } from '../support/observations.js';

describe('the text of reports', () => {
  it('holds a row for each, with null for what it lacks', () => {
    const provenance = { agent: 'a@h', host: 'h', path: 'p', offset: 7, line: 'l', rule: 'r', why: 'w' };
    const rows = reportRows([
      entry('', { observer: 'a"', observation: observation(1, ['m', 2, 0.5], ['n', 3, 1]) }),
      { ...entry('x'), provenance },
    ]);
    expect(JSON.parse(rows)).toEqual([
      [
        'a"',
        'peer@2',
        1,
        0,
        [
          ['m', 2, 0.5],
          ['n', 3, 1],
        ],
        null,
        null,
      ],
      ['peer@1', 'peer@2', 1_700_000_000, 0, [['Quorum', 5, 20]], 'x', ['h', 'p', 7, 'l', 'r', 'w', 'a@h']],
    ]);
  });
});

describe('the steps of a transaction', () => {
  const watch = (...names: readonly string[]): JournalStep => ({
    statement: 'watch',
    rows: JSON.stringify(names.map((name) => [name])),
  });
  const unwatch = (name: string): JournalStep => ({ statement: 'unwatch', rows: `[["${name}"]]` });

  it('become fewer where neighbours are alike, and keep their order', () => {
    expect(joinSteps([watch('a'), watch('b', 'c'), unwatch('b'), watch('d'), watch('e')])).toEqual([
      watch('a', 'b', 'c'),
      unwatch('b'),
      watch('d', 'e'),
    ]);
  });

  it('stay alone when they are long', () => {
    const long = watch('x'.repeat(5000));
    const steps = [watch('a'), watch('b'), long, watch('c'), long, long];
    expect(joinSteps(steps)).toEqual([watch('a', 'b'), long, watch('c'), long, long]);
  });

  it('may be none', () => {
    expect(joinSteps([])).toEqual([]);
  });
});
