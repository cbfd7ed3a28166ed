import { describe, expect, it } from '@jest/globals';
import { readServerAddress } from '../../../plugins/zookeeper/server-address.js';

const host = (name: string, quorumPort = 2888, electionPort: number | null = 3888) => ({
  host: name,
  quorumPort,
  electionPort,
});

describe('a server line', () => {
  it.each([
    ['zk1:2888:3888', { hosts: [host('zk1')], role: 'participant', client: null }],
    ['10.0.0.4:2888:3888:observer', { hosts: [host('10.0.0.4')], role: 'observer', client: null }],
    ['zk1:2888', { hosts: [host('zk1', 2888, null)], role: 'participant', client: null }],
    ['zk1:2888:3888;2181', { hosts: [host('zk1')], role: 'participant', client: { host: null, port: 2181 } }],
    [
      'ZK1.example.org:2888:3888:PARTICIPANT;10.0.0.4:2181',
      { hosts: [host('zk1.example.org')], role: 'participant', client: { host: '10.0.0.4', port: 2181 } },
    ],
    [
      '[2001:db8::1]:2888:3888;[::]:2181',
      {
        hosts: [host('2001:db8:0:0:0:0:0:1')],
        role: 'participant',
        client: { host: '0:0:0:0:0:0:0:0', port: 2181 },
      },
    ],
    [
      'zk1a:2888:3888|zk1b:2889:3889:observer;2181',
      {
        hosts: [host('zk1a'), host('zk1b', 2889, 3889)],
        role: 'observer',
        client: { host: null, port: 2181 },
      },
    ],
    ['zk1:2888:3888   # the first', { hosts: [host('zk1')], role: 'participant', client: null }],
  ])('%s', (text, expected) => {
    expect(readServerAddress(text)).toEqual(expected);
  });

  it.each([
    ['', /^has no value; expected host:quorumPort/],
    ['zk1', /^has no port in 'zk1'; expected/],
    ['zk1:2888:3888|zk1b', /^has no port in 'zk1b'; expected/],
    ['zk1:x:3888', /^has the quorum port 'x'; a port is a number from 1 to 65535$/],
    ['zk1:2888:0', /^has the election port '0'/],
    ['zk1:2888:65536', /^has the election port '65536'/],
    ['zk1:2888:3888:leader', /^has the role 'leader'; it is participant or observer$/],
    ['zk1:2888:3888:observer:1', /^has too many ':' in 'zk1:2888:3888:observer:1'/],
    ['zk1:2888:3888;x', /^has the client address 'x'; expected/],
    ['zk1:2888:3888;2181;2182', /^has more than one ';'/],
    ['z k:2888:3888', /^has the host 'z k', which is neither a name nor an IP address$/],
    ['10.0.0.400:2888:3888', /^has the host '10.0.0.400', which is neither/],
    ['2001:db8:0:0:0:0:0:1:2888:3888', /write an IPv6 address in brackets, as in \[2001:db8::1\]:2888:3888$/],
    ['[2001:db8::1:2888:3888', /^has a '\[' without '\]'/],
    ['[zk1]:2888:3888', /^has 'zk1' in brackets, which is no IPv6 address$/],
    ['[::1]2888:3888', /^has '2888:3888' right behind '\]'; expected ':'$/],
  ])("'%s' is wrong", (text, message) => {
    expect(readServerAddress(text)).toMatch(message);
  });
});
