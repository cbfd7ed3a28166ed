import { describe, expect, it } from '@jest/globals';
import { EntityMap } from '../../../plugins/entity-map.js';
import type { LogRecord, ParsedLine } from '../../../plugins/log-plugin.js';
import { ZooKeeperStream, type StreamOptions } from '../../../plugins/zookeeper/zookeeper-stream.js';

const PEERS = new EntityMap(
  ['1', '2', '3'].map((id) => ({
    id: `peer@${id}`,
    hosts: [`zk${id}`, `10.77.0.${id}`],
    ports: [2888, 3888],
  })),
);
const ON_ONE_HOST = new EntityMap(
  ['1', '2', '3'].map((id) => ({ id: `peer@${id}`, hosts: ['127.0.0.1'], ports: [2880 + Number(id)] })),
);

let unknownAddresses = 0;
let notices: string[] = [];

function open(options: Partial<StreamOptions> = {}, entities = PEERS): ZooKeeperStream {
  unknownAddresses = 0;
  notices = [];
  const ensemble = {
    entities,
    voters: new Set(['1', '2', '3']),
    hasServer: (id: string) => entities.has(`peer@${id}`),
    unknownAddressSeen: () => (unknownAddresses += 1),
  };
  return new ZooKeeperStream({
    ensemble,
    ownId: '1',
    timeZone: 'UTC',
    notice: (message) => notices.push(message),
    ...options,
  });
}

/** A line of the form that ZooKeeper ships, with an empty myid. */
function line(tag: string, className: string, content: string, id = ''): string {
  return `2024-07-01 12:00:00,000 [myid:${id}] - INFO  [${tag}:o.a.z.s.q.${className}@99] - ${content}`;
}

function recordOf(parsed: ParsedLine): LogRecord {
  if (parsed.kind !== 'record') throw new Error(`no record but ${JSON.stringify(parsed)}`);
  return parsed.record;
}

/** Feeds the lines and returns the fields of the last. */
function fieldsAfter(stream: ZooKeeperStream, ...lines: readonly string[]): Readonly<Record<string, string>> {
  return lines.map((text) => recordOf(stream.parse(text)).fields).at(-1) ?? {};
}

const PEER_TAG = 'QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled)';

describe('a record', () => {
  it('carries the fields that rules test', () => {
    const text =
      '2017-05-26 18:45:58,381 [myid:3] - WARN  [SyncThread:3:FileTxnLog@334] - fsync-ing the write ahead log took 4996ms';
    expect(recordOf(open({ ownId: '3' }).parse(text))).toEqual({
      timeMs: Date.parse('2017-05-26T18:45:58.381Z'),
      observer: 'peer@3',
      tagSubject: 'peer@3',
      tagContext: 'SyncThread',
      message: 'fsync-ing the write ahead log took 4996ms',
      fields: {
        time: '2017-05-26 18:45:58,381',
        id: '3',
        level: 'WARN',
        tag: 'SyncThread:3',
        class: 'FileTxnLog',
        line: '334',
        content: 'fsync-ing the write ahead log took 4996ms',
        tag_subject: '3',
        tag_context: 'SyncThread',
        role: '',
        leader: '',
        link: '',
        quorum: '',
        voter: '',
        myid: '3',
      },
    });
  });

  it('has its time in the zone of the log', () => {
    const { timeMs } = recordOf(open({ timeZone: 'Asia/Tokyo' }).parse(line('main', 'A', 'x')));
    expect(new Date(timeMs).toISOString()).toBe('2024-07-01T03:00:00.000Z');
  });

  it.each<[string, ParsedLine]>([
    ['\tat java.net.Socket.connect(Socket.java:589)', { kind: 'continuation' }],
    ['2024-07-01 12:00:00,000 - DEBUG [main:A@1] - x', { kind: 'dropped', reason: 'debug-level' }],
    ['2024-07-01 12:00:00,000 - TRACE [main:A@1] - x', { kind: 'dropped', reason: 'debug-level' }],
    ['2024-07-41 12:00:00,000 - INFO  [main:A@1] - x', { kind: 'dropped', reason: 'bad-time' }],
    [line('RecvWorker:9', 'X', 'x'), { kind: 'dropped', reason: 'unknown-tag-subject' }],
    [line('LearnerHandler-/10.9.9.9:1234', 'X', 'x'), { kind: 'dropped', reason: 'unknown-tag-subject' }],
  ])('is not what %j gives', (text, expected) => {
    expect(open().parse(text)).toEqual(expected);
  });
});

