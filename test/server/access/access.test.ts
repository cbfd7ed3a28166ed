import { describe, expect, it } from '@jest/globals';
import type { PeerProof } from '../../../runtime/peer-proof.js';
import { namesIn } from '../../../runtime/peer-proof.js';
import type { AccessOptions } from '../../../server/access/access.js';
import { Access } from '../../../server/access/access.js';
import { FakeClock } from '../../support/fake-clock.js';

const clock = new FakeClock();
const NONE: PeerProof = { kind: 'none' };
const ANYONE = { submit: null, query: null, relay: null };

function certificateOf(...names: string[]): PeerProof {
  return { kind: 'certificate', names, expiresAtMs: clock.now() + 1000 };
}

function accessWith(parts: Partial<AccessOptions>): Access {
  return new Access({
    ...{ checksCertificates: true, requiresCertificate: false, allow: ANYONE, tokens: null, clock },
    ...parts,
  });
}

const tokens = {
  holder: (token: string) =>
    token === 'good' ? { name: 'ops', roles: new Set(['query'] as const) } : undefined,
};

describe('access without an authority and tokens', () => {
  it('lets everybody do everything, without a name', () => {
    const access = accessWith({ checksCertificates: false });
    expect(access.isGuarded).toBe(false);
    expect(access.decide('relay', NONE, undefined)).toEqual({ kind: 'allowed', name: null });
  });
});

describe('access by certificate', () => {
  it('lets every certificate of the authority do everything when no list says otherwise', () => {
    expect(accessWith({}).decide('relay', certificateOf('agent-1'), undefined)).toEqual({
      kind: 'allowed',
      name: 'agent-1',
    });
  });

  it('lets those do something that stand in its list, by any of their names', () => {
    const access = accessWith({ allow: { submit: ['agent-*'], query: ['ops.example.org'], relay: [] } });
    const ops = certificateOf('somebody', 'ops.example.org');
    expect(access.decide('submit', certificateOf('agent-7'), undefined).kind).toBe('allowed');
    expect(access.decide('query', ops, undefined)).toEqual({ kind: 'allowed', name: 'somebody' });
    expect(access.decide('submit', ops, undefined)).toEqual({
      kind: 'forbidden',
      reason: '"somebody" may not submit',
    });
    expect(access.decide('relay', certificateOf('agent-7'), undefined).kind).toBe('forbidden');
    expect(access.decide('known', certificateOf('stranger'), undefined).kind).toBe('allowed');
  });

  it('goes by new lists from the next request on, for connections that are open as well', () => {
    const access = accessWith({ allow: { ...ANYONE, submit: ['agent-*'] } });
    const agent = certificateOf('agent-7');
    access.useAllow({ ...ANYONE, submit: ['other-*'] });
    expect(access.decide('submit', agent, undefined).kind).toBe('forbidden');
    expect(access.decide('submit', certificateOf('other-1'), undefined).kind).toBe('allowed');
  });

  it('knows nobody without a certificate, with one that does not count, or with one that has ended', () => {
    const access = accessWith({});
    expect(access.decide('known', NONE, 'Bearer good')).toEqual({
      kind: 'unknown',
      reason: 'no certificate was shown',
    });
    const refused: PeerProof = { kind: 'refused', reason: 'CERT_HAS_EXPIRED' };
    expect(access.decide('known', refused, undefined)).toEqual({
      kind: 'unknown',
      reason: 'the certificate does not count: CERT_HAS_EXPIRED',
    });
    const ended: PeerProof = { kind: 'certificate', names: ['a'], expiresAtMs: clock.now() };
    expect(access.decide('known', ended, undefined).kind).toBe('unknown');
  });
});

describe('access by token', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

  it.each(['Bearer good', 'bearer good', basic('anyone:good')])('knows who sends %s', (authorization) => {
    const access = accessWith({ checksCertificates: false, tokens });
    expect(access.decide('query', NONE, authorization)).toEqual({ kind: 'allowed', name: 'ops' });
    expect(access.decide('submit', NONE, authorization)).toEqual({
      kind: 'forbidden',
      reason: '"ops" may not submit',
    });
  });

  it.each([
    [undefined, 'no token was sent'],
    ['Bearer bad', 'the token is not known'],
    [basic('good'), 'the authorization is neither'],
    ['Digest good', 'the authorization is neither'],
    ['Bearer', 'the authorization is neither'],
  ])('does not know who sends %s', (authorization, reason) => {
    const access = accessWith({ checksCertificates: false, tokens });
    expect(access.decide('known', NONE, authorization)).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining(reason),
    });
  });
});

describe('access by certificate and token', () => {
  it('lets those do something whom either allows', () => {
    const access = accessWith({ tokens, allow: { ...ANYONE, query: [] } });
    expect(access.decide('query', certificateOf('a'), undefined).kind).toBe('forbidden');
    expect(access.decide('query', certificateOf('a'), 'Bearer good')).toEqual({
      kind: 'allowed',
      name: 'ops',
    });
    expect(access.decide('query', NONE, 'Bearer good').kind).toBe('allowed');
    expect(access.decide('submit', certificateOf('a'), 'Bearer bad')).toEqual({ kind: 'allowed', name: 'a' });
  });

  it('can ask for a certificate beside the token', () => {
    const access = accessWith({ tokens, requiresCertificate: true });
    expect(access.decide('query', NONE, 'Bearer good').kind).toBe('unknown');
    expect(access.decide('query', certificateOf('a'), undefined).kind).toBe('allowed');
  });
});

describe('the names of a certificate', () => {
  it('are its common name, its DNS names and URIs, and nothing that only looks like one', () => {
    const subjectaltname =
      'DNS:a.example, IP Address:10.0.0.1, URI:spiffe://x/agent, URI:"spiffe://y/a\\u002c DNS:evil", email:b@example';
    expect(namesIn({ subject: { CN: 'agent' }, subjectaltname })).toEqual([
      'agent',
      'a.example',
      'spiffe://x/agent',
      'spiffe://y/a, DNS:evil',
    ]);
    expect(namesIn({ subject: { CN: ['a', 'b'] } })).toEqual(['a', 'b']);
    expect(namesIn({ subject: {} })).toEqual([]);
  });
});
