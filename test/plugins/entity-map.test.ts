import { describe, expect, it } from '@jest/globals';
import { parseEndpoint, parseEndpoints } from '../../plugins/endpoint.js';
import { EntityMap } from '../../plugins/entity-map.js';

const UNKNOWN = { kind: 'unknown' };
const AMBIGUOUS = { kind: 'ambiguous' };
const entity = (id: string) => ({ kind: 'entity', id });

/** What the map makes of an address as text. */
function ownerOf(map: EntityMap, text: string) {
  const endpoint = parseEndpoint(text);
  return endpoint === null ? 'no address' : map.ownerOfEndpoint(endpoint);
}

describe('a cluster with a machine for each member', () => {
  const map = new EntityMap([
    { id: 'peer@1', hosts: ['zk1', '10.0.0.1', '2001:db8::1'], ports: [2888, 3888] },
    { id: 'peer@2', hosts: ['ZK2.', '10.0.0.2'], ports: [2888, 3888] },
  ]);

  it.each([
    ['10.0.0.1', entity('peer@1')],
    ['/10.0.0.1:52972', entity('peer@1')],
    ['/[2001:db8:0:0:0:0:0:1]:2888', entity('peer@1')],
    ['zk2:3888', entity('peer@2')],
    ['10.0.0.3', UNKNOWN],
    ['zk3', UNKNOWN],
  ])('%s', (text, expected) => {
    expect(ownerOf(map, text)).toEqual(expected);
  });

  it('is believed by its name when name and address disagree, as after a move', () => {
    expect(ownerOf(map, 'zk2/10.0.0.1:3888')).toEqual(entity('peer@2'));
  });

  it('is known by its address when the name is not', () => {
    expect(ownerOf(map, 'pano1/10.0.0.1:3888')).toEqual(entity('peer@1'));
  });

  it('knows ids and addresses both ways', () => {
    expect(map.ids).toEqual(['peer@1', 'peer@2']);
    expect(map.addressesOf('peer@1')).toEqual(['zk1', '10.0.0.1', '2001:db8::1']);
    expect([map.has('peer@2'), map.has('peer@9')]).toEqual([true, false]);
  });
});

describe('three members on one machine', () => {
  const map = new EntityMap([
    { id: 'peer@1', hosts: ['localhost', '127.0.0.1'], ports: [2881, 3881, 2181] },
    { id: 'peer@2', hosts: ['localhost', '127.0.0.1'], ports: [2882, 3882, 2182] },
    { id: 'peer@3', hosts: ['localhost', '127.0.0.1'], ports: [2883, 3882, 2183] },
  ]);

  it.each([
    ['/127.0.0.1:3881', entity('peer@1')],
    ['localhost/127.0.0.1:2182', entity('peer@2')],
    ['127.0.0.1', AMBIGUOUS],
    ['/127.0.0.1:41234', AMBIGUOUS],
    ['/127.0.0.1:3882', AMBIGUOUS],
  ])('%s', (text, expected) => {
    expect(ownerOf(map, text)).toEqual(expected);
  });
});

describe('a member that listens on the wildcard address', () => {
  it('is not found by it, since every member means another machine', () => {
    const map = new EntityMap([{ id: 'peer@1', hosts: ['0.0.0.0', '::'], ports: [2888] }]);
    expect([map.ownerOf('0.0.0.0', 2888), map.ownerOf('::', 2888)]).toEqual([UNKNOWN, UNKNOWN]);
  });
});

describe('a list of addresses', () => {
  const map = new EntityMap([
    { id: 'peer@1', hosts: ['10.0.0.1', '10.1.0.1'], ports: [2888] },
    { id: 'peer@2', hosts: ['10.0.0.2'], ports: [2888] },
  ]);

  it.each([
    ['10.0.0.1:2888|10.1.0.1:2888', entity('peer@1')],
    ['10.9.9.9:2888|10.1.0.1:2888', entity('peer@1')],
    ['10.0.0.1:2888|10.0.0.2:2888', AMBIGUOUS],
    ['10.9.9.9:2888|10.8.8.8:2888', UNKNOWN],
    ['', UNKNOWN],
  ])('%s', (text, expected) => {
    expect(map.ownerOfAll(parseEndpoints(text))).toEqual(expected);
  });
});