describe("the server's own id", () => {
  it("is the line's own word, whatever is configured, and the disagreement is told once", () => {
    const stream = open({ ownId: '2' });
    const observers = ['3', '3', ''].map((id) => recordOf(stream.parse(line('main', 'A', 'x', id))).observer);
    expect(observers).toEqual(['peer@3', 'peer@3', 'peer@2']);
    expect(notices).toEqual([
      'the log says that it is of server 3, the configuration says 2; the log is believed',
    ]);
  });

  it('is the word of a thread that has it in its name, as since 3.8 most lines hold no myid', () => {
    const stream = open({ ownId: '2' });
    expect(recordOf(stream.parse(line('SyncThread:3', 'A', 'x'))).observer).toBe('peer@3');
    expect(notices).toHaveLength(1);
  });

  it('is the configured one where the line holds none, or the address of a client', () => {
    const stream = open({ ownId: '2' });
    const ids = ['', '127.0.0.1:11222'].map(
      (id) => recordOf(stream.parse(line('main', 'A', 'x', id))).observer,
    );
    expect(ids).toEqual(['peer@2', 'peer@2']);
  });

  it.each([
    [line('WorkerSender[myid=3]', 'A', 'x')],
    [line('SyncThread:3', 'A', 'x')],
    [line('ProcessThread(sid:3 cport:2181):', 'A', 'x')],
    [line('main', 'QuorumPeerMain', 'Starting quorum peer, myid=3')],
    [line('main', 'FastLeaderElection', 'New election. My id =  3, proposed zxid=0x0')],
    [line('RecvWorker:2', 'QuorumCnxManager$RecvWorker', 'Connection broken for id 2, my id = 3')],
  ])('is learnt from %s', (text) => {
    const stream = open({ ownId: null });
    expect(stream.parse(line('main', 'A', 'x'))).toEqual({ kind: 'dropped', reason: 'unknown-observer' });
    stream.parse(text);
    expect(recordOf(stream.parse(line('main', 'A', 'x'))).observer).toBe('peer@3');
  });

  it('is told when the ensemble does not have it', () => {
    const stream = open({ ownId: null });
    expect(recordOf(stream.parse(line('main', 'A', 'x', '7'))).observer).toBe('peer@7');
    expect(notices).toEqual(['the log is of server 7, which the ensemble file does not name']);
  });
});

