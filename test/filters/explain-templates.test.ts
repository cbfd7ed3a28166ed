import { describe, expect, it } from '@jest/globals';
import { MessageTemplates, templateOf } from '../../filters/explain-templates.js';

describe('the template of a message', () => {
  it.each([
    ['Connection to /10.0.0.2:9866 lost after 1500ms', 'Connection to <address> lost after <number>'],
    ['host zk1.example.org:2181 is down', 'host <address> is down'],
    ['/10.77.0.11 is away', '<address> is away'],
    ['zk1/10.0.0.1:2888 answers', '<address> answers'],
    ['peer [fe80:0:0:0:1:2:3:4]:3888 is gone', 'peer [<address>]:<number> is gone'],
    [
      'took 324ms (threshold=300ms), 12.5% of 3.5 s',
      'took <number> (threshold=<number>), <number> of <number> s',
    ],
    ['downstream=[127.0.0.1:9866, 127.0.0.2:9866, 127.0.0.3:9866]', 'downstream=[<address>...]'],
    ['block blk_1073741825_1001 is corrupt', 'block blk_<number> is corrupt'],
    ['session 0x1000abcd of 123e4567-e89b-12d3-a456-426614174000.', 'session <id> of <id>.'],
    ['cannot open "/var/lib/x y": no such file', 'cannot open <text>: no such file'],
    ["can't find 'the file'", "can't find <text>"],
    ['deleted /data/current/blk_1', 'deleted <path>'],
    ['worker-12 of pool-3-thread-7', 'worker-<number> of pool-<number>-thread-<number>'],
    ['nothing that changes', 'nothing that changes'],
  ])('of %j is %j', (message, template) => {
    expect(templateOf(message)).toBe(template);
  });

  it('does not depend on the end of a very long message', () => {
    const long = 'word '.repeat(200);
    expect(templateOf(`${long}one`)).toBe(templateOf(`${long}two`));
  });
});

describe('templates that are counted', () => {
  it('come with the most frequent first, each with its first line', () => {
    const templates = new MessageTemplates();
    templates.add('rare', 'WARN', 'line 1');
    templates.add('lost node 1', 'WARN', 'line 2');
    templates.add('lost node 2', 'WARN', 'line 3');
    templates.add('lost node 3', 'ERROR', 'line 4');
    expect(templates.sorted()).toEqual([
      { template: 'lost node <number>', count: 2, sample: 'line 2', label: 'WARN' },
      { template: 'rare', count: 1, sample: 'line 1', label: 'WARN' },
      { template: 'lost node <number>', count: 1, sample: 'line 4', label: 'ERROR' },
    ]);
  });

  it('stay within their limit, keep what comes again and again, and count what was given up', () => {
    const templates = new MessageTemplates(100);
    const letters = (number: number): string =>
      String(number).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
    for (let index = 0; index < 10_000; index++) {
      templates.add(`rare ${letters(index)}`, '', 'x');
      if (index % 3 === 0) templates.add('often', '', 'x');
    }
    const sorted = templates.sorted();
    expect(sorted.length).toBeLessThanOrEqual(100);
    expect(sorted[0]).toMatchObject({ template: 'often', count: 3334 });
    expect(templates.givenUp + sorted.reduce((sum, { count }) => sum + count, 0)).toBe(13_334);
  });
});
