import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestAuthority } from '../support/certificates.js';
import { endCommands, runCommandLine, startCommandLine } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';
import { FILTER, LOG, makeZooKeeperFolder, removeFolder } from '../support/zookeeper-files.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = makeZooKeeperFolder();
});
afterEach(async () => {
  await endCommands();
  removeFolder(folder);
});

function writeConfig(parts: object, source: object = {}): string {
  const zk = {
    Name: 'zk',
    Logs: '*.out',
    Plugin: 'zookeeper',
    Options: { ensemble: join(folder, 'zoo.cfg'), myid: 1 },
    Filter: 'zoo_filter.json',
    TimeZone: 'UTC',
    Stale: -1,
    Merge: 0,
    ...source,
  };
  writeFileSync(join(folder, 'agent.json'), JSON.stringify({ Sources: [zk], ...parts }));
  return 'agent.json';
}

describe('an agent with a configuration', () => {
  it('reads every log that matches, also one that comes later', async () => {
    const { address } = await startServer();
    const words = ['-config', writeConfig({ Server: address, State: 'state' })];
    const agent = startCommandLine('hview-logtail', words, { cwd: folder });
    await agent.waitForOutput(/RecvWorker MAYBE_UNHEALTHY/);
    writeFileSync(join(folder, 'second.out'), LOG.replaceAll('1500ms', '7777ms'));
    await agent.waitForOutput(/fsync took 7777ms/);
    agent.kill('SIGTERM');
    const { code, stdout } = await agent.exited;
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(6);

    const again = startCommandLine('hview-logtail', words, { cwd: folder });
    await again.waitForOutput(/"reading"/);
    writeFileSync(join(folder, 'third.out'), LOG.replaceAll('1500ms', '8888ms'));
    await again.waitForOutput(/fsync took 8888ms/);
    again.kill('SIGTERM');
    // What was read before is not read again.
    expect((await again.exited).stdout).not.toMatch(/1500ms|7777ms/);
  });

  it('goes on with new rules, and keeps the old ones while the file is wrong', async () => {
    const { address } = await startServer();
    const words = ['-config', writeConfig({ Server: address, State: 'state' })];
    const agent = startCommandLine('hview-logtail', words, { cwd: folder });
    await agent.waitForOutput(/RecvWorker MAYBE_UNHEALTHY/);
    const change = (text: string): void => {
      writeFileSync(join(folder, 'next.json'), text);
      renameSync(join(folder, 'next.json'), join(folder, 'zoo_filter.json'));
    };
    change('{"FilterTree": [');
    agent.kill('SIGHUP');
    await agent.waitForOutput(/the rules cannot be loaded; the old ones stay/);
    writeFileSync(join(folder, 'second.out'), LOG.replaceAll('1500ms', '7777ms'));
    await agent.waitForOutput(/SyncThread UNHEALTHY .*7777ms/);
    change(FILTER.replace('unhealthy', 'dying'));
    await agent.waitForOutput(/the rules were loaded again/);
    writeFileSync(join(folder, 'third.out'), LOG.replaceAll('1500ms', '8888ms'));
    await agent.waitForOutput(/SyncThread DYING .*8888ms/);
  });

  it('prints its accounts on SIGUSR2', async () => {
    const { address } = await startServer();
    const agent = startCommandLine('hview-logtail', ['-config', writeConfig({ Server: address })], {
      cwd: folder,
    });
    await agent.waitForOutput(/RecvWorker MAYBE_UNHEALTHY/);
    agent.kill('SIGUSR2');
    const [line] = await agent.waitForOutput(/^\{.*"the accounts"\}$/m);
    expect(JSON.parse(line)).toMatchObject({ counts: { sources: [{ name: 'zk', findings: 3 }] } });
  });

  it('answers for its health and shows its figures where the file says, unless the command line says otherwise', async () => {
    const config = writeConfig({ Server: '127.0.0.1:1', Http: { Addr: '127.0.0.1:0', Metrics: true } });
    const statusOf = async (words: readonly string[]): Promise<unknown> => {
      const agent = startCommandLine('hview-logtail', ['-config', config, ...words], { cwd: folder });
      const [, http = ''] = await agent.waitForOutput(/"http":"([^"]+)"/);
      if (http === 'none') return http;
      const answers = ['healthz', 'metrics'].map(
        async (path) => (await fetch(`http://${http}/${path}`)).status,
      );
      return [http.split(':')[0], ...(await Promise.all(answers))];
    };
    expect(await statusOf(['-state=state-1'])).toEqual(['127.0.0.1', 200, 200]);
    expect(await statusOf(['-state=state-2', '-metrics=false'])).toEqual(['127.0.0.1', 200, 404]);
    expect(await statusOf(['-state=state-3', '-http', '[::1]:0'])).toEqual(['[', 200, 200]);
    expect(await statusOf(['-state=state-4', '-http='])).toBe('none');
  });

  it.each([
    ['a log beside it', ['-log', 'x.log'], /not -log/],
    ['a plugin beside it', ['zookeeper'], /not zookeeper/],
  ])('refuses %s', async (_, words, complaint) => {
    const all = ['-config', writeConfig({}), ...words];
    const { code, stderr } = await runCommandLine('hview-logtail', all, { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(complaint);
  });
});

describe('checking a configuration', () => {
  it('says that all is good, with 0', async () => {
    const words = ['check', '-config', writeConfig({})];
    const { code, stdout } = await runCommandLine('hview-logtail', words, { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^source zk \(zookeeper\): good$/m);
    expect(stdout).toMatch(/^agent\.json: an agent would start with it$/m);
  });

  it.each([
    ['an option that the plugin does not have', { Options: { ensembel: 'x' } }, /no option "ensembel"/],
    ['an ensemble that is not there', { Options: { ensemble: '/nowhere.cfg' } }, /nowhere\.cfg/],
    ['rules that are not there', { Filter: 'nowhere.json' }, /nowhere\.json/],
    ['a plugin that is not there', { Plugin: 'nosuchplugin' }, /nosuchplugin/],
  ])('finds %s, with 1', async (_, source, complaint) => {
    const words = ['check', '-json', '-config', writeConfig({}, source)];
    const { code, stdout } = await runCommandLine('hview-logtail', words, { cwd: folder });
    expect(code).toBe(1);
    const { ok, sources } = JSON.parse(stdout) as { ok: boolean; sources: { errors: string[] }[] };
    expect(ok).toBe(false);
    expect(sources[0]?.errors).toEqual([expect.stringMatching(complaint)]);
  });

  it('tries certificates, key and token, and names the file that cannot be used', async () => {
    const authority = await TestAuthority.create();
    const { cert, key } = await authority.issue('agent');
    const other = await authority.issue('other');
    const broken = join(folder, 'broken.pem');
    writeFileSync(broken, 'no certificate');
    const token = join(folder, 'token');
    writeFileSync(token, 'tooshort', { mode: 0o600 });
    const open = join(folder, 'open-token');
    writeFileSync(open, '0123456789abcdef0123456789abcdef', { mode: 0o644 });
    const good = join(folder, 'good-token');
    writeFileSync(good, '0123456789abcdef0123456789abcdef', { mode: 0o600 });
    const errorsOf = async (parts: object): Promise<unknown> => {
      const words = ['check', '-json', '-config', writeConfig(parts)];
      const { code, stdout } = await runCommandLine('hview-logtail', words, { cwd: folder });
      const { ok, errors } = JSON.parse(stdout) as { ok: boolean; errors: string[] };
      return [code, ok, ...errors];
    };
    const complaint = (text: string): unknown => expect.stringContaining(text);
    expect(await errorsOf({ Tls: { Ca: authority.ca, Cert: cert, Key: key }, TokenFile: good })).toEqual([
      0,
      true,
    ]);
    expect(await errorsOf({ Tls: { Ca: '/nowhere/ca.pem' }, TokenFile: '/nowhere/token' })).toEqual([
      ...[1, false],
      complaint('/nowhere/ca.pem'),
      complaint('/nowhere/token'),
    ]);
    expect(await errorsOf({ Tls: { Ca: broken } })).toEqual([
      1,
      false,
      complaint(`${broken} holds no certificate`),
    ]);
    expect(await errorsOf({ Tls: { Cert: cert } })).toEqual([1, false, complaint(`${cert} has no key`)]);
    expect(await errorsOf({ Tls: { Cert: cert, Key: other.key } })).toEqual([
      ...[1, false],
      complaint(`${other.key} is not the key of the certificate ${cert}`),
    ]);
    expect(await errorsOf({ TokenFile: token })).toEqual([1, false, complaint(`${token} holds no token`)]);
    expect(await errorsOf({ TokenFile: open })).toEqual([
      1,
      false,
      complaint(`${open} is open to every user`),
    ]);
    expect(await errorsOf({ TokenFile: good, Server: 'aggregator:6688' })).toEqual([
      ...[1, false],
      complaint('the token would travel in plain text to aggregator:6688'),
    ]);
  });

  it('says what is wrong with the file itself, by line and column', async () => {
    writeFileSync(join(folder, 'agent.json'), '{\n "Sources": [{}]\n}');
    const { code, stderr } = await runCommandLine('hview-logtail', ['check', '-config', 'agent.json'], {
      cwd: folder,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/agent\.json:2:14: source 1: Plugin is missing/);
  });
});