describe("a tag's subject", () => {
  it.each<[string, string, string | null]>([
    ['main', 'QuorumPeerMain', 'peer@1'],
    ['RecvWorker:2', 'QuorumCnxManager$RecvWorker', 'peer@2'],
    ['LearnerHandler-/10.77.0.3:52972', 'LearnerHandler', 'peer@3'],
    ['LeaderConnector-zk3/<unresolved>:2888', 'Learner$LeaderConnector', 'peer@3'],
    ['zk2/10.77.0.2:3888', 'QuorumCnxManager', 'peer@2'],
    ['other/10.9.9.9:3888', 'QuorumCnxManager$Listener', 'peer@1'],
    ['ListenerHandler-other/10.9.9.9:3888', 'QuorumCnxManager$Listener$ListenerHandler', 'peer@1'],
    ['NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181', 'NIOServerCnxn', 'peer@1'],
  ])('of %s in %s is %s', (tag, className, subject) => {
    expect(recordOf(open().parse(line(tag, className, 'x'))).tagSubject).toBe(subject);
  });

  it('asks to look at the ensemble again when the address is unknown', () => {
    open().parse(line('LearnerHandler-/10.9.9.9:1', 'LearnerHandler', 'x'));
    expect(unknownAddresses).toBe(1);
  });

  it('cannot be told by address among servers on one machine, but by what the link said before', () => {
    const stream = open({}, ON_ONE_HOST);
    const tag = 'LearnerHandler-/127.0.0.1:52972';
    const subjects = [
      line(tag, 'LearnerHandler', 'x'),
      line(tag, 'LearnerHandler', 'Follower sid: 3 : info : 127.0.0.1:2883:3883:participant'),
      line(tag, 'LearnerHandler', '******* GOODBYE /127.0.0.1:52972 ********'),
      line('Sender-/127.0.0.1:52972', 'LearnerHandler', 'Unexpected exception'),
      line('LearnerHandler-/127.0.0.1:52974', 'LearnerHandler', 'x'),
    ].map((text) => recordOf(stream.parse(text)).tagSubject);
    expect(subjects).toEqual([null, 'peer@3', 'peer@3', 'peer@3', null]);
  });

  it.each([
    'Follower sid: 2 : info : org.apache.zookeeper.server.quorum.QuorumPeer$QuorumServer@6e1408',
    'Follower sid: 2 not in the current config 0',
    'Synchronizing with Follower sid: 2 maxCommittedLog=0x0',
    'Synchronizing with Learner sid: 2 maxCommittedLog=0x0',
    'Received NEWLEADER-ACK message from 2',
    'Sending DIFF zxid=0x0 for peer sid: 2',
    'Sending TRUNC zxid=0x0  for peer sid: 2',
  ])('is learnt by the link from "%s"', (content) => {
    const stream = open();
    const tag = 'LearnerHandler-/10.9.9.9:52972';
    stream.parse(line(tag, 'LearnerHandler', content));
    expect(recordOf(stream.parse(line(tag, 'LearnerHandler', 'x'))).tagSubject).toBe('peer@2');
  });

  it('is not learnt from the id of a stranger', () => {
    const stream = open();
    const tag = 'LearnerHandler-/10.9.9.9:52972';
    stream.parse(line(tag, 'LearnerHandler', 'Follower sid: 9 : info : x'));
    expect(stream.parse(line(tag, 'LearnerHandler', 'x'))).toEqual({
      kind: 'dropped',
      reason: 'unknown-tag-subject',
    });
  });
});

describe('the role', () => {
  it.each<[string, string, string]>([
    ['QuorumPeer', 'LOOKING', 'looking'],
    ['QuorumPeer', 'PeerState set to LOOKING', 'looking'],
    ['QuorumPeer', 'FOLLOWING', 'following'],
    ['QuorumPeer', 'LEADING', 'leading'],
    ['QuorumPeer', 'OBSERVING', 'observing'],
    ['Follower', 'FOLLOWING - LEADER ELECTION TOOK - 22 MS', 'following'],
    ['Leader', 'LEADING - LEADER ELECTION TOOK - 222', 'leading'],
    ['QuorumPeer', 'Peer state changed: following - synchronization - diff', 'following'],
    ['QuorumPeer', 'Peer state changed: looking', 'looking'],
    ['Leader', 'Shutdown called', 'stopping'],
    ['Leader', 'Shutdown called. For the reason Not sufficient followers synced', 'stopping'],
    ['Follower', 'shutdown called', 'stopping'],
    ['Follower', 'shutdown Follower', 'stopping'],
    ['Observer', 'shutdown Observer', 'stopping'],
    ['ZooKeeperServer', 'shutting down', 'stopping'],
    ['Other', 'LOOKING', ''],
    ['QuorumPeer', 'LOOKING for something', ''],
  ])('after %s says "%s" is "%s"', (className, content, role) => {
    expect(fieldsAfter(open(), line(PEER_TAG, className, content))['role']).toBe(role);
  });

  it('stays looking while the remains of the former role shut down', () => {
    const fields = fieldsAfter(
      open(),
      line(PEER_TAG, 'QuorumPeer', 'LOOKING'),
      line('main', 'ZooKeeperServer', 'shutting down'),
    );
    expect(fields['role']).toBe('looking');
  });
});

