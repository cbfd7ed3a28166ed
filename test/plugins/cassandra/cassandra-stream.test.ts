import { describe, expect, it } from '@jest/globals';
import type { KnownNodes } from '../../../plugins/cassandra/cassandra-nodes.js';
import { CassandraStream } from '../../../plugins/cassandra/cassandra-stream.js';
import type { LogRecord, ParsedLine, ResolvedSubject } from '../../../plugins/log-plugin.js';

const OWN = { ip: '10.0.0.1', port: 7000 };
const NOBODY: KnownNodes = {
  own: null,
  ownListening: null,
  isOwnStated: false,
  others: [],
  defaultPort: 7000,
};
const CONFIGURED: KnownNodes = {
  ...NOBODY,
  own: OWN,
  others: [{ address: { ip: '10.0.0.2', port: 7000 }, name: 'cass2' }],
};

let notices: string[] = [];

function open(known: KnownNodes = CONFIGURED): CassandraStream {
  notices = [];
  return new CassandraStream({ known, timeZone: 'UTC', notice: (message) => notices.push(message) });
}

function line(content: string, second = 0, thread = 'GossipStage:1', level = 'INFO'): string {
  const time = new Date(Date.UTC(2024, 6, 1, 12, 0, second)).toISOString().slice(0, 19).replace('T', ' ');
  return `${level.padEnd(5)} [${thread}] ${time},000 Gossiper.java:99 - ${content}`;
}

function recordOf(parsed: ParsedLine): LogRecord {
  if (parsed.kind !== 'record') throw new Error(`no record but ${JSON.stringify(parsed)}`);
  return parsed.record;
}

function fieldsAfter(stream: CassandraStream, ...contents: readonly string[]): LogRecord['fields'] {
  return contents.map((content) => recordOf(stream.parse(line(content))).fields).at(-1) ?? {};
}

function resolve(stream: CassandraStream, token: string): ResolvedSubject {
  return stream.resolveSubject(token, recordOf(stream.parse(line('x'))));
}

const CONFIGURATION =
  'Node configuration:[authenticator=X; broadcast_address=null; broadcast_rpc_address=null; listen_address=10.0.0.1; rpc_address=10.9.9.9; seed_provider=S{seeds=10.0.0.2}; storage_port=7000]';

describe('a record', () => {
  it('carries the fields that rules test', () => {
    const text =
      'WARN  [ScheduledTasks:1] 2024-07-01 12:00:00,123 NoSpamLogger.java:95 - Some operations timed out, x';
    expect(recordOf(open().parse(text))).toEqual({
      timeMs: Date.parse('2024-07-01T12:00:00.123Z'),
      observer: 'cassandra@10.0.0.1',
      tagSubject: 'cassandra@10.0.0.1',
      tagContext: 'ScheduledTasks',
      message: 'Some operations timed out, x',
      fields: {
        time: '2024-07-01 12:00:00,123',
        level: 'WARN',
        thread: 'ScheduledTasks:1',
        file: 'NoSpamLogger.java',
        line: '95',
        content: 'Some operations timed out, x',
        tag_subject: 'cassandra@10.0.0.1',
        tag_context: 'ScheduledTasks',
        phase: '',
        peer: '',
        peer_state: '',
      },
    });
  });

  it.each([
    ['GossipStage:1', 'GossipStage'],
    ['MutationStage-12', 'MutationStage'],
    ['Messaging-EventLoop-3-1', 'Messaging-EventLoop'],
    ['STREAM-IN-/10.0.0.2:7000', 'STREAM-IN'],
    ['Stream-Deserializer-/127.0.0.3:7012-72d81333', 'Stream-Deserializer'],
    ['RMI TCP Connection(5)-10.0.0.1', 'RMI TCP Connection'],
    ['main', 'main'],
    ['1', ''],
  ])('has the name of its pool as context: %s', (thread, context) => {
    expect(recordOf(open().parse(line('x', 0, thread))).tagContext).toBe(context);
  });

  it('is not made of DEBUG and TRACE lines, as debug.log repeats system.log around them', () => {
    const dropped = { kind: 'dropped', reason: 'debug-level' };
    expect(open().parse(line('Convicting /10.0.0.2', 0, 'GossipTasks:1', 'DEBUG'))).toEqual(dropped);
    expect(open().parse(line('x', 0, 'GossipTasks:1', 'TRACE'))).toEqual(dropped);
  });

  it('is not made of a line whose time is none, and stack traces belong to the record before', () => {
    const stream = open();
    expect(stream.parse('INFO  [main] 2024-07-41 12:00:00,123 A.java:1 - x')).toEqual({
      kind: 'dropped',
      reason: 'bad-time',
    });
    expect(stream.parse('java.io.IOException: Endpoint /10.0.0.2 died')).toEqual({ kind: 'continuation' });
    expect(stream.parse('')).toEqual({ kind: 'continuation' });
  });
});

