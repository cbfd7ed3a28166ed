import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endCommands, runCommandLine, type CommandResult } from '../support/spawn-command.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-check-'));
});
afterEach(async () => {
  await endCommands();
  rmSync(folder, { recursive: true });
});

function check(...words: string[]): Promise<CommandResult> {
  return runCommandLine('hview-logtail', ['check', ...words], { cwd: folder });
}

const LINE = '2026-01-15 10:20:30,123 [myid:1] - INFO  [main:QuorumPeer@100] - LOOKING';

/** A rule file with one entry, and what is changed in it. */
function writeRules(change: { chain?: object[]; file?: object; entry?: object } = {}): void {
  const chain = change.chain ?? [{ Field: 'content', Operator: '==', Pattern: 'LOOKING' }];
  const entry = {
    Id: 'looking',
    Chain: chain,
    Classifier: { Context: 'State', Status: 'pending', Score: 60 },
    Examples: [
      { Line: LINE, Expect: { Subject: 'peer@1', Status: 'pending' } },
      { Line: `${LINE}S`, Expect: null },
    ],
    ...change.entry,
  };
  const file = { Plugin: 'zookeeper', FilterTree: [entry], ...change.file };
  writeFileSync(join(folder, 'rules.json'), JSON.stringify(file, null, 2));
}

describe('hview-logtail check', () => {
  it('says nothing but the sum of a good file, whose plugin the file names, and ends with 0', async () => {
    writeRules();
    expect(await check('-filter', 'rules.json')).toEqual({
      code: 0,
      stdout: 'rules.json: 1 entry, 2 examples run: 0 errors, 0 warnings\n',
      stderr: '',
    });
  });

  it("examines a plugin's own rules when no file is named", async () => {
    const { code, stdout } = await check('zookeeper');
    expect(code).toBe(0);
    expect(stdout).toMatch(/zookeeper\.json: \d+ entries, \d+ examples run: 0 errors, /);
  });

  it('tells all that breaks the format, with line and column, and ends with 1', async () => {
    writeRules({ chain: [{ Field: 'content', Operator: '=~', Pattern: 'x' }] });
    const { code, stdout } = await check('-filter', 'rules.json');
    expect(code).toBe(1);
    expect(stdout).toContain(
      'rules.json:9:23: error: entry 1 (looking), clause 1: unknown Operator "=~"; did you mean "~"?',
    );
  });

  it('tells an example that does not hold, at its place', async () => {
    writeRules({ entry: { Examples: [{ Line: LINE, Expect: { Subject: 'peer@2' } }] } });
    const { code, stdout } = await check('-filter', 'rules.json');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^rules\.json:19:9: error: entry 1 \(looking\): example 1: subject should be "peer@2" but is "peer@1"$/m,
    );
    expect(stdout).toMatch(/^rules\.json: warning: no example shows what it must leave alone: 1 entry of 1/m);
  });

  it('refuses a slow pattern and shows a line that it is slow on', async () => {
    writeRules({
      chain: [{ Field: 'content', Operator: '~', Pattern: 'LOOK.*ING(?:S.*)?$' }],
      entry: { Examples: [] },
    });
    const { code, stdout } = await check('-filter', 'rules.json');
    expect(code).toBe(1);
    expect(stdout).toContain('pattern "LOOK.*ING(?:S.*)?$" takes');
    expect(stdout).toMatch(/^ {4}A hostile line: .*again and again.*Steps by its length: \d/m);
  });

  it('tells a misspelt field', async () => {
    writeRules({
      chain: [{ Field: 'contents', Operator: '==', Pattern: 'LOOKING' }],
      entry: { Examples: [] },
    });
    expect((await check('-filter', 'rules.json')).stdout).toContain(
      'the plugin gives no field "contents", so the clause tests the empty text\n    Did you mean content?\n',
    );
  });

  it('prints one JSON object for programs', async () => {
    writeRules({
      chain: [{ Field: 'content', Operator: '~', Pattern: '^(\\w+\\s?)*x$' }],
      entry: { Examples: [] },
    });
    const { code, stdout } = await check('-json', '-filter', 'rules.json');
    const report = JSON.parse(stdout) as { findings: { kind: string; attack?: { example: string } }[] };
    expect(code).toBe(1);
    expect(report).toMatchObject({ file: 'rules.json', entries: 1, examples: 0, examplesRun: 0 });
    const [slow] = report.findings.filter(({ kind }) => kind === 'slow-pattern');
    expect(slow).toMatchObject({
      severity: 'error',
      line: 7,
      column: 9,
      part: 'entry 1 (looking), clause 1',
      id: 'looking',
      attack: { kind: 'exponential' },
    });
    expect(slow?.attack?.example.length).toBeGreaterThan(10);
  });

  it('runs no examples when it does not know the plugin, and says so', async () => {
    writeRules({ file: { Plugin: null } });
    const { code, stdout } = await check('-filter', 'rules.json');
    expect(code).toBe(0);
    expect(stdout).toContain('warning: the examples were not run: no plugin is named');
    expect(stdout).toContain('2 examples, none run');
  });

  it('takes the plugin that is named, and says when the file is for another one', async () => {
    writeRules({ file: { Plugin: 'cassandra' } });
    const { stdout } = await check('-filter', 'rules.json', 'zookeeper');
    expect(stdout).toContain('warning: the file says it is for the plugin cassandra, not for zookeeper');
  });

  it('finds a plugin of your own next to the file that names it', async () => {
    const { code } = await runCommandLine('hview-logtail', ['new-plugin', 'mine'], { cwd: folder });
    expect(code).toBe(0);
    const { stdout } = await check('-filter', 'mine/mine.json');
    expect(stdout).toBe('mine/mine.json: 3 entries, 6 examples run: 0 errors, 0 warnings\n');
  });

  it.each([
    [[], 'neither a plugin nor a filter file is named'],
    [['nosuch'], "there is no plugin 'nosuch'"],
    [['-filter', 'none.json'], 'cannot read the filter file none.json: there is no such file'],
    [['zookeeper', 'more'], 'unexpected word "more" after the plugin'],
    [['-fitler', 'x'], 'unknown flag -fitler'],
  ])('explains the wrong use %j', async (words, reason) => {
    const { code, stdout, stderr } = await check(...words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')[0]).toBe(`hview-logtail check: ${reason}`);
  });

  it('describes itself', async () => {
    const { code, stdout } = await check('--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: hview-logtail check /);
  });
});
