import { describe, expect, it } from '@jest/globals';
import { readCassandraLine } from '../../../plugins/cassandra/cassandra-line-format.js';

describe('the layouts of Cassandra', () => {
  it.each([
    [
      'shipped, padded level',
      'INFO  [main] 2019-12-10 22:37:19,773 YamlConfigurationLoader.java:89 - Configuration location: file:/x',
      {
        level: 'INFO',
        thread: 'main',
        timeAt: 13,
        file: 'YamlConfigurationLoader.java',
        sourceLine: '89',
        content: 'Configuration location: file:/x',
      },
    ],
    [
      'shipped, a level of five letters',
      'ERROR [CompactionExecutor:4] 2024-01-02 03:04:05,678 CassandraDaemon.java:244 - Exception in thread Thread[x,5,main]',
      {
        level: 'ERROR',
        thread: 'CompactionExecutor:4',
        timeAt: 29,
        file: 'CassandraDaemon.java',
        sourceLine: '244',
        content: 'Exception in thread Thread[x,5,main]',
      },
    ],
    [
      'level not padded',
      'INFO [GossipStage:1] 2020-03-16 16:39:12,368 Gossiper.java:1198 - InetAddress 127.0.0.2:7000 is now DOWN',
      {
        level: 'INFO',
        thread: 'GossipStage:1',
        timeAt: 21,
        file: 'Gossiper.java',
        sourceLine: '1198',
        content: 'InetAddress 127.0.0.2:7000 is now DOWN',
      },
    ],
    [
      'two blanks behind the time',
      'WARN  [GossipTasks:1] 2020-01-10 16:23:35,544  FailureDetector.java:290 - Not marking nodes down',
      {
        level: 'WARN',
        thread: 'GossipTasks:1',
        timeAt: 22,
        file: 'FailureDetector.java',
        sourceLine: '290',
        content: 'Not marking nodes down',
      },
    ],
    [
      "a node's name before the time",
      'INFO  [node1_isolatedExecutor:1] node1 2021-04-06 09:46:54,180 Gossiper.java:1 - x',
      {
        level: 'INFO',
        thread: 'node1_isolatedExecutor:1',
        timeAt: 39,
        file: 'Gossiper.java',
        sourceLine: '1',
        content: 'x',
      },
    ],
    [
      "a product's name behind the time",
      'INFO  [DSE main thread] 2020-07-20 09:10:15,949 GREMLIN OpLoader.java:46 - Adding',
      {
        level: 'INFO',
        thread: 'DSE main thread',
        timeAt: 24,
        file: 'OpLoader.java',
        sourceLine: '46',
        content: 'Adding',
      },
    ],
    [
      'no caller data',
      'INFO  [main] 2019-12-10 22:37:19,773 ?:? - x - y',
      { level: 'INFO', thread: 'main', timeAt: 13, file: '?', sourceLine: '?', content: 'x - y' },
    ],
    [
      'the name of the logger in place of the file',
      'INFO  [main] 2019-12-10T22:37:19.773 o.a.c.gms.Gossiper - x',
      { level: 'INFO', thread: 'main', timeAt: 13, file: 'o.a.c.gms.Gossiper', sourceLine: '', content: 'x' },
    ],
    [
      'the layout until 2.0',
      ' INFO [main] 2013-05-10 10:12:11,123 CassandraDaemon.java (line 118) Logging initialized',
      {
        level: 'INFO',
        thread: 'main',
        timeAt: 13,
        file: 'CassandraDaemon.java',
        sourceLine: '118',
        content: 'Logging initialized',
      },
    ],
    [
      'brackets, blanks and an address in the name of the thread',
      'WARN  [RMI TCP Connection(5)-[::1]] x] 2024-01-02 03:04:05,678 A.java:1 - b',
      {
        level: 'WARN',
        thread: 'RMI TCP Connection(5)-[::1]] x',
        timeAt: 39,
        file: 'A.java',
        sourceLine: '1',
        content: 'b',
      },
    ],
    [
      'an empty message',
      'INFO  [main] 2024-01-02 03:04:05,678 StatusLogger.java:51 - ',
      { level: 'INFO', thread: 'main', timeAt: 13, file: 'StatusLogger.java', sourceLine: '51', content: '' },
    ],
    [
      'an empty message whose blank was cut',
      'INFO  [main] 2024-01-02 03:04:05,678 StatusLogger.java:51 -',
      { level: 'INFO', thread: 'main', timeAt: 13, file: 'StatusLogger.java', sourceLine: '51', content: '' },
    ],
  ])('are read: %s', (_name, line, expected) => {
    expect(readCassandraLine(line)).toEqual(expected);
  });

  it.each([
    '',
    '\tat org.apache.cassandra.gms.Gossiper.run(Gossiper.java:1)',
    'java.io.IOException: Endpoint /10.0.0.2 died',
    'Caused by: java.net.ConnectException: Connection refused',
    'INFO',
    'INFO  main 2024-01-02 03:04:05,678 A.java:1 - b',
    'INFO  [main] A.java:1 - b',
    'INFO  [main 2024-01-02 03:04:05,678 A.java:1 - b',
    'NOTICE [main] 2024-01-02 03:04:05,678 A.java:1 - b',
    'INFO  [main] 2024-01-02 03:04:05,678 A.java:1',
    'INFO  [main] 2024-01-02 03:04:05,678 A.java: - b',
    'INFO  [main] 2024-01-02 03:04:05,678A.java:1 - b',
    '    INFO [main] 2024-01-02 03:04:05,678 A.java:1 - b',
  ])('leave other lines to the record before: %j', (line) => {
    expect(readCassandraLine(line)).toBeNull();
  });

  it.each(['] ', '[', '] 2024-', 'x', ' ', '] a '])(
    'give up in time on a line of 100 kB made of %j',
    (filler) => {
      const line = `INFO  [${filler.repeat(100_000 / filler.length)}`;
      expect(readCassandraLine(line)).toBeNull();
    },
  );

  it('keep a message of 100 kB whole', () => {
    const content = '->'.repeat(50_000);
    const line = `INFO  [main] 2024-01-02 03:04:05,678 A.java:1 - ${content}`;
    expect(readCassandraLine(line)?.content).toBe(content);
  });
});