describe('whose log it is', () => {
  it('is unknown until the log tells', () => {
    const stream = open(NOBODY);
    expect(stream.parse(line('x'))).toEqual({ kind: 'dropped', reason: 'unknown-observer' });
    expect(recordOf(stream.parse(line(CONFIGURATION))).observer).toBe('cassandra@10.0.0.1');
    expect(recordOf(stream.parse(line('x'))).observer).toBe('cassandra@10.0.0.1');
  });

  it.each([
    [CONFIGURATION.replace('broadcast_address=null', 'broadcast_address=192.0.2.1'), 'cassandra@192.0.2.1'],
    [CONFIGURATION.replace('storage_port=7000', 'storage_port=7012'), 'cassandra@10.0.0.1:7012'],
    ['Starting Messaging Service on /10.0.0.1:7000 (eth0)', 'cassandra@10.0.0.1'],
    ['Listening on address: (/10.0.0.1:7012), nic: lo, encryption: unencrypted', 'cassandra@10.0.0.1:7012'],
    [
      '/10.0.0.1:7000(/10.0.0.1:50112)->/10.0.0.2:7000-URGENT_MESSAGES-0b3c2e1f successfully connected, version = 12, framing = CRC, encryption = unencrypted',
      'cassandra@10.0.0.1',
    ],
    [
      '/10.0.0.2:7000(/10.0.0.2:50112)->/10.0.0.1:7000-SMALL_MESSAGES-0b3c2e1f messaging connection established, version = 12, framing = CRC, encryption = unencrypted',
      'cassandra@10.0.0.1',
    ],
    ['/10.0.0.1:7000->/10.0.0.2:7000-URGENT_MESSAGES-[no-channel] failed to connect', 'cassandra@10.0.0.1'],
  ])('is told by: %s', (content, id) => {
    expect(recordOf(open(NOBODY).parse(line(content))).observer).toBe(id);
  });

  it.each([
    'Node configuration:[listen_address=null; broadcast_address=null]',
    'Listening on address: (/0.0.0.0:7000), nic: lo, encryption: unencrypted',
    'InetAddress /10.0.0.2 is now UP',
    'listen_address=10.0.0.9',
  ])('is not told by: %s', (content) => {
    expect(open(NOBODY).parse(line(content)).kind).toBe('dropped');
  });

  it('is what the log says rather than the configuration, which is told once', () => {
    const stream = open();
    const moved = CONFIGURATION.replace('listen_address=10.0.0.1', 'listen_address=10.0.0.5');
    expect(recordOf(stream.parse(line(moved))).observer).toBe('cassandra@10.0.0.5');
    stream.parse(line(moved));
    expect(notices).toEqual([
      'the log says that it is of cassandra@10.0.0.5, the configuration says cassandra@10.0.0.1; the log is believed',
    ]);
  });

  it('is what the user says whatever the log says', () => {
    const stream = open({ ...CONFIGURED, isOwnStated: true });
    stream.parse(line(CONFIGURATION.replace('listen_address=10.0.0.1', 'listen_address=10.0.0.5')));
    expect(recordOf(stream.parse(line('x'))).observer).toBe('cassandra@10.0.0.1');
    expect(notices).toEqual([]);
  });

  it('is not told by the address that it listens on once a better one is known', () => {
    const stream = open(NOBODY);
    stream.parse(line(CONFIGURATION.replace('broadcast_address=null', 'broadcast_address=192.0.2.1')));
    stream.parse(line('Listening on address: (/10.0.0.1:7000), nic: lo, encryption: unencrypted'));
    expect(recordOf(stream.parse(line('x'))).observer).toBe('cassandra@192.0.2.1');
    expect(resolve(stream, '/10.0.0.1:7000')).toEqual({ kind: 'entity', id: 'cassandra@192.0.2.1' });
  });
});

