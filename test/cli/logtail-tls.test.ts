import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestAuthority } from '../support/certificates.js';
import { endCommands, runCommandLine } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

afterEach(endCommands);

const ZOO_CFG = 'dataDir=/nowhere\nserver.1=127.0.0.1:2888:3888\nserver.2=127.0.0.2:2888:3888\n';
const LINE =
  '2026-11-23 00:26:33,543 [myid:2] - ERROR [LearnerHandler-/127.0.0.1:40000:LearnerHandler@714] - Unexpected exception causing shutdown while sock still open\n';

describe('hview-logtail towards an aggregator that asks for certificates', () => {
  it('delivers with the files that its configuration names, and is told what is wrong without', async () => {
    const authority = await TestAuthority.create();
    const own = await authority.issue('pano0');
    const agent = await authority.issue('agent-1');
    const { address } = await startServer([
      ...['-tls_cert', own.cert, '-tls_key', own.key, '-tls_ca', authority.ca],
      ...['-addr', 'localhost:0', 'pano0'],
    ]);
    const cwd = mkdtempSync(join(tmpdir(), 'hview-agent-tls-'));
    writeFileSync(join(cwd, 'zoo.cfg'), ZOO_CFG);
    writeFileSync(join(cwd, 'zk.log'), LINE);
    const source = { Name: 'zk', Logs: 'zk.log', Plugin: 'zookeeper', Options: { ensemble: 'zoo.cfg' } };
    const write = (keys: object): void =>
      writeFileSync(
        join(cwd, 'agent.json'),
        JSON.stringify({ Server: address, Stale: -1, TimeZone: 'UTC', Sources: [source], ...keys }),
      );
    const run = () => runCommandLine('hview-logtail', ['-once', '-config', 'agent.json'], { cwd });

    write({ Tls: { Ca: authority.ca, Cert: agent.cert, Key: agent.key } });
    const { code, stderr } = await run();
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('"delivered":') });
    const flags = [
      '-server',
      address,
      '-tls_ca',
      authority.ca,
      '-tls_cert',
      agent.cert,
      '-tls_key',
      agent.key,
    ];
    expect((await runCommandLine('hview-client', [...flags, 'list', 'subject'])).stdout).toContain('peer@');

    write({ Tls: { Ca: authority.ca } });
    const without = await run();
    expect(without.code).toBe(1);
    expect(without.stderr).toContain('does not know who calls: no certificate was shown');

    write({ Tls: { Ca: authority.ca, Cert: agent.cert } });
    expect((await run()).stderr).toContain(`the certificate ${agent.cert} has no key`);
  });
});
