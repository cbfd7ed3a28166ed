import { describe, expect, it } from '@jest/globals';
import { zooKeeperFactory } from '../../../plugins/zookeeper/zookeeper-plugin.js';
import { bundledRules } from '../../support/bundled-rules.js';

const { replay } = bundledRules(zooKeeperFactory);

describe('the noise of clients and of ordinary work', () => {
  const TIME = '2026-01-15 10:20:30,123 [myid:1] - ';
  const NIO = 'NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181';
  it.each([
    `WARN  [${NIO}:NIOServerCnxn@357] - caught end of stream exception`,
    `WARN  [NIOWorkerThread-2:NIOServerCnxn@380] - Unable to read additional data from client sessionid 0x1000, likely client has closed socket`,
    `WARN  [${NIO}:NIOServerCnxn@362] - Exception causing close of session 0x1000 due to java.io.IOException: Broken pipe`,
    `WARN  [${NIO}:NIOServerCnxn@362] - Exception causing close of session 0x1000: Connection reset by peer`,
    `WARN  [${NIO}:NIOServerCnxn@362] - Exception causing close of session 0x0 due to java.io.IOException: Len error 1195725856`,
    `WARN  [NIOWorkerThread-2:o.a.z.s.NIOServerCnxn@371] - Close of session 0x1000`,
    `WARN  [${NIO}:ZooKeeperServer@868] - Connection request from old client /10.77.0.50:4711; will be dropped if server is in r-o mode`,
    `INFO  [ProcessThread(sid:1 cport:-1)::PrepRequestProcessor@653] - Got user-level KeeperException when processing sessionid:0x1000 type:create`,
    `INFO  [${NIO}:NIOServerCnxn@1001] - Closed socket connection for client /10.77.0.50:4711 (no session established for client)`,
    `INFO  [${NIO}:NIOServerCnxn@827] - Processing ruok command from /10.77.0.50:4711`,
    `INFO  [${NIO}:ZooKeeperServer@934] - Client attempting to renew session 0x1000 at /10.77.0.50:4711`,
    `INFO  [SessionTracker:ZooKeeperServer@325] - Expiring session 0x1000, timeout of 30000ms exceeded`,
    `ERROR [CommitProcessor:1:NIOServerCnxn@178] - Unexpected Exception: `,
    `WARN  [QuorumPeer[myid=1]/0.0.0.0:2181:Follower@116] - Got zxid 0x100000001 expected 0x1`,
    `WARN  [RecvWorker:2:QuorumCnxManager$RecvWorker@765] - Interrupting SendWorker`,
    `WARN  [SendWorker:2:QuorumCnxManager$SendWorker@679] - Interrupted while waiting for message on queue`,
    `WARN  [SendWorker:2:QuorumCnxManager$SendWorker@688] - Send worker leaving thread`,
    `INFO  [SyncThread:1:SyncRequestProcessor@186] - SyncRequestProcessor exited!`,
    `INFO  [CommitProcessor:1:CommitProcessor@150] - CommitProcessor exited loop!`,
    `INFO  [QuorumPeer[myid=1]/0.0.0.0:2181:Follower@166] - shutdown called`,
    `WARN  [main:QuorumPeerConfig@290] - Non-optimial configuration, consider an odd number of servers.`,
    `ERROR [main:QuorumPeerConfig@301] - Invalid configuration, only one server specified (ignoring)`,
    `WARN  [NIOServerCxnFactory.AcceptThread:0.0.0.0/0.0.0.0:2181:NIOServerCnxnFactory@300] - Too many connections from /10.77.0.50 - max is 60`,
    `INFO  [ListenerHandler-zk1/10.77.0.11:3888:o.a.z.s.q.QuorumCnxManager$Listener$ListenerHandler@1076] - Received connection request from /10.9.9.9:4711`,
    `ERROR [ListenerHandler-zk1/10.77.0.11:3888:o.a.z.s.q.QuorumCnxManager@557] - Exception handling connection, addr: /10.9.9.9:4711, closing server connection`,
    `WARN  [SendWorker:188978561024:QuorumCnxManager$SendWorker@679] - Exception when using channel: for id 188978561024 my id = 1 error = java.io.IOException: Broken pipe`,
  ])('gives no finding: %s', (rest) => {
    expect(replay([TIME + rest])).toEqual([]);
  });
});
