import { describe, expect, it } from '@jest/globals';
import { readZooKeeperTag } from '../../../plugins/zookeeper/zookeeper-tag.js';

/** Kind, context, and whom it speaks of. */
function read(tag: string): string[] {
  const { about, context } = readZooKeeperTag(tag);
  if (about.kind === 'self') return ['self', context];
  if (about.kind === 'server') return ['server', context, about.id];
  const { name, ip, port } = about.endpoint;
  return ['address', context, `${name ?? ''}/${ip ?? ''}:${port ?? ''}`, about.socket];
}

describe('the name of a thread', () => {
  it.each<[string, string[]]>([
    ['main', ['self', 'main']],
    ['Thread-17', ['self', 'Thread-17']],
    ['Snapshot Thread', ['self', 'Snapshot Thread']],
    ['SessionTracker', ['self', 'SessionTracker']],
    ['NIOWorkerThread-3', ['self', 'NIOWorkerThread-3']],
    ['WorkerSender[myid=1]', ['self', 'WorkerSender[myid=1]']],
    ['QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181', ['self', 'QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181']],
    ['QuorumPeer[myid=1]/0.0.0.0:2181', ['self', 'QuorumPeer']],
    ['QuorumPeer[myid=1]/10.0.0.5:2181', ['self', 'QuorumPeer']],
    [
      'QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled)',
      ['self', 'QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled)'],
    ],
    ['ProcessThread(sid:1 cport:2181):', ['self', 'ProcessThread(sid:1 cport:2181):']],
    ['QuorumConnectionThread-[myid=1]-3', ['self', 'QuorumConnectionThread-[myid=1]-3']],
    ['NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181', ['self', 'NIOServerCxn.Factory']],
    ['NIOServerCxnFactory.AcceptThread:0.0.0.0/0.0.0.0:2181', ['self', 'NIOServerCxnFactory.AcceptThread']],
    ['ListenerHandler-zk1/10.0.0.5:3888', ['self', 'ListenerHandler-']],
    ['LearnerCnxAcceptorHandler-zk1/10.0.0.5:2888', ['self', 'LearnerCnxAcceptorHandler-']],
    ['LearnerCnxAcceptor-zk1/10.0.0.5:2888', ['self', 'LearnerCnxAcceptor-']],
    ['main-SendThread(10.0.0.5:2181)', ['self', 'main-SendThread(10.0.0.5:2181)']],
    ['/10.10.34.11:3888', ['self', '/10.10.34.11:3888']],
    ['SyncThread:9', ['server', 'SyncThread', '9']],
    ['CommitProcessor:1', ['server', 'CommitProcessor', '1']],
    ['RecvWorker:2', ['server', 'RecvWorker', '2']],
    ['SendWorker:188978561024', ['server', 'SendWorker', '188978561024']],
    ['RecvWorker:-9223372036854775806', ['server', 'RecvWorker', '-9223372036854775806']],
    ['pano9/10.0.0.13:3888', ['address', 'pano', '/10.0.0.13:3888', '/10.0.0.13:3888']],
    ['LearnerHandler-/10.0.0.5:52972', ['address', 'LearnerHandler-', '/10.0.0.5:52972', '/10.0.0.5:52972']],
    ['Sender-/10.0.0.5:52972', ['address', 'Sender-', '/10.0.0.5:52972', '/10.0.0.5:52972']],
    [
      'LearnerHandler-/[0:0:0:0:0:0:0:1]:52972',
      ['address', 'LearnerHandler-', '/0:0:0:0:0:0:0:1:52972', '/[0:0:0:0:0:0:0:1]:52972'],
    ],
    [
      'LearnerHandler-/0:0:0:0:0:0:0:1:52972',
      ['address', 'LearnerHandler-', '/0:0:0:0:0:0:0:1:52972', '/0:0:0:0:0:0:0:1:52972'],
    ],
    [
      'LeaderConnector-zk3/10.0.0.7:2888',
      ['address', 'LeaderConnector-', 'zk3/10.0.0.7:2888', 'zk3/10.0.0.7:2888'],
    ],
    [
      'LeaderConnector-zk3/<unresolved>:2888',
      ['address', 'LeaderConnector-', 'zk3/:2888', 'zk3/<unresolved>:2888'],
    ],
    ['pano9/10.0.0.13:99999', ['self', 'pano9/10.0.0.13:99999']],
    ['pano9/10.0.0.1300:3888', ['self', 'pano9/10.0.0.1300:3888']],
    ['', ['self', '']],
  ])('%s', (tag, expected) => {
    expect(read(tag)).toEqual(expected);
  });
});

describe("the server's own id", () => {
  it.each<[string, string | null]>([
    ['QuorumPeer[myid=3](plain=0.0.0.0:2181)(secure=disabled)', '3'],
    ['WorkerReceiver[myid=12]', '12'],
    ['SyncThread:2', '2'],
    ['FollowerRequestProcessor:2', '2'],
    ['ProcessThread(sid:1 cport:2181):', '1'],
    ['RecvWorker:2', null],
    ['main', null],
  ])('in %s is %s', (tag, id) => {
    expect(readZooKeeperTag(tag).ownId).toBe(id);
  });
});
