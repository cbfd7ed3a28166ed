import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectOptions } from '../../client/connect-options.js';
import { connect } from '../../client/connect.js';
import type { HealthReporter } from '../../client/health-reporter.js';
import type { Problem } from '../../client/problem.js';
import type { SecurityConfig } from '../../server/security-config.js';
import { NO_SECURITY } from '../../server/security-config.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import type { CertificateFiles } from '../support/certificates.js';
import { TestAuthority } from '../support/certificates.js';

const TOKEN = 'submit-'.repeat(4);

let folder: string;
let authority: TestAuthority;
let own: CertificateFiles;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hview-self-report-security-'));
  authority = await TestAuthority.create();
  own = await authority.issue('aggregator');
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(authority.folder, { recursive: true, force: true });
});

/** A file that only its owner may read. */
function secret(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** The port of an aggregator that is guarded so. */
async function guarded(parts: Partial<SecurityConfig>): Promise<number> {
  const running = await runAggregator({ security: { ...NO_SECURITY, ...parts } });
  undo.push(() => running.stop());
  return running.aggregator.address.port;
}

/** Reports once; `problems` are what the program is told. */
function report(port: number, options: Partial<ConnectOptions>): HealthReporter & { problems: Problem[] } {
  const problems: Problem[] = [];
  const health = connect({
    aggregator: `localhost:${port}`,
    module: 'shop',
    observer: 'cart@1',
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  undo.push(() => health.close(0));
  health.report('db@1', 'query', 'DEAD');
  return Object.assign(health, { problems });
}

const delivered = (health: HealthReporter): Promise<number> =>
  eventually(
    () => Promise.resolve(health.counts().delivered),
    (count) => count > 0,
  );

describe('a program that reports to a guarded aggregator', () => {
  it('shows its certificate', async () => {
    const port = await guarded({ ...own, clientCa: authority.ca });
    const health = report(port, { tls: { ca: authority.ca, ...(await authority.issue('cart')) } });
    expect(await delivered(health)).toBe(1);
    expect(health.problems).toEqual([]);
  });

  it('shows its token', async () => {
    const port = await guarded({ ...own, tokenFile: secret('known', `cart submit ${TOKEN}\n`) });
    const tokenFile = secret('token', `${TOKEN}\n`);
    const health = report(port, { tls: { ca: authority.ca }, tokenFile });
    expect(await delivered(health)).toBe(1);
    expect(health.problems).toEqual([]);
  });

  it('keeps what it has to say while it is not known, and says it when it is', async () => {
    const port = await guarded({ ...own, tokenFile: secret('known', `cart submit ${TOKEN}\n`) });
    const tokenFile = secret('token', `${'old-'.repeat(8)}\n`);
    const health = report(port, { tls: { ca: authority.ca }, tokenFile });
    const [problem] = await eventually(
      () => Promise.resolve(health.problems),
      (problems) => problems.length > 0,
    );
    expect(problem?.kind).toBe('aggregator-away');
    expect(problem?.message).toMatch(/does not know who calls/);
    expect(problem?.hint).toBe(
      'Give the certificate with the options tls.cert and tls.key, or the token with the option tokenFile.',
    );
    expect(health.counts()).toMatchObject({ waiting: 1, delivered: 0, refused: 0, dropped: 0 });
    secret('token', `${TOKEN}\n`);
    expect(await delivered(health)).toBe(1);
  });

  it('does not believe an aggregator of another authority', async () => {
    const port = await guarded({ ...own, clientCa: authority.ca });
    const other = await TestAuthority.create('another authority');
    undo.push(() => rmSync(other.folder, { recursive: true, force: true }));
    const health = report(port, { tls: { ca: other.ca, ...(await authority.issue('cart')) } });
    await eventually(
      () => Promise.resolve(health.problems),
      (problems) => problems.length > 0,
    );
    expect(health.problems.map(({ kind }) => kind)).toEqual(['aggregator-away']);
    expect(health.counts()).toMatchObject({ waiting: 1, delivered: 0 });
  });
});

describe('a program whose options for security cannot be used', () => {
  it.each<[string, Partial<ConnectOptions>, RegExp]>([
    [
      'a certificate that is not there',
      { tls: { cert: '/none.pem', key: '/none.key' } },
      /none\.(?:pem|key)/,
    ],
    ['a certificate without its key', { tls: { cert: '/none.pem' } }, /key/],
    ['a token file that is not there', { tokenFile: '/none' }, /\/none/],
    ['what is no file name at all', { tls: 7 as unknown as Record<string, string>, tokenFile: '' }, /./],
  ])('is told, and nothing is sent: %s', async (_, options, message) => {
    const health = report(1, options);
    expect(health.problems.map(({ kind }) => kind)).toEqual(['options']);
    expect(health.problems[0]?.message).toMatch(message);
    expect(await health.close(1000)).toBe(1);
  });

  it('is told that its token would travel in plain text to another machine', () => {
    const tokenFile = secret('token', `${TOKEN}\n`);
    const { problems } = report(0, { aggregator: '192.0.2.1:6688', tokenFile });
    expect(problems).toEqual([
      {
        kind: 'options',
        message: 'the token would travel in plain text to 192.0.2.1:6688',
        hint: 'Use TLS (the option tls.ca), or, on a network that you trust, say insecure: true.',
        untold: 0,
      },
    ]);
  });
});