describe('a subject', () => {
  it('is a node of the configuration, in any spelling, by name and by address', () => {
    const stream = open();
    for (const token of ['/10.0.0.2', '10.0.0.2:7000', 'cass2', 'cass2/10.0.0.2', 'cassandra@10.0.0.2']) {
      expect(resolve(stream, token)).toEqual({ kind: 'entity', id: 'cassandra@10.0.0.2' });
    }
    expect(resolve(stream, '/10.0.0.1')).toEqual({ kind: 'entity', id: 'cassandra@10.0.0.1' });
    expect(resolve(stream, '/0.0.0.0')).toEqual({ kind: 'entity', id: 'cassandra@10.0.0.1' });
  });

  it('is nobody when it is a client, a scanner or no address', () => {
    const stream = open();
    expect(resolve(stream, '/10.0.0.77:50112')).toEqual({ kind: 'unknown', id: 'cassandra@10.0.0.77:50112' });
    expect(resolve(stream, 'some host')).toEqual({ kind: 'unknown', id: 'cassandra@some host' });
    stream.parse(line('Failed to properly handshake with peer /10.0.0.77:50112. Closing the channel.'));
    expect(resolve(stream, '/10.0.0.77').kind).toBe('unknown');
  });

  it.each([
    'Node /10.0.0.3 is now part of the cluster',
    'Node /10.0.0.3:7000 has restarted, now UP',
    'Node node3/10.0.0.3 state jump to NORMAL',
    'InetAddress /10.0.0.3:7000 is now DOWN',
    'Updating topology for /10.0.0.3:7000',
    'Handshaking version with /10.0.0.3',
    'Removing tokens [1, 2] for /10.0.0.3',
    'Failed to connect to peer /10.0.0.3:7000(/10.0.0.3:7000)',
    'error writing to /10.0.0.3',
    'Transferring all hints to /10.0.0.3: 3f9f5e40-6f0a-11ee-8c99-0242ac120002',
    '/10.0.0.1:7000->/10.0.0.3:7000-URGENT_MESSAGES-[no-channel] failed to connect',
    '/10.0.0.3:7000(/10.0.0.3:50112)->/10.0.0.1:7000-STREAMING-0b3c2e1f streaming connection established, version = 12, framing = LZ4, encryption = unencrypted',
  ])('becomes a node by what the nodes say of each other: %s', (content) => {
    const stream = open();
    expect(resolve(stream, '10.0.0.3').kind).toBe('unknown');
    stream.parse(line(content));
    expect(resolve(stream, '10.0.0.3')).toEqual({ kind: 'entity', id: 'cassandra@10.0.0.3' });
  });

  it('is known by its host id once a line has named both', () => {
    const stream = open();
    const hostId = '3f9f5e40-6f0a-11ee-8c99-0242ac120002';
    expect(resolve(stream, hostId)).toEqual({ kind: 'unknown', id: `cassandra@${hostId}` });
    stream.parse(
      line(`Finished hinted handoff of file ${hostId}-1-2.hints to endpoint /10.0.0.3:7000: ${hostId}`),
    );
    expect(resolve(stream, hostId)).toEqual({ kind: 'entity', id: 'cassandra@10.0.0.3' });
  });

  it('is one of several on one address by its port, and nobody without it', () => {
    const stream = open();
    for (const port of [7000, 7010, 7020]) stream.parse(line(`InetAddress /127.0.0.1:${port} is now UP`));
    expect(resolve(stream, '/127.0.0.1:7010')).toEqual({ kind: 'entity', id: 'cassandra@127.0.0.1:7010' });
    expect(resolve(stream, '/127.0.0.1:7000')).toEqual({ kind: 'entity', id: 'cassandra@127.0.0.1' });
    expect(resolve(stream, '/127.0.0.1')).toEqual({ kind: 'ambiguous' });
    expect(resolve(stream, '/127.0.0.1:50112')).toEqual({ kind: 'ambiguous' });
  });

  it('is the node on an address also when the port is that of a passing connection', () => {
    expect(resolve(open(), '/10.0.0.2:50112')).toEqual({ kind: 'entity', id: 'cassandra@10.0.0.2' });
  });
});

