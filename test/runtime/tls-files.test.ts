import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import { TlsFiles, readTlsFiles } from '../../runtime/tls-files.js';
import { TestAuthority } from '../support/certificates.js';

let authority: TestAuthority;
const open: TlsFiles[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
});

afterEach(() => {
  for (const files of open.splice(0)) files.close();
});

function follow(paths: { cert: string; key: string }): TlsFiles {
  const files = new TlsFiles({ paths, clock: systemClock, logger: silentLogger });
  open.push(files);
  return files;
}

function changed(files: TlsFiles): Promise<void> {
  return new Promise((resolve) => files.onChange(resolve));
}

const day = 24 * 60 * 60 * 1000;

describe('certificate files that cannot be used', () => {
  it('are told with what is wrong', async () => {
    const [one, other] = [await authority.issue('one'), await authority.issue('other')];
    const old = await authority.issue('old', { until: new Date(Date.now() - day) });
    const garbage = join(authority.folder, 'garbage.pem');
    writeFileSync(garbage, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const now = Date.now();
    const read = (paths: Parameters<typeof readTlsFiles>[0]) => () => readTlsFiles(paths, now);
    expect(read({ cert: one.cert })).toThrow(`the certificate ${one.cert} has no key`);
    expect(read({ key: one.key })).toThrow(`the key ${one.key} has no certificate`);
    expect(read({ ...one, key: other.key })).toThrow(
      `${other.key} is not the key of the certificate ${one.cert}`,
    );
    expect(read({ ...one, key: one.cert })).toThrow(`${one.cert} is no private key that can be used`);
    expect(read(old)).toThrow(/old\.pem ended on /);
    expect(read({ ca: one.key })).toThrow(`${one.key} holds no certificate`);
    expect(read({ ca: garbage })).toThrow(`${garbage} holds a certificate that cannot be understood`);
    expect(read({ ca: '/nowhere/ca.pem' })).toThrow('cannot read /nowhere/ca.pem: there is no such file');
  });

  it('have the end of the first that ends', async () => {
    const until = new Date(Math.floor(Date.now() / 1000) * 1000 + 5 * day);
    const files = await authority.issue('short', { until });
    expect(readTlsFiles({ ...files, ca: authority.ca }, Date.now()).expiresAtMs).toBe(until.getTime());
  });
});

describe('certificate files that change', () => {
  it('are taken over when they are replaced', async () => {
    const paths = await authority.issue('replaced');
    const files = follow(paths);
    const before = files.material.cert;
    const change = changed(files);
    await authority.issue('replaced');
    await change;
    expect(files.material.cert?.equals(before ?? Buffer.alloc(0))).toBe(false);
  });

  it('are taken over when the link that leads to them is turned', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hview-links-'));
    const write = async (version: string): Promise<void> => {
      const { cert, key } = await authority.issue(`linked-${version}`);
      mkdirSync(join(folder, version));
      copyFileSync(cert, join(folder, version, 'tls.crt'));
      copyFileSync(key, join(folder, version, 'tls.key'));
      symlinkSync(version, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    await write('..1');
    for (const name of ['tls.crt', 'tls.key']) symlinkSync(join('..data', name), join(folder, name));
    const files = follow({ cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') });
    const before = files.material.cert;
    const change = changed(files);
    await write('..2');
    await change;
    expect(files.material.cert?.equals(before ?? Buffer.alloc(0))).toBe(false);
  });

  it('stay in use as they were when the new ones are no good, until good ones come', async () => {
    const paths = await authority.issue('repaired');
    const files = follow(paths);
    const before = files.material;
    writeFileSync(paths.cert, 'nothing');
    files.look();
    expect(files.material).toBe(before);
    const change = changed(files);
    await authority.issue('repaired');
    await change;
    expect(files.material).not.toBe(before);
  });
});
