import { describe, expect, it } from '@jest/globals';
import {
  canonicalHost,
  isWildcardHost,
  parseEndpoint,
  parseEndpoints,
  parsePort,
} from '../../plugins/endpoint.js';

const LOOPBACK = '0:0:0:0:0:0:0:1';

describe('an address as Java prints it', () => {
  it.each([
    ['10.0.0.5', { name: null, ip: '10.0.0.5', port: null }],
    ['/10.0.0.5:3888', { name: null, ip: '10.0.0.5', port: 3888 }],
    ['10.0.0.5:3888', { name: null, ip: '10.0.0.5', port: 3888 }],
    ['zk1/10.0.0.5:3888', { name: 'zk1', ip: '10.0.0.5', port: 3888 }],
    ['zk1/10.0.0.5', { name: 'zk1', ip: '10.0.0.5', port: null }],
    ['ZK1.Example.org.:3888', { name: 'zk1.example.org', ip: null, port: 3888 }],
    [
      'zk-0.zk-headless.default.svc.cluster.local',
      { name: 'zk-0.zk-headless.default.svc.cluster.local', ip: null, port: null },
    ],
    ['zk1/<unresolved>:3888', { name: 'zk1', ip: null, port: 3888 }],
    ['/[0:0:0:0:0:0:0:1]:2888', { name: null, ip: LOOPBACK, port: 2888 }],
    ['/0:0:0:0:0:0:0:1:2888', { name: null, ip: LOOPBACK, port: 2888 }],
    ['[::1]:2888', { name: null, ip: LOOPBACK, port: 2888 }],
    ['[::1]', { name: null, ip: LOOPBACK, port: null }],
    ['::1', { name: null, ip: LOOPBACK, port: null }],
    ['zk1/[2001:db8:0:0:0:0:0:A]:2888', { name: 'zk1', ip: '2001:db8:0:0:0:0:0:a', port: 2888 }],
  ])('%s', (text, expected) => {
    expect(parseEndpoint(text)).toEqual(expected);
  });

  it.each([
    '',
    '/',
    '<unresolved>:3888',
    'zk1:0',
    'zk1:70000',
    'zk1:port',
    '[::1:2888',
    '10.0.0.5.6',
    'not a host',
    '-zk',
    'zk1/10.0.0.5:',
  ])("'%s' is none", (text) => {
    expect(parseEndpoint(text)).toBeNull();
  });

  it('may be one of a list, of which what is no address is left out', () => {
    expect(parseEndpoints('zk1/10.0.0.5:2888|zk1b/10.1.0.5:2888| |zk?')).toEqual([
      { name: 'zk1', ip: '10.0.0.5', port: 2888 },
      { name: 'zk1b', ip: '10.1.0.5', port: 2888 },
    ]);
  });
});

describe('a host', () => {
  it.each([
    ['10.0.0.5', '10.0.0.5'],
    ['ZK1.Example.ORG.', 'zk1.example.org'],
    ['2001:DB8::1', '2001:db8:0:0:0:0:0:1'],
    ['[2001:db8::1]', '2001:db8:0:0:0:0:0:1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['1::', '1:0:0:0:0:0:0:0'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8:0:0:0:0:0:1'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
    ['::ffff:10.0.0.5', '10.0.0.5'],
    ['::ffff:a00:5', '10.0.0.5'],
    ['64:ff9b::10.0.0.5', '64:ff9b:0:0:0:0:a00:5'],
  ])('%s is written %s', (host, canonical) => {
    expect(canonicalHost(host)).toBe(canonical);
  });

  it('is a wildcard in each of its spellings', () => {
    const hosts = ['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '[::]', '10.0.0.0', '::1'];
    expect(hosts.map(isWildcardHost)).toEqual([true, true, true, true, false, false]);
  });
});

describe('a port', () => {
  it('is a number from 1 to 65535', () => {
    const texts = ['1', '65535', '0', '65536', '-1', '2181 ', '21x', '', '000021'];
    const none = undefined;
    expect(texts.map(parsePort)).toEqual([1, 65535, none, none, none, none, none, none, none]);
  });
});
