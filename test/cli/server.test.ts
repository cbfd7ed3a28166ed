import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import Database from 'libsql';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestAuthority } from '../support/certificates.js';
import { endCommands, runCommandLine } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';
import { removeFolder } from '../support/zookeeper-files.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-server-'));
});
afterEach(async () => {
  await endCommands();
  removeFolder(folder);
});

function ask(address: string, words: readonly string[]): ReturnType<typeof runCommandLine> {
  return runCommandLine('hview-client', ['-server', address, ...words]);
}

describe('hview-server', () => {
  it('listens on the given address, answers, and ends with 0 on SIGTERM', async () => {
    const { command, address } = await startServer(['-addr', 'localhost:0', 'pano0']);
    const answer = await ask(address, ['ping']);
    expect(answer.code).toBe(0);
    expect(answer.stdout).toMatch(/^ping reply at time \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC\n$/);
    command.kill('SIGTERM');
    const { code, stdout, stderr } = await command.exited;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('the aggregator stops');
  });

  it('chooses a port between -port_start and -port_end when none is given', async () => {
    const words = ['-addr', 'localhost', '-port_start', '21000', '-port_end', '29000', 'pano0'];
    const { address } = await startServer(words);
    const [host, port] = address.split(':');
    expect(host).toBe('localhost');
    expect(Number(port)).toBeGreaterThanOrEqual(21000);
    expect(Number(port)).toBeLessThan(29000);
    expect((await ask(address, ['list', 'subject'])).code).toBe(0);
  });

  it.each([
    [['-addr', '0.0.0.0:0'], '0.0.0.0', 'without TLS'],
    [['-addr', ':0'], 'every interface', 'without TLS'],
    [['-addr', '[::]:0'], '::', 'without TLS'],
  ])('does not open itself to the network unprotected: %j', async (words, where, how) => {
    const { code, stderr } = await runCommandLine('hview-server', [...words, 'pano0']);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `hview-server: the gRPC service would be open to the network: ${where} is not only this machine, and it would listen ${how}\n` +
        'Give -tls_cert, -tls_key and -tls_ca or -token_file (SECURITY.md has an example), listen on localhost with -addr, ' +
        'or, on a network that you trust, say -insecure.\n',
    );
  });

  it('opens itself to the network when it is told so', async () => {
    const { address } = await startServer(['-insecure', '-addr', '0.0.0.0:0', 'pano0']);
    expect((await ask(address.replace('0.0.0.0', '127.0.0.1'), ['ping'])).code).toBe(0);
  });

  it('opens itself to the network with TLS and certificates of clients, which programs show by the same flags', async () => {
    const authority = await TestAuthority.create();
    const own = await authority.issue('pano0');
    const flags = ['-tls_cert', own.cert, '-tls_key', own.key, '-tls_ca', authority.ca];
    const { address } = await startServer([...flags, '-addr', '0.0.0.0:0', 'pano0']);
    const target = address.replace('0.0.0.0', '127.0.0.1');
    expect((await ask(target, ['ping'])).code).toBe(2);
    const { code, stderr } = await ask(target, [...flags, 'ping']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('runs on the configuration that hview-mkrc writes, and keeps in its database what it was told', async () => {
    const words = ['-nserver', '1', '-namep', 'pano%d', '-id', 'pano0', '-output', 'hs.cfg'];
    expect((await runCommandLine('hview-mkrc', words, { cwd: folder })).code).toBe(0);
    const first = await startServer(['-config', 'hs.cfg'], { cwd: folder });
    expect((await ask(first.address, ['report', 'peer@1', 'snapshot:u:30'])).stdout).toBe('Accepted\n');
    first.command.kill('SIGTERM');
    expect((await first.command.exited).code).toBe(0);

    const second = await startServer(['-config', 'hs.cfg'], { cwd: folder });
    expect((await ask(second.address, ['get', 'inference', 'peer@1'])).stdout).toMatch(
      /^\[client\] ==> peer@1: \S+Z \{ snapshot: UNHEALTHY, 30\.0; \}\n$/,
    );
  });

  it('takes its name, and where it listens, from the command line before the configuration', async () => {
    const peers = { pano0: 'localhost:1', pano1: 'localhost:2' };
    writeFileSync(join(folder, 'hs.cfg'), JSON.stringify({ Id: 'pano0', Peers: peers }));
    const words = ['-config', 'hs.cfg', '-addr', 'localhost:0', 'pano1'];
    const { command, address } = await startServer(words, { cwd: folder });
    expect(command.stderr).toContain('"id":"pano1"');
    expect((await ask(address, ['ping'])).code).toBe(0);
  });

  it('tells with -check that it would start, also while it runs', async () => {
    const { address } = await startServer();
    const words = ['-check', '-addr', address, '-dbfile', join(folder, 'hview.db'), 'pano0'];
    expect(await runCommandLine('hview-server', words)).toEqual({
      code: 0,
      stdout: `pano0 would listen on ${address}, journal: ${join(folder, 'hview.db')}, security: none\n`,
      stderr: '',
    });
    expect(existsSync(join(folder, 'hview.db'))).toBe(false);
  });

  it.each([
    [
      'a folder for the journal that is not there',
      ['-dbfile', 'none/hview.db'],
      'the journal cannot be kept in none',
    ],
    ['an address of another machine', ['-insecure', '-addr', '192.0.2.1:6688'], '192.0.2.1'],
    ['a certificate that is not there', ['-tls_cert', 'no.pem', '-tls_key', 'no.pem'], 'no.pem'],
    ['an open door', ['-addr', '0.0.0.0:0'], 'would be open to the network'],
  ])('tells with -check that %s would stop it', async (_, words, reason) => {
    const { code, stdout, stderr } = await runCommandLine('hview-server', ['-check', ...words, 'pano0'], {
      cwd: folder,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(reason);
  });

  it('says that the port is taken, and ends with 1', async () => {
    const { address } = await startServer();
    expect(await runCommandLine('hview-server', ['-addr', address, 'pano1'])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `hview-server: another program listens on ${address}\n` +
        'Stop it, or choose another address with -addr host:port.\n',
    });
  });

  it.each([
    ['in a folder that is not there', 'none/hview.db'],
    ['in a folder that is a file', 'plain-file/hview.db'],
  ])('names the database %s, and ends with 1', async (_, file) => {
    writeFileSync(join(folder, 'plain-file'), '');
    const words = ['-addr', 'localhost:0', '-dbfile', file, 'pano0'];
    const { code, stdout, stderr } = await runCommandLine('hview-server', words, { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`hview-server: the database ${file} cannot be opened`);
    expect(stderr).toContain('-dbfile names another place.');
  });

  it('names the database of a newer version, leaves it as it is, and ends with 1', async () => {
    const database = new Database(join(folder, 'hview.db'));
    database.exec('PRAGMA user_version = 999');
    database.close();
    const before = readFileSync(join(folder, 'hview.db'));
    const words = ['-addr', 'localhost:0', '-dbfile', 'hview.db', 'pano0'];
    const { code, stderr } = await runCommandLine('hview-server', words, { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'hview-server: the database hview.db cannot be opened: it was written by a newer hview (schema 999',
    );
    expect(readFileSync(join(folder, 'hview.db'))).toEqual(before);
  });

  it('sets a database aside that is none, says so, and starts', async () => {
    writeFileSync(join(folder, 'hview.db'), 'these are notes and no database\n'.repeat(100));
    const words = ['-addr', 'localhost:0', '-dbfile', 'hview.db', 'pano0'];
    const { command } = await startServer(words, { cwd: folder });
    expect(command.stderr).toMatch(
      /"level":"error".*"reason":"file is not a database","setAside":"hview.db.damaged-\d{8}T\d{6}Z".*the journal is damaged and set aside/,
    );
  });

  it.each([
    ['{', 'hs.cfg: not JSON: '],
    ['{"Id": "a", "Peers": {"b": "localhost:7000"}}', 'hs.cfg: Id: "a" is not present in Peers'],
    ['{"Id": "a", "Peers": {"a": "localhost:high"}}', 'hs.cfg: '],
    ['{"Id": "a", "Peers": {"a": "localhost:0"}, "LogLevel": "loud"}', 'hs.cfg: LogLevel: "loud" is none of'],
  ])('refuses the configuration %s and says why', async (text, reason) => {
    writeFileSync(join(folder, 'hs.cfg'), text);
    const { code, stdout, stderr } = await runCommandLine('hview-server', ['-config', 'hs.cfg'], {
      cwd: folder,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`hview-server: ${reason}`);
  });

  it.each([
    [[], 'the ID is missing'],
    [['pano0', 'pano1'], 'unexpected word "pano1"'],
    [['-config', 'none.cfg'], 'cannot read the configuration none.cfg: there is no such file'],
  ])('refuses the words %j and says why', async (words, reason) => {
    const { code, stderr } = await runCommandLine('hview-server', words, { cwd: folder });
    expect(code).toBe(1);
    expect(stderr.split('\n')[0]).toBe(`hview-server: ${reason}`);
  });
});
