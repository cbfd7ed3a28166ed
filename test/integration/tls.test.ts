import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import { ClientSecurity } from '../../protocol/client-security.js';
import { HealthClient } from '../../protocol/health-client.js';
import { Status } from '../../protocol/model.js';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import type { TlsPaths } from '../../runtime/tls-files.js';
import { NO_SECURITY } from '../../server/security-config.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import type { CertificateFiles } from '../support/certificates.js';
import { TestAuthority } from '../support/certificates.js';

let authority: TestAuthority;
let server: CertificateFiles;
let agent: CertificateFiles;
const undo: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
  server = await authority.issue('aggregator');
  agent = await authority.issue('agent-1');
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function runSecured(parts: Partial<typeof NO_SECURITY> = {}, peers?: ReadonlyMap<string, string>) {
  const security = { ...NO_SECURITY, ...server, ...parts };
  const running = await runAggregator({ security, ...(peers === undefined ? {} : { peers }) });
  undo.push(() => running.stop());
  return running;
}

function clientOf({ aggregator }: RunningAggregator, tls: TlsPaths | null, host = '127.0.0.1'): HealthClient {
  const security = new ClientSecurity({ tls, clock: systemClock, logger: silentLogger });
  const target = `${host}:${aggregator.address.port}`;
  const client = new HealthClient({ target, security, onClose: () => security.close() });
  undo.push(() => client.close());
  return client;
}

/** Serial number of the certificate that a new connection is shown. */
function shownSerial({ aggregator }: RunningAggregator): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      {
        port: aggregator.address.port,
        host: '127.0.0.1',
        ca: readFileSync(authority.ca),
        ALPNProtocols: ['h2'],
      },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    ).on('error', reject);
  });
}

describe('an aggregator with a certificate', () => {
  it('answers those that trust its authority', async () => {
    const running = await runSecured();
    expect(await clientOf(running, { ca: authority.ca }).getId()).toEqual({
      id: 'pano0',
      address: '127.0.0.1:0',
    });
  });

  it('answers under its name as well as its address', async () => {
    const running = await runSecured();
    expect((await clientOf(running, { ca: authority.ca }, 'localhost').getId()).id).toBe('pano0');
  });

  it('is not believed by those that trust another authority', async () => {
    const other = await TestAuthority.create('another authority');
    await expect(clientOf(await runSecured(), { ca: other.ca }).getId()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      hint: expect.stringContaining('Is -tls_ca its authority'),
    });
  });

  it('is not believed when its certificate holds another name', async () => {
    const running = await runSecured({
      ...(await authority.issue('elsewhere', { isBare: true, names: ['elsewhere.example'] })),
    });
    await expect(clientOf(running, { ca: authority.ca }).getId()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/altnames/),
    });
  });

  it('does not answer plain text, and who tries is told what may be wrong', async () => {
    await expect(clientOf(await runSecured(), null).getId()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      hint: expect.stringContaining('Does one side use TLS'),
    });
  });
});

describe('a client with TLS', () => {
  it('tells what may be wrong when the aggregator speaks plain text', async () => {
    const running = await runAggregator();
    undo.push(() => running.stop());
    await expect(clientOf(running, { ca: authority.ca }).getId()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      hint: expect.stringContaining('Does one side use TLS'),
    });
  });
});

describe('renewed certificates', () => {
  it('are shown to new connections, while those that there are go on', async () => {
    const own = await authority.issue('renewed');
    const running = await runSecured(own);
    const client = clientOf(running, { ca: authority.ca });
    await client.getId();
    const before = await shownSerial(running);
    await authority.issue('renewed');
    expect(
      await eventually(
        () => shownSerial(running),
        (serial) => serial !== before,
      ),
    ).not.toBe(before);
    expect((await client.getId()).id).toBe('pano0');
    expect(running.aggregator.counts().connections.grpc.accepted).toBeGreaterThanOrEqual(3);
  });

  it('that are no good leave the old ones in use', async () => {
    const own = await authority.issue('spoilt');
    const running = await runSecured(own);
    const before = await shownSerial(running);
    writeFileSync(own.cert, 'no certificate');
    await new Promise((resolve) => systemClock.after(600, () => resolve(undefined)));
    expect(await shownSerial(running)).toBe(before);
  });
});

describe('a group with TLS', () => {
  it('relays between aggregators that show each other their certificates', async () => {
    const first = await runSecured({ clientCa: authority.ca });
    const peers = new Map([
      ['pano0', '127.0.0.1:0'],
      ['pano1', `127.0.0.1:${first.aggregator.address.port}`],
    ]);
    const second = await runSecured({ clientCa: authority.ca }, peers);
    const client = clientOf(second, { ca: authority.ca, ...agent });
    const handle = await client.register({ module: 'test', observer: 'peer@1' });
    const observation = {
      time: { seconds: 1, nanos: 0 },
      metrics: [{ name: 'm', status: Status.UNHEALTHY, score: 20 }],
    };
    await client.submitReport(handle, { observer: 'peer@1', subject: 'peer@2', observation });
    const there = clientOf(first, { ca: authority.ca, ...agent });
    const report = await eventually(
      () => there.getLatestReport('peer@2'),
      () => true,
    );
    expect(report.observer).toBe('peer@1');
  });
});