describe('the leader', () => {
  const looking = line(PEER_TAG, 'QuorumPeer', 'LOOKING');
  const following = line(PEER_TAG, 'QuorumPeer', 'FOLLOWING');
  const voteUntil35 = (voter: string, vote: string) =>
    line(
      'WorkerReceiver[myid=1]',
      'FastLeaderElection',
      `Notification: 1 (message format version), ${vote} (n.leader), 0x0 (n.zxid), 0x1 (n.round), LOOKING (n.state), ${voter} (n.sid), 0x0 (n.peerEpoch) LOOKING (my state)`,
    );
  const voteSince36 = (voter: string, vote: string, state = 'LOOKING') =>
    line(
      'WorkerReceiver[myid=1]',
      'FastLeaderElection$Messenger$WorkerReceiver',
      `Notification: my state:LOOKING; n.sid:${voter}, n.state:${state}, n.leader:${vote}, n.round:0x1, n.peerEpoch:0x0, n.zxid:0x0, message format version:0x2, n.config version:0x0`,
    );

  it('is the server itself once it leads', () => {
    expect(fieldsAfter(open(), line(PEER_TAG, 'QuorumPeer', 'LEADING'))['leader']).toBe('1');
  });

  it.each([
    ['3.4', voteUntil35],
    ['3.6', voteSince36],
  ])('of a follower is who most votes were for, in the words of %s', (_, vote) => {
    const fields = fieldsAfter(
      open(),
      looking,
      vote('1', '1'),
      vote('2', '3'),
      vote('1', '3'),
      vote('3', '3'),
      following,
    );
    expect(fields['leader']).toBe('3');
  });

  it('of a server that joins late is who the others say leads', () => {
    const fields = fieldsAfter(
      open(),
      looking,
      voteSince36('1', '1'),
      voteSince36('2', '2', 'LEADING'),
      following,
    );
    expect(fields['leader']).toBe('2');
  });

  it('is not known while one is looked for, nor from votes of an earlier election', () => {
    const stream = open();
    expect(fieldsAfter(stream, looking, voteSince36('2', '3'), following)['leader']).toBe('3');
    expect(fieldsAfter(stream, looking)['leader']).toBe('');
    expect(fieldsAfter(stream, following)['leader']).toBe('');
  });

  it('keeps the votes between two lines that say the same', () => {
    const again = line(PEER_TAG, 'QuorumPeer', 'PeerState set to LOOKING');
    expect(fieldsAfter(open(), again, voteSince36('2', '3'), looking, following)['leader']).toBe('3');
  });

  it('stays while the same role is told again', () => {
    const peerState = line(PEER_TAG, 'QuorumPeer', 'Peer state changed: following - broadcast');
    expect(fieldsAfter(open(), looking, voteSince36('2', '3'), following, peerState)['leader']).toBe('3');
  });

  it.each([
    ['Learner', 'Successfully connected to leader, using address: zk2/10.77.0.2:2888'],
    ['Learner', 'Unexpected exception, tries=0, connecting to zk2/10.77.0.2:2888'],
    [
      'Learner$LeaderConnector',
      'Unexpected exception, tries=1, remaining init limit=9000, connecting to /10.77.0.2:2888',
    ],
    [
      'Follower',
      'Disconnected from leader (with address: zk2/10.77.0.2:2888). Was connected for 9ms. Sync state: true',
    ],
    ['Observer', 'Observing zk2/10.77.0.2:2888'],
  ])('is learnt when %s says "%s"', (className, content) => {
    expect(fieldsAfter(open(), line(PEER_TAG, className, content))['leader']).toBe('2');
  });

  it('is not learnt from a refused connection to a stranger', () => {
    const content = 'Unexpected exception, tries=0, connecting to /10.9.9.9:2888';
    expect(fieldsAfter(open(), line(PEER_TAG, 'Learner', content))['leader']).toBe('');
  });

  it("is told with the voter of a notification, except for the server's own", () => {
    const stream = open();
    expect(fieldsAfter(stream, voteSince36('3', '3'))['voter']).toBe('3');
    expect(fieldsAfter(stream, voteUntil35('2', '3'))['voter']).toBe('2');
    expect(fieldsAfter(stream, voteSince36('1', '3'))['voter']).toBe('');
    expect(fieldsAfter(stream, looking)['voter']).toBe('');
  });
});

