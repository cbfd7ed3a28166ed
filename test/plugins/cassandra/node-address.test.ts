import { describe, expect, it } from '@jest/globals';
import { isHostId, nodeAddress, nodeId, readEndpoint } from '../../../plugins/cassandra/node-address.js';

function idOf(text: string, defaultPort = 7000): string | null {
  const address = nodeAddress(readEndpoint(text), defaultPort);
  return address === null ? null : nodeId(address);
}

describe('the id of a node', () => {
  it.each([
    ['/10.0.0.7', 'cassandra@10.0.0.7'],
    ['10.0.0.7', 'cassandra@10.0.0.7'],
    ['/10.0.0.7:7000', 'cassandra@10.0.0.7'],
    ['10.0.0.7:7000', 'cassandra@10.0.0.7'],
    ['node7.example.org/10.0.0.7:7000', 'cassandra@10.0.0.7'],
    ['localhost/127.0.0.1', 'cassandra@127.0.0.1'],
    ['/10.0.0.7:7012', 'cassandra@10.0.0.7:7012'],
    ['/10.0.0.7:7000(/10.0.0.7:50112)', 'cassandra@10.0.0.7'],
    ['/2001:db8:0:0:0:0:0:7', 'cassandra@2001:db8:0:0:0:0:0:7'],
    ['/[2001:db8:0:0:0:0:0:7]:7000', 'cassandra@2001:db8:0:0:0:0:0:7'],
    ['/[2001:DB8::7]:7012', 'cassandra@[2001:db8:0:0:0:0:0:7]:7012'],
    ['[2001:db8::7]:7000', 'cassandra@2001:db8:0:0:0:0:0:7'],
  ])('is the same for all spellings: %s', (text, id) => {
    expect(idOf(text)).toBe(id);
  });

  it('has the port that the cluster uses where a version prints none', () => {
    expect(idOf('/10.0.0.7', 17000)).toBe('cassandra@10.0.0.7:17000');
    expect(idOf('/10.0.0.7:17000', 17000)).toBe('cassandra@10.0.0.7:17000');
  });

  it.each(['', 'cass1', 'cass1:7000', '/10.0.0.7:99999', '/10.0.0.300', 'a b', '->', '/', '('])(
    'is not given to what is no address: %j',
    (text) => {
      expect(idOf(text)).toBeNull();
    },
  );
});

describe('a host id', () => {
  it('is a UUID in lower case', () => {
    expect(isHostId('3f9f5e40-6f0a-11ee-8c99-0242ac120002')).toBe(true);
    expect(isHostId('3f9f5e40-6f0a-11ee-8c99-0242ac12000')).toBe(false);
    expect(isHostId('10.0.0.7')).toBe(false);
  });
});
