import { describe, expect, it } from '@jest/globals';
import type { CassandraConfig } from '../../../plugins/cassandra/cassandra-config.js';
import { findKnownNodes, type KnownNodesOptions } from '../../../plugins/cassandra/cassandra-nodes.js';

const CONFIG: CassandraConfig = {
  listenAddress: null,
  listenInterface: null,
  prefersIPv6: false,
  broadcastAddress: null,
  storagePort: 7000,
  seeds: [],
};
const ADDRESSES: Record<string, string[]> = {
  localhost: ['::1', '127.0.0.1'],
  cass1: ['10.0.0.1'],
  seeds: ['10.0.0.1', '10.0.0.2'],
};

let notices: string[] = [];

function find(config: Partial<CassandraConfig> | null, options: Partial<KnownNodesOptions> = {}) {
  notices = [];
  return findKnownNodes({
    config: config === null ? null : { ...CONFIG, ...config },
    ownAddress: null,
    peers: [],
    lookup: (host) => {
      const found = ADDRESSES[host];
      return found === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(found);
    },
    notice: (message) => notices.push(message),
    interfaces: () => ({
      eth0: [
        { family: 'IPv6', address: 'fe80::1' },
        { family: 'IPv4', address: '10.0.0.9' },
      ] as never,
    }),
    ...options,
  });
}

describe('the node itself', () => {
  it.each<[string, Partial<CassandraConfig>, string]>([
    ['its listen address', { listenAddress: '10.0.0.7' }, '10.0.0.7'],
    ['its listen address by name, IPv4 first', { listenAddress: 'localhost' }, '127.0.0.1'],
    [
      'its broadcast address before that',
      { listenAddress: '10.0.0.7', broadcastAddress: '192.0.2.7' },
      '192.0.2.7',
    ],
    ['an IPv6 address', { listenAddress: '2001:db8::7' }, '2001:db8:0:0:0:0:0:7'],
    ['the IPv4 address of its interface', { listenInterface: 'eth0' }, '10.0.0.9'],
    ['the IPv6 one when asked to', { listenInterface: 'eth0', prefersIPv6: true }, 'fe80:0:0:0:0:0:0:1'],
  ])('is known by %s', async (_name, config, ip) => {
    expect((await find(config)).own).toEqual({ ip, port: 7000 });
  });

  it('is left to the log when the configuration does not tell', async () => {
    expect((await find({})).own).toBeNull();
    expect(await find(null)).toMatchObject({ own: null, isOwnStated: false, defaultPort: 7000 });
    expect((await find({ listenInterface: 'eth7' })).own).toBeNull();
    expect(notices).toEqual(['there is no network interface eth7 here; the log has to tell the address']);
  });

  it("is what the user says, the configuration's storage port filled in", async () => {
    const known = await find({ listenAddress: '10.0.0.7', storagePort: 7010 }, { ownAddress: '192.0.2.1' });
    expect(known.own).toEqual({ ip: '192.0.2.1', port: 7010 });
    expect(known.ownListening).toEqual({ ip: '10.0.0.7', port: 7010 });
    expect(known.isOwnStated).toBe(true);
  });
});

describe('the others', () => {
  it('are the seeds and the peers, names resolved, with their ports', async () => {
    const { others } = await find(
      { seeds: ['seeds', '10.0.0.3:7012'], storagePort: 7010 },
      { peers: ['cass1:7013'] },
    );
    expect(others).toEqual([
      { address: { ip: '10.0.0.1', port: 7010 }, name: 'seeds' },
      { address: { ip: '10.0.0.2', port: 7010 }, name: 'seeds' },
      { address: { ip: '10.0.0.3', port: 7012 }, name: null },
      { address: { ip: '10.0.0.1', port: 7013 }, name: 'cass1' },
    ]);
  });

  it('are left out, and that is told, when their names do not resolve or are none', async () => {
    expect((await find({ seeds: ['nowhere', 'a b'] })).others).toEqual([]);
    expect(notices).toEqual([
      "'a b' is no address; it is left out",
      'nowhere does not resolve (ENOTFOUND); it is known once the log names it',
    ]);
  });
});