describe('a link', () => {
  const join = (port: number) =>
    line(
      `LearnerHandler-/10.77.0.2:${port}`,
      'LearnerHandler',
      'Synchronizing with Learner sid: 2 maxCommittedLog=0x0',
    );
  const end = (port: number) =>
    line(
      `LearnerHandler-/10.77.0.2:${port}`,
      'LearnerHandler',
      `******* GOODBYE /10.77.0.2:${port} ********`,
    );

  it('is replaced once its server has come with a newer one, and only the older end is', () => {
    const stream = open();
    expect(fieldsAfter(stream, join(5))['link']).toBe('');
    expect(fieldsAfter(stream, join(6), end(5))['link']).toBe('replaced');
    expect(fieldsAfter(stream, end(6))['link']).toBe('');
  });

  it('that was replaced does not count for the quorum when it ends', () => {
    const other = line(
      'LearnerHandler-/10.77.0.3:9',
      'LearnerHandler',
      'Synchronizing with Learner sid: 3 x',
    );
    const gone = line(
      'LearnerHandler-/10.77.0.3:9',
      'LearnerHandler',
      '******* GOODBYE /10.77.0.3:9 ********',
    );
    const leading = line(PEER_TAG, 'QuorumPeer', 'LEADING');
    expect(fieldsAfter(open(), leading, join(5), other, join(6), end(5), gone)['quorum']).toBe('');
  });

  it('is still known as replaced after a restart of the agent', () => {
    const first = open();
    fieldsAfter(first, join(5), join(6));
    const second = open();
    second.restore(JSON.parse(JSON.stringify(first.memory())));
    expect(fieldsAfter(second, end(5))['link']).toBe('replaced');
  });
});

describe('the quorum of a leader', () => {
  const tags = ['LearnerHandler-/10.77.0.2:5', 'LearnerHandler-/10.77.0.3:6'] as const;
  const leading = line(PEER_TAG, 'QuorumPeer', 'LEADING');
  const joins = (tag: string, id: string) =>
    line(tag, 'LearnerHandler', `Synchronizing with Learner sid: ${id} maxCommittedLog=0x0`);
  const goes = (tag: string, content = '******* GOODBYE /10.77.0.2:5 ********') =>
    line(tag, 'LearnerHandler', content);
  const both = [leading, joins(tags[0], '2'), joins(tags[1], '3')];

  it('is not lost with one of two followers', () => {
    expect(fieldsAfter(open(), ...both, goes(tags[0]))['quorum']).toBe('');
  });

  it.each([
    '******* GOODBYE /10.77.0.3:6 ********',
    'Unexpected exception in LearnerHandler: ',
    'Unexpected exception causing shutdown while sock still open',
  ])('is lost with the second, told by "%s"', (content) => {
    expect(fieldsAfter(open(), ...both, goes(tags[0]), goes(tags[1], content))['quorum']).toBe('lost');
  });

  it('is lost by the thread that sends, too, and kept over a restart of the agent', () => {
    const first = open();
    fieldsAfter(
      first,
      ...both,
      goes('Sender-/10.77.0.2:5', 'Exception while sending packets in LearnerHandler'),
    );
    const second = open();
    second.restore(JSON.parse(JSON.stringify(first.memory())));
    expect(fieldsAfter(second, goes(tags[1]))['quorum']).toBe('lost');
  });

  it('is back when a follower is, and no question once the leader steps down', () => {
    const stream = open();
    expect(fieldsAfter(stream, ...both, goes(tags[0]), goes(tags[1]), joins(tags[0], '2'))['quorum']).toBe(
      '',
    );
    expect(fieldsAfter(stream, goes(tags[0]), line(PEER_TAG, 'Leader', 'Shutdown called'))['quorum']).toBe(
      '',
    );
  });

  it('is not lost before it was there, nor in a log read from the middle on', () => {
    expect(fieldsAfter(open(), leading, goes(tags[0]), goes(tags[1]))['quorum']).toBe('');
    expect(fieldsAfter(open(), goes(tags[0]), goes(tags[1]))['quorum']).toBe('');
  });
});

