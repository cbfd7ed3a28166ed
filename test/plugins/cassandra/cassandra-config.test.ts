import { describe, expect, it } from '@jest/globals';
import { parseCassandraConfig, readCassandraConfig } from '../../../plugins/cassandra/cassandra-config.js';
import { HviewError } from '../../../runtime/errors.js';

const FULL = `# comment
cluster_name: 'Test Cluster'
num_tokens: 16
listen_address: 10.0.0.7
broadcast_address: 192.0.2.7
storage_port: 7010
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "10.0.0.1, 10.0.0.2:7010,,cass3"
`;

function failure(text: string): string {
  try {
    parseCassandraConfig(text, 'cassandra.yaml');
  } catch (error) {
    if (error instanceof HviewError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('cassandra.yaml', () => {
  it('tells who the node is and who the seeds are', () => {
    expect(parseCassandraConfig(FULL, 'x')).toEqual({
      listenAddress: '10.0.0.7',
      listenInterface: null,
      prefersIPv6: false,
      broadcastAddress: '192.0.2.7',
      storagePort: 7010,
      seeds: ['10.0.0.1', '10.0.0.2:7010', 'cass3'],
    });
  });

  it('may leave out everything', () => {
    expect(parseCassandraConfig('cluster_name: x\nlisten_address:\nlisten_interface: eth0\n', 'x')).toEqual({
      listenAddress: null,
      listenInterface: 'eth0',
      prefersIPv6: false,
      broadcastAddress: null,
      storagePort: 7000,
      seeds: [],
    });
    expect(parseCassandraConfig('', 'x').seeds).toEqual([]);
  });

  it('takes parameters as a group, as 5.0 allows, and the last of two equal keys, as Cassandra does', () => {
    const text =
      'listen_address: a\nlisten_address: b\nseed_provider:\n  class_name: x\n  parameters:\n    seeds: 10.0.0.1\n';
    expect(parseCassandraConfig(text, 'x')).toMatchObject({ listenAddress: 'b', seeds: ['10.0.0.1'] });
  });

  it('names every mistake with its line', () => {
    expect(
      failure(
        'listen_address: 0.0.0.0\nbroadcast_address: [a]\nstorage_port: 70000\nseed_provider:\n- parameters:\n  - seeds: [a]\n',
      ),
    ).toBe(
      [
        'cassandra.yaml:1: listen_address is 0.0.0.0, which names no machine',
        'cassandra.yaml:2: broadcast_address is a list; one value is expected',
        "cassandra.yaml:3: storage_port is '70000'; a port is a number from 1 to 65535",
        'cassandra.yaml:6: seeds is no text; it is one text of addresses separated by commas',
      ].join('\n'),
    );
  });

  it.each([
    ['no mapping', 'just words', /^cassandra\.yaml:1: there is no 'key: value' at the top/],
    ['broken YAML', 'a: "b\nc: d\n', /^cassandra\.yaml:\d+: /],
    ['a tab', 'a:\n\t- b\n', /^cassandra\.yaml:2: /],
  ])('is refused with its line: %s', (_name, text, message) => {
    expect(failure(text)).toMatch(message);
  });

  it('says so when it cannot be read', async () => {
    await expect(readCassandraConfig('/no/such/cassandra.yaml')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: "cannot read Cassandra's configuration /no/such/cassandra.yaml: there is no such file",
      hint: 'Give the path of cassandra.yaml with --config.',
    });
  });
});