describe('what the stream remembers', () => {
  it('is what the node is doing', () => {
    const stream = open();
    const phases = [
      'x',
      'Configuration location: file:/x',
      'JOINING: waiting for ring information',
      'Starting listening for CQL clients on /10.0.0.1:9042 (unencrypted)...',
      'Startup complete',
      'LEAVING: streaming hints to other nodes',
      'Announcing shutdown',
    ].map((content) => fieldsAfter(stream, content)['phase']);
    expect(phases).toEqual(['', 'starting', 'joining', 'settling', 'settling', 'leaving', 'stopping']);
  });

  it('is that the node has served for a minute', () => {
    const stream = open();
    const phaseAt = (second: number, content: string) =>
      recordOf(stream.parse(line(content, second))).fields['phase'];
    expect(phaseAt(0, 'Startup complete')).toBe('settling');
    expect(phaseAt(59, 'x')).toBe('settling');
    expect(phaseAt(60, 'x')).toBe('running');
    expect(phaseAt(61, 'Starting listening for CQL clients on /10.0.0.1:9042 (unencrypted)...')).toBe(
      'running',
    );
  });

  it('is what gossip said last of the node that a record speaks of', () => {
    const stream = open();
    const link = '/10.0.0.1:7000->/10.0.0.2:7000-SMALL_MESSAGES-[no-channel] failed to connect';
    const seen = [
      link,
      'InetAddress /10.0.0.2:7000 is now UP',
      link,
      'InetAddress /10.0.0.2:7000 is now DOWN',
      'Node /10.0.0.2:7000 state jump to shutdown',
      'InetAddress /10.0.0.2:7000 is now DOWN',
      link,
      'Node /10.0.0.2:7000 has restarted, now UP',
      'InetAddress /10.0.0.2:7000 is now UP',
      'Node /10.0.0.2:7000 state jump to NORMAL',
      'Removing tokens [1] for /10.0.0.2:7000',
      'x',
    ].map((content) => fieldsAfter(stream, content)['peer_state']);
    expect(seen).toEqual([
      '',
      'up',
      'up',
      'down',
      'shutdown',
      'shutdown',
      'shutdown',
      '',
      'up',
      'up',
      'left',
      '',
    ]);
  });

  it('names the other node of a record, and not the node itself', () => {
    const stream = open();
    expect(fieldsAfter(stream, 'InetAddress /10.0.0.2:7000 is now UP')['peer']).toBe('cassandra@10.0.0.2');
    expect(fieldsAfter(stream, 'Node /10.0.0.1:7000 state jump to shutdown')['peer']).toBe('');
    expect(
      fieldsAfter(stream, '/10.0.0.3:7000->/10.0.0.1:7000-SMALL_MESSAGES-0b3c2e1f invalid, recoverable CRC')[
        'peer'
      ],
    ).toBe('cassandra@10.0.0.3');
  });

  it('is forgotten when the node is started anew', () => {
    const stream = open();
    stream.parse(line('Node /10.0.0.2:7000 state jump to shutdown'));
    stream.parse(line('Configuration location: file:/x'));
    expect(fieldsAfter(stream, 'Node /10.0.0.2:7000 is now part of the cluster')['peer_state']).toBe('');
  });

  it('outlives a restart of the agent', () => {
    const before = open(NOBODY);
    before.parse(line(CONFIGURATION.replace('storage_port=7000', 'storage_port=7010')));
    before.parse(line('Startup complete'));
    before.parse(line('Node /10.0.0.3 state jump to shutdown'));
    before.parse(line('Transferring all hints to /10.0.0.4: 3f9f5e40-6f0a-11ee-8c99-0242ac120002'));
    const saved: unknown = JSON.parse(JSON.stringify(before.memory()));

    const after = open(NOBODY);
    after.restore(saved);
    const record = recordOf(after.parse(line('InetAddress /10.0.0.3 is now DOWN', 5)));
    expect(record.observer).toBe('cassandra@10.0.0.1:7010');
    expect(record.fields).toMatchObject({
      phase: 'settling',
      peer: 'cassandra@10.0.0.3:7010',
      peer_state: 'shutdown',
    });
    expect(resolve(after, '3f9f5e40-6f0a-11ee-8c99-0242ac120002')).toEqual({
      kind: 'entity',
      id: 'cassandra@10.0.0.4:7010',
    });
    expect(after.memory()).toEqual({
      ...(before.memory() as object),
      lastTimeMs: Date.UTC(2024, 6, 1, 12, 0, 0),
    });
  });

  it.each([
    null,
    7,
    'x',
    [],
    {},
    { lastTimeMs: 'x', nodes: 5, cluster: [] },
    { nodes: { own: { ip: 1 }, port: 70_000, learnt: [null, { ip: 'a', port: 0 }], hostIds: [[1, 2], 3] } },
    { cluster: { phase: 'flying', servingSinceMs: 'x', peers: [['a'], null, ['b', 'odd']] } },
  ])('is taken over only as far as it makes sense: %j', (memory) => {
    const stream = open();
    stream.restore(memory);
    expect(recordOf(stream.parse(line('x'))).fields).toMatchObject({
      tag_subject: 'cassandra@10.0.0.1',
      phase: '',
      peer_state: '',
    });
  });
});

describe('a hostile log', () => {
  it.each([
    'InetAddress ',
    'Node ',
    'Removing tokens [',
    'Node configuration:[listen_address=',
    '/10.0.0.1:7000->',
    'Transferring all hints to ',
    'Listening on address: (',
    '->',
  ])('is read in time, line by line of 100 kB: %s', (start) => {
    const stream = open();
    for (const filler of ['x', ' ', '->', '/', '1, ', '; listen_address=', ':', '[']) {
      const content = start + filler.repeat(100_000 / filler.length);
      expect(stream.parse(line(content)).kind).toBe('record');
    }
  });

  it('cannot fill the memory with nodes that do not exist', () => {
    const stream = open();
    for (let n = 0; n < 10_000; n++) stream.parse(line(`InetAddress /10.${n >> 8}.${n & 255}.1 is now DOWN`));
    const { nodes, cluster } = stream.memory() as {
      nodes: { learnt: unknown[] };
      cluster: { peers: unknown[] };
    };
    expect(nodes.learnt).toHaveLength(4096);
    expect(cluster.peers).toHaveLength(4096);
  });
});
