import { describe, expect, it } from '@jest/globals';
import { classOfLogger, readHdfsLine } from '../../../plugins/hdfs/hdfs-line-format.js';
import { systemClock } from '../../../runtime/clock.js';

const NONE = { thread: '', file: '', method: '', line: '' };

describe('a line of an HDFS log', () => {
  it('is read as the daemons write it by default', () => {
    expect(
      readHdfsLine(
        '2022-12-02 15:22:04,287 INFO org.apache.hadoop.hdfs.StateChange: BLOCK* removeDeadDatanode: lost heartbeat from 172.18.154.201:9866, removeBlocksFromBlockMap true',
      ),
    ).toEqual({
      ...NONE,
      time: '2022-12-02 15:22:04,287',
      level: 'INFO',
      logger: 'org.apache.hadoop.hdfs.StateChange',
      content:
        'BLOCK* removeDeadDatanode: lost heartbeat from 172.18.154.201:9866, removeBlocksFromBlockMap true',
    });
  });

  it('is read with source file, method and line', () => {
    expect(
      readHdfsLine(
        '2016-03-23 17:12:27,304 WARN  client.QuorumJournalManager (QuorumCall.java:waitFor(134)) - Waited 14010 ms',
      ),
    ).toEqual({
      time: '2016-03-23 17:12:27,304',
      level: 'WARN',
      thread: '',
      logger: 'client.QuorumJournalManager',
      file: 'QuorumCall.java',
      method: 'waitFor',
      line: '134',
      content: 'Waited 14010 ms',
    });
    expect(
      readHdfsLine('2016-03-23 17:12:27,304 FATAL namenode.FSEditLog (JournalSet.java:<init>(3)) - x')
        ?.method,
    ).toBe('<init>');
  });

  it('is read from the consoles of Hadoop 2, without century and fraction, and of Hadoop 3', () => {
    expect(readHdfsLine('16/08/09 16:33:59 INFO datanode.DataNode: registered UNIX signal handlers')).toEqual(
      {
        ...NONE,
        time: '16/08/09 16:33:59',
        level: 'INFO',
        logger: 'datanode.DataNode',
        content: 'registered UNIX signal handlers',
      },
    );
    expect(readHdfsLine('2022-12-02 15:22:04,287 INFO datanode.DataNode: x')?.logger).toBe(
      'datanode.DataNode',
    );
  });

  it('is read with the name of a thread, which may hold brackets and colons', () => {
    const plain = readHdfsLine(
      '2022-12-02 15:22:04,287 INFO [IPC Server handler 3 on 8020] org.apache.hadoop.ipc.Server: caught',
    );
    expect(plain?.thread).toBe('IPC Server handler 3 on 8020');
    expect(plain?.logger).toBe('org.apache.hadoop.ipc.Server');
    expect(plain?.content).toBe('caught');
    const nested = readHdfsLine(
      '2022-12-02 15:22:04,287 WARN [DataXceiver for client DFSClient_1 at /10.0.0.1:4711 [Receiving block BP-1:blk_1_2]] datanode.DataNode: Slow flushOrSync took 700ms',
    );
    expect(nested?.thread).toBe(
      'DataXceiver for client DFSClient_1 at /10.0.0.1:4711 [Receiving block BP-1:blk_1_2]',
    );
    expect(nested?.content).toBe('Slow flushOrSync took 700ms');
  });

  it('is read with thread, class and line in one bracket', () => {
    expect(
      readHdfsLine(
        '2022-08-22 02:46:31,838 - INFO  [org.apache.hadoop.hdfs.server.blockmanagement.HeartbeatManager$Monitor@132e0cc:DatanodeManager@752] - BLOCK* removeDeadDatanode: x',
      ),
    ).toEqual({
      time: '2022-08-22 02:46:31,838',
      level: 'INFO',
      thread: 'org.apache.hadoop.hdfs.server.blockmanagement.HeartbeatManager$Monitor@132e0cc',
      logger: 'DatanodeManager',
      file: '',
      method: '',
      line: '752',
      content: 'BLOCK* removeDeadDatanode: x',
    });
  });

  it('may have an empty message, as the first lines of banners and of some errors have', () => {
    expect(readHdfsLine('2022-12-02 15:22:04,287 INFO a.b.DataNode: ')?.content).toBe('');
    expect(readHdfsLine('2022-12-02 15:22:04,287 INFO a.b.DataNode:')?.content).toBe('');
  });

  it.each([
    '',
    '\tat java.lang.Thread.run(Thread.java:840)',
    'java.io.IOException: Broken pipe',
    '/************************************************************',
    'STARTUP_MSG:   host = worker3/10.82.0.23',
    '3 nodes: 10.0.0.1:9866',
    '2022-12-02 15:22:04,287',
    '2022-12-02 15:22:04,287 INFO ',
    '2022-12-02 15:22:04,287 INFO no logger here',
    '2022-12-02 15:22:04,287 INFO [thread without an end',
    '081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 terminating',
  ])('starts no record: %j', (line) => {
    expect(readHdfsLine(line)).toBeNull();
  });

  it('costs time in proportion to its length, whatever it holds', () => {
    const head = '2022-12-02 15:22:04,287 INFO ';
    const dashed = '2022-12-02 15:22:04,287 - INFO  ';
    const hostile = [
      `${head}[`,
      `${head}${'a.'.repeat(50_000)}`,
      `${head}[${'] '.repeat(50_000)}`,
      `${head}[${'] a.b '.repeat(20_000)}`,
      `${head}[${'] a (a.java:b('.repeat(8_000)}`,
      `${dashed}[${':a@1'.repeat(25_000)}`,
      `${dashed}[${':a@1] - '.slice(1).repeat(12_000)}`,
      '2'.repeat(100_000),
    ];
    const begun = systemClock.monotonic();
    for (const line of hostile) for (let round = 0; round < 20; round += 1) readHdfsLine(line);
    expect(systemClock.monotonic() - begun).toBeLessThan(1000);
  });
});

describe('the class of a logger', () => {
  it('is the last part of its name', () => {
    expect(classOfLogger('org.apache.hadoop.hdfs.server.datanode.DataNode')).toBe('DataNode');
    expect(classOfLogger('BlockStateChange')).toBe('BlockStateChange');
  });
});
