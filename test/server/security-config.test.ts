import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../server/config.js';
import { DEFAULT_LIMITS } from '../../server/limits-config.js';
import { NO_SECURITY } from '../../server/security-config.js';

function load(keys: object) {
  return loadConfig(JSON.stringify({ Id: 'a', Peers: { a: 'h1:1' }, ...keys }), 'hs.cfg');
}

describe('the security of a configuration', () => {
  it('is none when nothing is said', () => {
    expect(load({}).security).toEqual(NO_SECURITY);
    expect(load({}).limits).toEqual(DEFAULT_LIMITS);
  });

  it('takes every key', () => {
    const config = load({
      Tls: { Cert: 'c', Key: 'k', ClientCa: 'ca', RequireClientCert: true, PeerCa: 'p' },
      Access: { Submit: ['agent-*'], Query: [], TokenFile: 't', PeerTokenFile: 'pt' },
      Insecure: true,
      Limits: { Connections: 5, ConnectionsPerAddress: 4, RequestsPerSecond: 3, ReportsPerSecond: 0 },
    });
    expect(config.security).toEqual({
      cert: 'c',
      key: 'k',
      clientCa: 'ca',
      requiresCertificate: true,
      peerCa: 'p',
      allow: { submit: ['agent-*'], query: [], relay: null },
      tokenFile: 't',
      peerTokenFile: 'pt',
      allowsInsecure: true,
    });
    expect(config.limits).toMatchObject({
      connections: 5,
      connectionsPerAddress: 4,
      requestsPerSecond: 3,
      reportsPerSecond: 0,
    });
  });

  it.each([
    [{ Tls: { Cert: 'c' } }, 'Tls: Cert and Key belong together'],
    [{ Tls: { ClientCa: 'ca' } }, 'Tls: Cert and Key are missing'],
    [{ Access: { Submit: ['a'] } }, 'Access: names of certificates need Tls.ClientCa'],
    [{ Tls: { Cert: 'c', Key: 'k', RequireClientCert: true } }, 'Tls: RequireClientCert needs ClientCa'],
    [{ Access: { Submit: 'a' } }, 'Access.Submit: "a" is not a list of texts'],
    [{ Limits: { Connections: 0 } }, 'Limits.Connections: 0 is less than 1'],
  ])('that makes no sense is refused: %j', (keys, message) => {
    expect(() => load(keys)).toThrow(message);
  });
});