describe('a subject that a rule names', () => {
  it.each([
    ['2', { kind: 'entity', id: 'peer@2' }],
    ['peer@2', { kind: 'entity', id: 'peer@2' }],
    ['9', { kind: 'unknown', id: 'peer@9' }],
    ['-3', { kind: 'unknown', id: 'peer@-3' }],
    ['10.77.0.3', { kind: 'entity', id: 'peer@3' }],
    ['/10.77.0.3:41234', { kind: 'entity', id: 'peer@3' }],
    ['zk3/10.77.0.3:3888', { kind: 'entity', id: 'peer@3' }],
    ['zk3/<unresolved>:3888', { kind: 'entity', id: 'peer@3' }],
    ['zk3/10.9.9.9:3888|zk3b/10.9.9.8:3888', { kind: 'entity', id: 'peer@3' }],
    ['zk2/10.77.0.2:3888|zk3/10.77.0.3:3888', { kind: 'ambiguous' }],
    ['0.0.0.0:3888', { kind: 'entity', id: 'peer@1' }],
    ['[0:0:0:0:0:0:0:0]:3888', { kind: 'entity', id: 'peer@1' }],
    ['10.9.9.9', { kind: 'unknown', id: 'peer@10.9.9.9' }],
    ['namenode', { kind: 'unknown', id: 'peer@namenode' }],
  ])('as "%s"', (token, expected) => {
    const stream = open();
    const record = recordOf(stream.parse(line('main', 'A', 'x')));
    expect(stream.resolveSubject(token, record)).toEqual(expected);
  });

  it('by an address that several servers share is found by a port that one of them listens on', () => {
    const stream = open({}, ON_ONE_HOST);
    const record = recordOf(stream.parse(line('main', 'A', 'x')));
    const resolved = ['/127.0.0.1:2882', '/127.0.0.1:41234', '127.0.0.1'].map((token) =>
      stream.resolveSubject(token, record),
    );
    expect(resolved).toEqual([
      { kind: 'entity', id: 'peer@2' },
      { kind: 'ambiguous' },
      { kind: 'ambiguous' },
    ]);
  });
});

describe('what a stream remembers', () => {
  it('is taken over by the next stream of the same log', () => {
    const first = open({ ownId: null });
    const tag = 'LearnerHandler-/10.9.9.9:52972';
    first.parse(line('WorkerSender[myid=1]', 'QuorumPeer', 'LEADING'));
    first.parse(line(tag, 'LearnerHandler', 'Follower sid: 2 : info : x'));

    const second = open({ ownId: null });
    second.restore(JSON.parse(JSON.stringify(first.memory())));
    const record = recordOf(
      second.parse(line(tag, 'LearnerHandler', '******* GOODBYE /10.9.9.9:52972 ********')),
    );
    expect(record).toMatchObject({
      observer: 'peer@1',
      tagSubject: 'peer@2',
      fields: { role: 'leading', leader: '1' },
    });
  });

  it.each([
    null,
    7,
    'x',
    [],
    {},
    { learntId: 7, lastTimeMs: 'x', cluster: { role: 'king', leader: {}, votes: 7, links: [[1]] } },
  ])('leaves out what it does not understand: %j', (memory) => {
    const stream = open();
    stream.restore(memory);
    expect(fieldsAfter(stream, line('main', 'A', 'x'))).toMatchObject({ role: '', leader: '', myid: '1' });
  });

  it('does not grow with the number of links', () => {
    const stream = open();
    for (let port = 1; port <= 2000; port += 1) {
      stream.parse(line(`LearnerHandler-/10.9.9.9:${port}`, 'LearnerHandler', 'Follower sid: 2 : info : x'));
    }
    expect(JSON.stringify(stream.memory()).length).toBeLessThan(20_000);
    const last = stream.parse(line('LearnerHandler-/10.9.9.9:2000', 'LearnerHandler', 'x'));
    expect(recordOf(last).tagSubject).toBe('peer@2');
  });
});
