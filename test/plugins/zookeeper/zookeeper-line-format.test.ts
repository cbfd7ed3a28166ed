import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readZooKeeperLine } from '../../../plugins/zookeeper/zookeeper-line-format.js';

/** Parts in the order id, level, tag, class, source line, content; null when no record starts. */
function read(line: string): string[] | null {
  const parts = readZooKeeperLine(line);
  if (parts === null) return null;
  const { id, level, tag, className, sourceLine, content } = parts;
  return [id, level, tag, className, sourceLine, content];
}

const TIME = '2017-05-26 17:26:04,937';

describe('a line of a ZooKeeper log', () => {
  it.each<[string, string, string[]]>([
    [
      'of 3.4 with log4j',
      `${TIME} [myid:0] - WARN  [WorkerSender[myid=0]:QuorumCnxManager@382] - Cannot open channel to 1`,
      ['0', 'WARN', 'WorkerSender[myid=0]', 'QuorumCnxManager', '382', 'Cannot open channel to 1'],
    ],
    [
      'without a myid',
      `${TIME} - INFO  [/10.10.34.11:3888:QuorumCnxManager$Listener@493] - Received connection request`,
      ['', 'INFO', '/10.10.34.11:3888', 'QuorumCnxManager$Listener', '493', 'Received connection request'],
    ],
    [
      'with an empty myid and a class with its package, as logback prints it',
      `${TIME} [myid:] - INFO  [QuorumPeer[myid=3](plain=127.0.0.1:11267)(secure=disabled):o.a.z.s.q.QuorumPeer@906] - Peer state changed: leading`,
      [
        '',
        'INFO',
        'QuorumPeer[myid=3](plain=127.0.0.1:11267)(secure=disabled)',
        'QuorumPeer',
        '906',
        'Peer state changed: leading',
      ],
    ],
    [
      'of a client thread, whose myid is an address',
      `${TIME} [myid:127.0.0.1:11222] - WARN  [main-SendThread(127.0.0.1:11222):ClientCnxn$SendThread@1164] - Session 0x0`,
      [
        '127.0.0.1:11222',
        'WARN',
        'main-SendThread(127.0.0.1:11222)',
        'ClientCnxn$SendThread',
        '1164',
        'Session 0x0',
      ],
    ],
    [
      'of an inner class of an inner class',
      `${TIME} [myid:] - ERROR [ListenerHandler-zk-1.zk.svc/10.1.3.127:3888:o.a.z.s.q.QuorumCnxManager$Listener$ListenerHandler@1099] - Exception`,
      [
        '',
        'ERROR',
        'ListenerHandler-zk-1.zk.svc/10.1.3.127:3888',
        'QuorumCnxManager$Listener$ListenerHandler',
        '1099',
        'Exception',
      ],
    ],
    [
      'of a thread whose name ends in a colon',
      `${TIME} [myid:1] - INFO  [ProcessThread(sid:1 cport:2181)::PrepRequestProcessor@662] - Got user-level KeeperException`,
      [
        '1',
        'INFO',
        'ProcessThread(sid:1 cport:2181):',
        'PrepRequestProcessor',
        '662',
        'Got user-level KeeperException',
      ],
    ],
    [
      'with an IPv6 wildcard in the tag',
      `${TIME} [myid:1] - INFO  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:QuorumPeer@784] - LOOKING`,
      ['1', 'INFO', 'QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181', 'QuorumPeer', '784', 'LOOKING'],
    ],
    [
      'without a source line',
      `${TIME} [myid:1] - INFO  [main:ZKTestCase$1@?] - SUCCEEDED`,
      ['1', 'INFO', 'main', 'ZKTestCase$1', '?', 'SUCCEEDED'],
    ],
    [
      'with a group behind the origin, as in a trace log',
      `${TIME} [myid:1] - INFO  [SyncThread:1:FileTxnLog@12][session:0x1] - Creating new log file`,
      ['1', 'INFO', 'SyncThread:1', 'FileTxnLog', '12', 'Creating new log file'],
    ],
    [
      'with an empty group behind the origin',
      `${TIME} [myid:1] - INFO  [main:A@1][] - text`,
      ['1', 'INFO', 'main', 'A', '1', 'text'],
    ],
    [
      'whose thread name looks like the end of the origin',
      `${TIME} [myid:1] - INFO  [pool [a] - 3:A@1] - text`,
      ['1', 'INFO', 'pool [a] - 3', 'A', '1', 'text'],
    ],
    [
      'whose message quotes another line',
      `${TIME} [myid:1] - INFO  [main:A@1] - saw [main:B@2] - text`,
      ['1', 'INFO', 'main', 'A', '1', 'saw [main:B@2] - text'],
    ],
    ['with an empty message', `${TIME} [myid:1] - INFO  [main:A@1] - `, ['1', 'INFO', 'main', 'A', '1', '']],
    [
      'with a point before the milliseconds and a T before the time',
      '2017-05-26T17:26:04.937 [myid:1] - TRACE [main:A@1] - text',
      ['1', 'TRACE', 'main', 'A', '1', 'text'],
    ],
    [
      "in Kafka's layout",
      `[${TIME}] INFO Received connection request from /10.0.0.5:41628 (org.apache.zookeeper.server.quorum.QuorumCnxManager$Listener)`,
      ['', 'INFO', '', 'QuorumCnxManager$Listener', '', 'Received connection request from /10.0.0.5:41628'],
    ],
    [
      "in Kafka's layout whose logger stands on a later line",
      `[${TIME}] ERROR Severe unrecoverable error`,
      ['', 'ERROR', '', '', '', 'Severe unrecoverable error'],
    ],
  ])('%s is taken apart', (_, line, expected) => {
    expect(read(line)).toEqual(expected);
  });

  it.each([
    '',
    'java.net.ConnectException: Connection refused (Connection refused)',
    '\tat java.net.Socket.connect(Socket.java:589)',
    'Caused by: java.io.EOFException',
    'INFO: Result: ACCEPTED',
    'May 26, 2017 5:12:01 PM edu.jhu.order.deephealth.DHClient SubmitReport',
    '2017-05-26 17:26:04,937',
    `${TIME} INFO  org.apache.zookeeper.server: audit`,
    `${TIME} [myid:1 - INFO  [main:A@1] - text`,
    `${TIME} [sid:1] - INFO  [main:A@1] - text`,
    `${TIME} [myid:1] - Info  [main:A@1] - text`,
    `${TIME} [myid:1] - INFO  [main:A] - text`,
    `${TIME} [myid:1] - INFO  [main:A@] - text`,
    `${TIME} [myid:1] - INFO  [main:@12] - text`,
    `${TIME} [myid:1] - INFO  [:A@12] - text`,
    `${TIME} [myid:1] - INFO  [main@12] - text`,
    `${TIME} [myid:1] - INFO  [main:A@12]`,
    `[${TIME}] info text (a.B)`,
    `[${TIME} INFO text (a.B)`,
    '[GC (Allocation Failure)  33280K->5096K(125952K), 0.0085 secs]',
  ])('%j starts no record', (line) => {
    expect(read(line)).toBeNull();
  });

  it('tells where its time stamp starts', () => {
    const starts = [`${TIME} - INFO  [main:A@1] - x`, `[${TIME}] INFO x (a.B)`].map(
      (line) => readZooKeeperLine(line)?.timeAt,
    );
    expect(starts).toEqual([0, 1]);
  });

  it('costs a giant hostile line no more than a look at its prefix', () => {
    const long = 300_000;
    const lines = [
      `${TIME} - INFO  [${'] - '.repeat(long)}`,
      `${TIME} - INFO  [${'a@1] - '.repeat(long)}`,
      `${TIME} - INFO  [${'x:A@1][y] '.repeat(long)}`,
      `${TIME} [myid:${'1'.repeat(long)}`,
      `[${TIME}] INFO ${' ('.repeat(long)}`,
    ];
    expect(lines.map(read).map((parts) => parts === null || parts[1] === 'INFO')).toEqual(
      lines.map(() => true),
    );
  });
});

