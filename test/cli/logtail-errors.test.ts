import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endCommands, runCommandLine } from '../support/spawn-command.js';
import { FILTER, PLUGIN_WORDS, makeZooKeeperFolder, removeFolder } from '../support/zookeeper-files.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

let folder: string;
beforeEach(() => {
  folder = makeZooKeeperFolder();
});
afterEach(async () => {
  await endCommands();
  removeFolder(folder);
});

/** Runs hview-logtail, which must refuse with 1; what it says on standard error. */
async function refusal(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommandLine('hview-logtail', words, { cwd: folder });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
}

const READ = ['-once', '-report=false', '-log', 'zookeeper.out'];

describe('a wrong command line of hview-logtail', () => {
  it.each([
    [[], 'Log file argument is empty'],
    [['-log', 'zookeeper.out'], 'no plugin is named'],
    [['-log', 'zookeeper.out', 'nosuch'], "there is no plugin 'nosuch'"],
    [[...READ, ...PLUGIN_WORDS, '-merge=0'], "flag -merge stands after the plugin's name"],
    [[...READ, ...PLUGIN_WORDS, 'more'], 'unexpected word "more" after the plugin'],
    [['-tz', 'Moon/Base', ...READ, ...PLUGIN_WORDS], "there is no time zone 'Moon/Base'"],
    [['-log_level', 'loud', ...READ, ...PLUGIN_WORDS], 'flag -log_level: "loud" is no level'],
  ])('%j is explained', async (words, reason) => {
    expect((await refusal(...words)).split('\n')[0]).toBe(`hview-logtail: ${reason}`);
  });
});

describe('an ensemble that cannot be used', () => {
  it.each([
    ['server.1=10.0.0.1:2888:3888\njunk\n', "bad.cfg:2: 'junk' is not KEY=VALUE"],
    ['server.x=10.0.0.1:2888:3888\n', "bad.cfg:1: server.x: 'x' is no server id"],
    ['\n\nserver.2=\n', 'bad.cfg:3: server.2 has no value'],
  ])('%j is refused with file, line and what is wrong', async (text, reason) => {
    writeFileSync(join(folder, 'bad.cfg'), text);
    const said = await refusal(...READ, 'zookeeper', '--ensemble', 'bad.cfg');
    expect(said).toContain(reason);
    expect(said).toContain('--ensemble');
  });

  it.each([
    [['--ensemble', 'none.cfg'], 'cannot read the ensemble file none.cfg: there is no such file'],
    [['--ensemble', 'zoo.cfg', '--myid', 'none'], 'cannot read the myid file none: there is no such file'],
  ])('%j names the missing file', async (words, reason) => {
    expect((await refusal(...READ, 'zookeeper', ...words)).split('\n')[0]).toBe(`hview-logtail: ${reason}`);
  });

  it('refuses an own id that the ensemble does not name', async () => {
    writeFileSync(join(folder, 'myid'), '7\n');
    expect(await refusal(...READ, 'zookeeper', '--ensemble', 'zoo.cfg', '--myid', 'myid')).toContain(
      'hview-logtail: myid: server 7 is not in the ensemble; zoo.cfg names 1, 2',
    );
  });
});

describe('a filter that cannot be used', () => {
  it.each([
    ['"=="', '"?"', 'entry 2, clause 1: unknown Operator "?"'],
    ['"unhealthy"', '"sick"', 'entry 2, Classifier: unknown Status "sick"'],
    ['"50"', '"lots"', 'entry 3, Classifier: Score "lots" is no number from 0 (worst) to 100'],
    ['?P<host>', '?P<host', 'entry 1, clause 1: Pattern is no regular expression'],
  ])('with %s changed to %s is refused with file, place and reason', async (from, to, reason) => {
    const text = FILTER.replace(from, to);
    writeFileSync(join(folder, 'zoo_filter.json'), text);
    const line = text.split('\n').findIndex((part) => !FILTER.split('\n').includes(part)) + 1;
    const said = await refusal(...READ, ...PLUGIN_WORDS);
    expect(said).toMatch(new RegExp(`^hview-logtail: filter zoo_filter\\.json:${line}:\\d+: `));
    expect(said).toContain(reason);
  });

  it('names the line where it is no JSON', async () => {
    writeFileSync(join(folder, 'zoo_filter.json'), '{"FilterTree": [\n  oops\n]}\n');
    expect(await refusal(...READ, ...PLUGIN_WORDS)).toMatch(
      /^hview-logtail: filter zoo_filter\.json:2:\d+: not valid JSON: /,
    );
  });

  it('names the file that is missing', async () => {
    expect(await refusal(...READ, 'zookeeper', '--ensemble', 'zoo.cfg', '--filter', 'none.json')).toContain(
      'hview-logtail: cannot read the filter file none.json: there is no such file',
    );
  });
});

describe('a log that cannot be read', () => {
  it('is named when it is to be read once and is not there', async () => {
    const said = await refusal('-once', '-report=false', '-log', 'none.out', ...PLUGIN_WORDS);
    expect(said).toMatch(/hview-logtail: cannot read the log .*none\.out: there is no such file/);
  });

  it('is named when it is a folder', async () => {
    const said = await refusal('-once', '-report=false', '-log', '.', ...PLUGIN_WORDS);
    expect(said).toContain(`hview-logtail: cannot follow ${realpathSync(folder)}: it is a folder`);
  });

  it('leaves the files as they were', async () => {
    const before = readFileSync(join(folder, 'zookeeper.out'), 'utf8');
    await runCommandLine('hview-logtail', [...READ, ...PLUGIN_WORDS], { cwd: folder });
    expect(readFileSync(join(folder, 'zookeeper.out'), 'utf8')).toBe(before);
  });
});
