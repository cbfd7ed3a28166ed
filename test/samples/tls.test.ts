import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFile } from '../../runtime/package-root.js';
import { freePort } from '../support/free-port.js';
import { endCommands, runCommandLine } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

afterEach(endCommands);

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const whereThereIsOpenssl = hasOpenssl() ? it : it.skip;

describe('the example in samples/tls', () => {
  whereThereIsOpenssl('does what its README says', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'hview-tls-'));
    const make = (...words: string[]): void =>
      void execFileSync(packageFile('samples', 'tls', 'make-certificates.sh'), ['tls', ...words], { cwd });
    make('pano0=localhost,127.0.0.1', 'agent-zk1', 'ops');
    expect(statSync(join(cwd, 'tls', 'ca.key')).mode & 0o077).toBe(0);
    writeFileSync(join(cwd, 'tokens'), `dashboard query ${'0123456789abcdef'.repeat(4)}\n`, { mode: 0o600 });
    const server = `localhost:${await freePort()}`;
    const config = readFileSync(packageFile('samples', 'tls', 'hs.cfg'), 'utf8');
    writeFileSync(join(cwd, 'hs.cfg'), config.replaceAll('localhost:6688', server));
    const { command } = await startServer(['-config', 'hs.cfg'], { cwd });
    expect(statSync(join(cwd, 'hview.db')).mode & 0o077).toBe(0);

    const ask = async (words: readonly string[]) =>
      runCommandLine('hview-client', ['-server', server, '-tls_ca', 'tls/ca.pem', ...words], { cwd });
    const as = (name: string): string[] => ['-tls_cert', `tls/${name}.pem`, '-tls_key', `tls/${name}.key`];
    const report = await ask([...as('agent-zk1'), 'report', 'peer@1', 'snapshot:u:30']);
    expect(report).toMatchObject({ code: 0, stdout: 'Accepted\n' });
    const answer = { code: 0, stdout: expect.stringContaining('snapshot: UNHEALTHY') as unknown };
    expect(await ask([...as('ops'), 'dump', 'inference'])).toMatchObject(answer);
    expect(await ask(['-token_file', 'tokens', 'dump', 'inference'])).toMatchObject(answer);
    expect((await ask(['dump', 'inference'])).stderr).toContain('does not know who calls');
    expect((await ask([...as('agent-zk1'), 'dump', 'inference'])).stderr).toContain(
      'does not allow DumpInference: "agent-zk1" may not query',
    );

    make('pano0=localhost,127.0.0.1');
    await command.waitForOutput(/the changed certificate files are in use/);
    expect(await ask([...as('ops'), 'dump', 'inference'])).toMatchObject(answer);
    command.kill('SIGTERM');
    expect((await command.exited).code).toBe(0);
    rmSync(cwd, { recursive: true });
  });
});