describe('any line', () => {
  /** The same reading as a plain regular expression, for lines whose tag and content hold no `] - `. */
  const plain =
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{3}(?: \[myid:([^\]]*)\])? - ([A-Z]+) +\[(.+?):[\w.$]*?([\w$]+)@(\d+|\?)\](?:\[[^\]]*\])? - (.*)$/;

  it('reads as the plain regular expression reads it', () => {
    const piece = fc.constantFrom(
      'a',
      'Z',
      '9',
      ':',
      '.',
      '$',
      '_',
      '@',
      '[',
      ']',
      '(',
      '/',
      ' ',
      '-',
      '?',
      'é',
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    const tag = text.filter((value) => value !== '' && !value.includes('] - '));
    const line = fc
      .tuple(
        fc.constantFrom('', ' [myid:]', ' [myid:7]', ' [myid:h:1]', ' [sid:1]'),
        fc.constantFrom('INFO ', 'WARN  ', 'ERROR', 'info '),
        tag,
        fc.constantFrom(':A@1', ':o.a.B$C@22', ':.@4', ':A@?', '@1', ':A@x', ':A$1@3][x'),
        text.filter((value) => !value.includes('] - ')),
      )
      .map(([id, level, name, origin, content]) => `${TIME}${id} - ${level} [${name}${origin}] - ${content}`);
    fc.assert(
      fc.property(line, (sample) => {
        const match = plain.exec(sample);
        // A group that took no part is undefined, whatever the type says.
        const expected = match === null ? null : Array.from(match, (group?: string) => group ?? '').slice(1);
        expect(read(sample)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });
});
