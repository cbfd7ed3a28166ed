import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { endCommands, runCommandLine, type CommandResult } from '../support/spawn-command.js';
import { zipped } from '../support/zipped.js';
import { LOG, PLUGIN_WORDS, makeZooKeeperFolder, removeFolder } from '../support/zookeeper-files.js';

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

function explain(...words: string[]): Promise<CommandResult> {
  return runCommandLine('hview-logtail', ['explain', ...words], { cwd: folder });
}

const WARNINGS = [
  '2017-05-26 17:27:01,000 [myid:1] - WARN  [main:QuorumPeer@1] - queue of 10.0.0.2 holds 17 messages',
  '2017-05-26 17:27:02,000 [myid:1] - WARN  [main:QuorumPeer@1] - queue of 10.0.0.2 holds 18 messages',
  '\tat java.lang.Thread.run(Thread.java:748)',
  '2017-05-26T17:27:03.000Z a line of another format',
  '',
].join('\n');

describe('hview-logtail explain LOG', () => {
  it('tells people what fired, what did not, what is missing, and how much could be read', async () => {
    writeFileSync(join(folder, 'zookeeper.out'), LOG + WARNINGS);
    const { code, stdout, stderr } = await explain('zookeeper.out', '-tz', 'UTC', ...PLUGIN_WORDS);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`Lines: 8
  records read        6 (2017-05-26T17:26:04.986Z to 2017-05-26T17:27:02.000Z)
  continuation lines  1
  unparsable          1
Parse rate: 85.71% of the lines that look like records
The log may have another format than the plugin reads. Lines that it could not read:
    2017-05-26T17:27:03.000Z a line of another format

Rules that fired: 3 of 3
        1  entry-1  QuorumListener HEALTHY 90
           on peer@2 (1)
           ${LOG.split('\n')[0] ?? ''}
        1  entry-2  (the tag's context) UNHEALTHY 20
           on peer@1 (1)
           ${LOG.split('\n')[2] ?? ''}
        1  entry-3  (the tag's context) MAYBE_UNHEALTHY 50
           on peer@2 (1)
           ${LOG.split('\n')[3] ?? ''}

Warnings and errors that no rule understood: 2 records of 1 kind
        2  WARN queue of <address> holds <number> messages
           ${WARNINGS.split('\n')[0] ?? ''}
`);
  });

  it('reads a packed log like one that is not, and prints everything as JSON', async () => {
    const path = join(folder, 'zookeeper.out');
    writeFileSync(path, LOG + WARNINGS);
    writeFileSync(join(folder, 'packed'), gzipSync(readFileSync(path)));
    writeFileSync(join(folder, 'archive'), zipped('zookeeper.out', readFileSync(path)));
    const plain = await explain('-json', 'zookeeper.out', ...PLUGIN_WORDS);
    const packed = await explain('-json', 'packed', ...PLUGIN_WORDS);
    const archived = await explain('-json', 'archive', ...PLUGIN_WORDS);
    expect(packed.stdout).toBe(plain.stdout);
    expect(archived.stdout).toBe(plain.stdout);
    expect(JSON.parse(plain.stdout)).toMatchObject({
      lines: { lines: 8, records: 6, continuations: 2, unparsable: 1 },
      fired: [{ id: 'entry-1', count: 1, subjects: [{ subject: 'peer@2', count: 1 }] }, {}, {}],
      neverFired: [],
      notUnderstood: { records: 2, templates: [{ label: 'WARN', count: 2 }] },
    });
  });

  it('lists records of lower levels when asked to', async () => {
    const { stdout } = await explain('zookeeper.out', '-level', 'info', ...PLUGIN_WORDS);
    expect(stdout).toContain('INFO Reading configuration from: zoo.cfg');
  });

  it.each([
    [[], 'neither a log nor -line is given'],
    [['zookeeper.out'], 'no plugin is named'],
    [['none.out', ...PLUGIN_WORDS], 'cannot read the log none.out: there is no such file'],
    [['zookeeper.out', '-level', 'loud', ...PLUGIN_WORDS], 'flag -level: "loud" is no level'],
  ])('explains the wrong use %j', async (words, reason) => {
    const { code, stdout, stderr } = await explain(...words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')[0]).toBe(`hview-logtail explain: ${reason}`);
  });

  it('says what to do when nothing tells whose log it is, and does not call it understood', async () => {
    const line = '2016-10-28 16:56:38,720 WARN org.apache.hadoop.ipc.Client: Address change detected\n';
    writeFileSync(join(folder, 'hdfs.log'), line.repeat(3));
    const { code, stdout } = await explain('hdfs.log', '-tz', 'UTC', 'hdfs');
    expect(code).toBe(0);
    expect(stdout).toContain('  records dropped     3 unknown-observer\n  Nothing tells whose log it is; ');
    expect(stdout).not.toContain('understood');
    const { stdout: told } = await explain(
      ...['hdfs.log', '-tz', 'UTC', 'hdfs', '--role', 'nn', '--host', '10.0.0.1'],
    );
    expect(told).toContain('Warnings and errors that no rule understood: 3 records of 1 kind');
  });
});

describe('hview-logtail explain -line', () => {
  const SLOW = '2017-05-26 17:26:05,986 [myid:1] - WARN  [SyncThread:1:FileTxnLog@338] - fsync took 1500ms';

  it('tells people the fields, each clause with the reason, and the verdict', async () => {
    const { code, stdout } = await explain('-line', SLOW, '-tz', 'UTC', ...PLUGIN_WORDS);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}time +2017-05-26T17:26:05\.986Z$/m);
    expect(stdout).toMatch(/^ {2}content +"fsync took 1500ms"$/m);
    expect(stdout).toContain(`entry 2 (entry-2): fires
  yes  tag_context == SyncThread
       equal
  yes  content ~ took \\d+ms
       found: "took 1500ms"
`);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Reported by entry-2: peer@1 SyncThread UNHEALTHY 20');
  });

  it('tells why nothing fires', async () => {
    const { stdout } = await explain('-line', SLOW.replace('1500ms', '1500 ms'), ...PLUGIN_WORDS);
    expect(stdout)
      .toContain(`entry 2 (entry-2): its first clause holds, so its branch decides, but another clause fails
  yes  tag_context == SyncThread
       equal
  NO   content ~ took \\d+ms
       "took \\\\d+" is found, then the text goes on with " ms" where "ms" is wanted
`);
    expect(stdout).toContain('Nothing is reported: no entry fires.');
  });

  it("needs no configuration: without options it takes the cluster of the plugin's examples", async () => {
    const { code, stdout } = await explain('-json', '-line', SLOW, 'zookeeper');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'record',
      record: { observer: 'peer@1', time: '2017-05-26T17:26:05.986Z', message: 'fsync took 1500ms' },
      verdict: { kind: 'none', reason: 'no-match' },
    });
  });

  it('takes the lines after the first as its continuation', async () => {
    const { stdout } = await explain(
      '-json',
      '-line',
      `${SLOW}\njava.io.IOException: x\n\tat y`,
      'zookeeper',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      record: { fields: { detail: 'java.io.IOException: x\n\tat y' } },
    });
  });

  it('says when the line is no record', async () => {
    expect((await explain('-line', '\tat y', 'zookeeper')).stdout).toMatch(
      /^Not a record: the plugin takes it/,
    );
  });
});
