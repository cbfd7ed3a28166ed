import { describe, expect, it } from '@jest/globals';
import { hdfsFactory } from '../../../plugins/hdfs/hdfs-plugin.js';
import { bundledRules } from '../../support/bundled-rules.js';

const { replay } = bundledRules(hdfsFactory);

describe('the noise of clients and of ordinary work', () => {
  const DATANODE = 'org.apache.hadoop.hdfs.server.datanode.DataNode: ';
  const BLOCK = 'BP-1685695734-10.0.0.1-1795402877933:blk_1073741825_1001';
  it.each([
    [
      `ERROR ${DATANODE}dn1:9866:DataXceiver error processing READ_BLOCK operation  src: /10.0.0.99:41152 dst: /10.0.0.11:9866`,
    ],
    [
      `INFO ${DATANODE}Likely the client has stopped reading, disconnecting it (dn1:9866:DataXceiver error processing READ_BLOCK operation  src: /10.0.0.12:41152 dst: /10.0.0.11:9866); java.net.SocketTimeoutException: 480000 millis timeout`,
    ],
    [
      `ERROR ${DATANODE}dn1:9866:DataXceiver error processing WRITE_BLOCK operation  src: /10.0.0.13:41152 dst: /10.0.0.11:9866`,
      'java.io.IOException: Premature EOF from inputStream',
    ],
    [`INFO ${DATANODE}Receiving ${BLOCK} src: /10.0.0.12:38624 dest: /10.0.0.11:9866`],
    [
      `INFO ${DATANODE}opWriteBlock ${BLOCK} received exception java.io.IOException: Premature EOF from inputStream`,
    ],
    [`INFO ${DATANODE}Exception for ${BLOCK}`, 'java.io.IOException: Premature EOF from inputStream'],
    [`INFO ${DATANODE}PacketResponder: ${BLOCK}, type=LAST_IN_PIPELINE: Thread is interrupted.`],
    [`WARN ${DATANODE}IOException in PacketResponder.run(): `, 'java.io.IOException: Broken pipe'],
    [`WARN ${DATANODE}A packet was last sent 11867ms ago. Maximum idle time: 9000ms.`],
    [`ERROR ${DATANODE}Command processor encountered interrupt and exit.`],
    [`INFO ${DATANODE}DatanodeCommand action : DNA_REGISTER from nn1/10.0.0.1:8020 with active state`],
    [
      `INFO ${DATANODE}Namenode Block pool BP-1-10.0.0.1-1 (Datanode Uuid u) service to nn1/10.0.0.1:8020 relinquishing ACTIVE state with txid=151`,
    ],
    [
      `WARN org.apache.hadoop.util.NativeCodeLoader: Unable to load native-hadoop library for your platform... using builtin-java classes where applicable`,
    ],
    [
      `WARN org.apache.hadoop.hdfs.server.common.Storage: Storage directory /mnt/journal/hview does not exist`,
    ],
    [
      `WARN org.apache.hadoop.hdfs.server.datanode.fsdataset.impl.FsDatasetImpl: dfsUsed file missing in /mnt/data1/current/BP-1-10.0.0.1-1/current, will proceed with Du for space computation calculation, `,
    ],
    [
      `WARN org.apache.hadoop.hdfs.server.namenode.ha.EditLogTailer: Edit log tailer interrupted: sleep interrupted`,
    ],
    [
      `WARN org.apache.hadoop.ha.ActiveStandbyElector: Ignoring stale result from old client with sessionId 0x10000e37cc30001`,
    ],
    [`INFO org.apache.hadoop.hdfs.StateChange: STATE* Safe mode is already OFF`],
    [`INFO org.apache.hadoop.net.NetworkTopology: Removing a node: /default-rack/10.0.0.13:9866`],
    [
      `INFO org.apache.hadoop.hdfs.server.blockmanagement.DatanodeAdminManager: Starting decommission of 10.0.0.13:9866 [DISK]DS-2ecff86a-6859-4cce-bebe-87b7a2695dbb:NORMAL:10.0.0.13:9866 with 19 blocks`,
    ],
    [
      `INFO org.apache.hadoop.ipc.Server: IPC Server handler 3 on default port 8020, call Call#3 Retry#0 org.apache.hadoop.hdfs.protocol.ClientProtocol.getFileInfo from 10.0.0.99:41152: org.apache.hadoop.ipc.StandbyException: Operation category READ is not supported in state standby`,
    ],
    [`INFO org.apache.hadoop.util.ExitUtil: Exiting with status 0`],
  ])('gives no finding: %s', (...lines) => {
    const [first = '', ...more] = lines;
    expect(replay([`2026-01-15 10:20:30,123 ${first}`, ...more])).toEqual([]);
  });

  it('says nothing against others while the DataNode itself is told to end', () => {
    const found = replay([
      `2026-01-15 10:20:30,123 ERROR ${DATANODE}RECEIVED SIGNAL 15: SIGTERM`,
      `2026-01-15 10:20:30,124 INFO ${DATANODE}DatanodeRegistration(10.0.0.11:9866, datanodeUuid=1fb324b0-75af-473a-baf1-11d306366867, infoPort=9864):Exception writing ${BLOCK} to mirror 10.0.0.13:9866`,
      `2026-01-15 10:20:30,125 WARN ${DATANODE}Ending block pool service for: Block pool BP-1-10.0.0.1-1 (Datanode Uuid u) service to nn1/10.0.0.1:8020`,
      `2026-01-15 10:20:30,126 WARN ${DATANODE}IOException in offerService`,
      'java.io.IOException: Call From dn1/10.0.0.11 to nn1:8020 failed on local exception: java.io.IOException',
    ]);
    expect(found.map(({ rule }) => rule)).toEqual(['process-stopping']);
  });
});
