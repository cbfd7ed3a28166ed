import { beforeEach, describe, expect, it } from '@jest/globals';
import { HdfsStream } from '../../../plugins/hdfs/hdfs-stream.js';
import type { HdfsMember, MembersView } from '../../../plugins/hdfs/hdfs-members.js';
import type { HdfsRole } from '../../../plugins/hdfs/hdfs-role.js';
import { MEMORY_LITERALS } from '../../../plugins/hdfs/hdfs-memory.js';
import { OWN_LITERALS, TRANSFER_LITERAL } from '../../../plugins/hdfs/own-identity.js';
import { systemClock } from '../../../runtime/clock.js';
import type { LogRecord, LogStream } from '../../../plugins/log-plugin.js';

const member = (role: HdfsRole, host: string, port: number, name: string): HdfsMember => {
  return { role, host, port, hosts: [host, name], ports: [port] };
};
const MEMBERS: MembersView = {
  members: [
    member('nn', '10.0.0.1', 8020, 'nn1'),
    member('nn', '10.0.0.2', 8020, 'nn2'),
    member('zkfc', '10.0.0.1', 8019, 'nn1'),
    member('jn', '10.0.0.1', 8485, 'nn1'),
    member('jn', '10.0.0.2', 8485, 'nn2'),
    member('jn', '10.0.0.3', 8485, 'jn3'),
  ],
  version: 1,
  idPort: () => null,
  roleOfConfiguredPort: () => null,
  close: () => undefined,
};

const TIME = '2026-01-15 10:20:30,123 ';
const UUID = '3fb324b0-75af-473a-baf1-11d306366867';
const BLOCK = 'BP-1685695734-10.0.0.1-1795402877933:blk_1073741825_1001';

function open(role: HdfsRole, host: string, members = MEMBERS): LogStream {
  const stated = { role, host, port: null };
  return new HdfsStream({ members, stated, assumed: { role: null, hostOf: () => null }, timeZone: 'UTC' });
}

function read(stream: LogStream, logger: string, content: string, level = 'INFO'): LogRecord {
  const parsed = stream.parse(`${TIME}${level} org.apache.hadoop.${logger}: ${content}`);
  if (parsed.kind !== 'record') throw new Error(`${content} is ${parsed.kind}`);
  return parsed.record;
}

describe('a record', () => {
  it('has the fields that rules test', () => {
    const record = read(open('dn', '10.0.0.11'), 'hdfs.server.datanode.DataNode', 'x', 'WARN');
    expect(record).toEqual({
      timeMs: Date.UTC(2026, 0, 15, 10, 20, 30, 123),
      observer: 'dn@10.0.0.11:9866',
      tagSubject: 'dn@10.0.0.11:9866',
      tagContext: 'DataNode',
      message: 'x',
      fields: {
        time: '2026-01-15 10:20:30,123',
        level: 'WARN',
        logger: 'org.apache.hadoop.hdfs.server.datanode.DataNode',
        class: 'DataNode',
        thread: '',
        file: '',
        method: '',
        line: '',
        content: 'x',
        tag_subject: 'dn@10.0.0.11:9866',
        tag_context: 'DataNode',
        role: 'dn',
        phase: '',
        pipeline: '',
      },
    });
  });

  it('has a time also where the log leaves out century and fraction', () => {
    const parsed = open('nn', '10.0.0.1').parse('16/08/09 16:33:59 WARN namenode.NameNode: x');
    expect(parsed.kind === 'record' ? parsed.record.timeMs : null).toBe(Date.UTC(2016, 7, 9, 16, 33, 59));
  });

  it('is dropped when it is a debug record, has no time, or nobody knows whose it is', () => {
    const stream = open('dn', '10.0.0.11');
    expect(stream.parse(`${TIME}DEBUG a.DataNode: x`)).toEqual({ kind: 'dropped', reason: 'debug-level' });
    expect(stream.parse('2026-13-15 10:20:30,123 INFO a.DataNode: x')).toEqual({
      kind: 'dropped',
      reason: 'bad-time',
    });
    const unknown = new HdfsStream({
      members: MEMBERS,
      stated: { role: null, host: null, port: null },
      assumed: { role: null, hostOf: () => null },
      timeZone: 'UTC',
    });
    expect(unknown.parse(`${TIME}INFO a.Server: x`)).toEqual({ kind: 'dropped', reason: 'unknown-observer' });
    expect(stream.parse('\tat java.lang.Thread.run(Thread.java:840)')).toEqual({ kind: 'continuation' });
  });
});

describe('whom a text of a message means', () => {
  let nameNode: LogStream;
  let dataNode: LogStream;
  let inNameNode: LogRecord;
  let inDataNode: LogRecord;
  beforeEach(() => {
    nameNode = open('nn', '10.0.0.1');
    dataNode = open('dn', '10.0.0.11');
    inNameNode = read(nameNode, 'hdfs.StateChange', 'x');
    inDataNode = read(dataNode, 'hdfs.server.datanode.DataNode', 'x');
  });

  it('shows in its port: NameNode, JournalNode and failover controller on one host are told apart', () => {
    const record = read(dataNode, 'ipc.Client', 'x');
    for (const [text, id] of [
      ['nn1/10.0.0.1:8020', 'nn@10.0.0.1:8020'],
      ['nn1:8485', 'jn@10.0.0.1:8485'],
      ['/10.0.0.1:8019', 'zkfc@10.0.0.1:8019'],
      ['"nn2":8020', 'nn@10.0.0.2:8020'],
      ['nn2/<unresolved>:8020', 'nn@10.0.0.2:8020'],
    ] as const) {
      expect(dataNode.resolveSubject(text, record)).toEqual({ kind: 'entity', id });
    }
  });

  it('is a DataNode where a daemon writes its id, whether or not anything configures it', () => {
    const id = 'dn@10.0.0.13:9866';
    expect(nameNode.resolveSubject('10.0.0.13:9866', inNameNode)).toEqual({ kind: 'entity', id });
    expect(dataNode.resolveSubject('DatanodeInfoWithStorage[10.0.0.13:9866,DS-1,DISK]', inDataNode)).toEqual({
      kind: 'entity',
      id,
    });
    expect(nameNode.resolveSubject('127.0.0.1:17869', inNameNode)).toEqual({
      kind: 'entity',
      id: 'dn@127.0.0.1:17869',
    });
  });

  it('is nobody where a socket has the address of a client', () => {
    expect(dataNode.resolveSubject('/10.0.0.99:41152', inDataNode).kind).toBe('unknown');
    expect(dataNode.resolveSubject('rm1/10.0.0.250:8032', read(dataNode, 'ipc.Client', 'x')).kind).toBe(
      'unknown',
    );
    expect(dataNode.resolveSubject('no address', inDataNode).kind).toBe('unknown');
    expect(dataNode.resolveSubject('x'.repeat(100_000), inDataNode).kind).toBe('unknown');
  });

  it('is the only DataNode on a host whatever the port of its socket, and nobody when there are two', () => {
    dataNode.resolveSubject('10.0.0.13:9866', inDataNode);
    expect(dataNode.resolveSubject('/10.0.0.13:41152', inDataNode)).toEqual({
      kind: 'entity',
      id: 'dn@10.0.0.13:9866',
    });
    dataNode.resolveSubject('10.0.0.13:9966', inDataNode);
    expect(dataNode.resolveSubject('/10.0.0.13:41152', inDataNode)).toEqual({ kind: 'ambiguous' });
    expect(dataNode.resolveSubject('/10.0.0.13:9966', inDataNode)).toEqual({
      kind: 'entity',
      id: 'dn@10.0.0.13:9966',
    });
  });

  it('is not told by a port that a client happens to have', () => {
    dataNode.resolveSubject('10.0.0.13:9866', inDataNode);
    expect(dataNode.resolveSubject('/10.0.0.13:50070', inDataNode)).toEqual({
      kind: 'entity',
      id: 'dn@10.0.0.13:9866',
    });
  });

  it('is the DataNode that registered with a uuid', () => {
    expect(nameNode.resolveSubject(UUID, inNameNode).kind).toBe('unknown');
    read(
      nameNode,
      'hdfs.StateChange',
      `BLOCK* registerDatanode: from DatanodeRegistration(10.0.0.13:9866, datanodeUuid=${UUID}, infoPort=9864) storage ${UUID}`,
    );
    expect(nameNode.resolveSubject(UUID, inNameNode)).toEqual({ kind: 'entity', id: 'dn@10.0.0.13:9866' });
  });

  it('is a JournalNode where the NameNode speaks of its journals, and a NameNode where they speak of writers', () => {
    const about = read(nameNode, 'hdfs.qjournal.client.QuorumJournalManager', 'x');
    expect(nameNode.resolveSubject('10.0.0.3:8485', about)).toEqual({
      kind: 'entity',
      id: 'jn@10.0.0.3:8485',
    });
    expect(nameNode.resolveSubject('10.0.0.4:18485', about)).toEqual({
      kind: 'entity',
      id: 'jn@10.0.0.4:18485',
    });
    const journal = open('jn', '10.0.0.3');
    const writer = read(journal, 'hdfs.qjournal.server.Journal', 'x');
    expect(journal.resolveSubject('nn2/10.0.0.2', writer)).toEqual({
      kind: 'entity',
      id: 'nn@10.0.0.2:8020',
    });
  });

  it('is the NameNode that a DataNode serves, also without a configuration', () => {
    const alone = open('dn', '10.0.0.11', { ...MEMBERS, members: [] });
    read(
      alone,
      'hdfs.server.datanode.DataNode',
      'Block pool <registering> (Datanode Uuid unassigned) service to nn1/10.9.0.1:9000 starting to offer service',
    );
    const record = read(alone, 'ipc.Client', 'x');
    const expected = { kind: 'entity', id: 'nn@10.9.0.1:9000' };
    expect(alone.resolveSubject('nn1/10.9.0.1:9000', record)).toEqual(expected);
    expect(alone.resolveSubject('nn1:9000', record)).toEqual(expected);
  });

  it('is the daemon itself for the address of any machine', () => {
    expect(dataNode.resolveSubject('0.0.0.0:9866', inDataNode)).toEqual({
      kind: 'entity',
      id: 'dn@10.0.0.11:9866',
    });
  });
});

describe('what a stream remembers', () => {
  const DATANODE = 'hdfs.server.datanode.DataNode';
  const JOURNALS = 'hdfs.qjournal.client.QuorumJournalManager';
  const waited = (answered: string) =>
    `Waited 7006 ms (timeout=20000 ms) for a response for sendEdits. Succeeded so far: [${answered}]. No exceptions so far.`;

  it('is that the daemon starts or stops', () => {
    const stream = open('dn', '10.0.0.11');
    expect(read(stream, DATANODE, 'STARTUP_MSG: ').fields['phase']).toBe('starting');
    expect(read(stream, 'ipc.Server', 'IPC Server Responder: starting').fields['phase']).toBe('');
    expect(read(stream, DATANODE, 'RECEIVED SIGNAL 15: SIGTERM', 'ERROR').fields['phase']).toBe('stopping');
    expect(read(stream, DATANODE, 'Shutdown complete.').fields['phase']).toBe('stopping');
    expect(read(stream, DATANODE, 'STARTUP_MSG: ').fields['phase']).toBe('starting');
  });

  it('is which pipelines broke, whose threads end like all others', () => {
    const stream = open('dn', '10.0.0.11');
    const responder = `PacketResponder: ${BLOCK}, type=HAS_DOWNSTREAM_IN_PIPELINE, downstreams=1:[10.0.0.13:9866]`;
    expect(read(stream, DATANODE, `${responder} terminating`).fields['pipeline']).toBe('');
    read(stream, DATANODE, responder);
    expect(read(stream, DATANODE, `${responder} terminating`).fields['pipeline']).toBe('broken');
    const other = `${responder} terminating`.replace('blk_1073741825', 'blk_2');
    expect(read(stream, DATANODE, other).fields['pipeline']).toBe('');
  });

  it('is which JournalNodes there are: those that have not answered are named in turn', () => {
    const stream = open('nn', '10.0.0.1');
    const late = () => read(stream, JOURNALS, waited('10.0.0.1:8485')).tagSubject;
    expect([late(), late(), late()]).toEqual(['jn@10.0.0.2:8485', 'jn@10.0.0.3:8485', 'jn@10.0.0.2:8485']);
    expect(read(stream, JOURNALS, waited('10.0.0.1:8485, nn2/10.0.0.2:8485')).tagSubject).toBe(
      'jn@10.0.0.3:8485',
    );
    const none = 'Waited 7006 ms (timeout=20000 ms) for a response for sendEdits. No responses yet.';
    expect(read(stream, JOURNALS, none).tagSubject).toBe('nn@10.0.0.1:8020');
  });

  it('is which NameNode is to be fenced, and who the other NameNode is', () => {
    const stream = open('zkfc', '10.0.0.1');
    const fenced = '====== Fencing successful by method ShellCommandFencer(/bin/true) ======';
    expect(read(stream, 'ha.NodeFencer', fenced).tagSubject).toBeNull();
    read(stream, 'ha.ZKFailoverController', 'Should fence: NameNode at nn2/10.0.0.2:8020');
    expect(read(stream, 'ha.NodeFencer', fenced).tagSubject).toBe('nn@10.0.0.2:8020');
    const standby = open('nn', '10.0.0.1');
    const roll = 'Unable to trigger a roll of the active NN';
    expect(read(standby, 'hdfs.server.namenode.ha.EditLogTailer', roll, 'WARN').tagSubject).toBe(
      'nn@10.0.0.2:8020',
    );
  });

  it('is carried over a restart as JSON, and what is no memory is left alone', () => {
    const first = new HdfsStream({
      members: MEMBERS,
      stated: { role: null, host: null, port: null },
      assumed: { role: null, hostOf: () => null },
      timeZone: 'UTC',
    });
    first.parse(`${TIME}INFO org.apache.hadoop.hdfs.server.namenode.NameNode: STARTUP_MSG: `);
    first.parse('STARTUP_MSG:   host = nn2/10.0.0.2');
    read(
      first,
      'hdfs.StateChange',
      `BLOCK* registerDatanode: from DatanodeRegistration(10.0.0.13:19866, datanodeUuid=${UUID}, infoPort=9864) storage ${UUID}`,
    );
    read(first, JOURNALS, waited('10.0.0.1:8485'));
    read(first, 'hdfs.server.namenode.NameNode', 'RECEIVED SIGNAL 15: SIGTERM', 'ERROR');

    const second = new HdfsStream({
      members: MEMBERS,
      stated: { role: null, host: null, port: null },
      assumed: { role: null, hostOf: () => null },
      timeZone: 'UTC',
    });
    const memory: unknown = JSON.parse(JSON.stringify(first.memory()));
    second.restore(memory);
    const record = read(second, JOURNALS, waited('10.0.0.1:8485'));
    expect(record.observer).toBe('nn@10.0.0.2:8020');
    expect(record.tagSubject).toBe('jn@10.0.0.3:8485');
    expect(record.fields['phase']).toBe('stopping');
    expect(second.resolveSubject(UUID, record)).toEqual({ kind: 'entity', id: 'dn@10.0.0.13:19866' });

    for (const nonsense of [
      null,
      7,
      'x',
      [],
      { directory: 1, own: [], events: 'x' },
      { own: { ip: 'a b' } },
    ]) {
      const stream = open('dn', '10.0.0.11');
      stream.restore(nonsense);
      expect(read(stream, DATANODE, 'x').observer).toBe('dn@10.0.0.11:9866');
    }
  });
});

describe('a hostile line', () => {
  it('costs time in proportion to its length, whatever the stream looks for in it', () => {
    const texts = [...MEMORY_LITERALS, ...OWN_LITERALS, TRANSFER_LITERAL, ' dest: /', 'QJM to [1, ', ' [1,'];
    const begun = systemClock.monotonic();
    for (const role of ['dn', 'nn', 'jn', 'zkfc'] as const) {
      const stream = open(role, '10.0.0.1');
      for (const text of texts) {
        const hostile = text.repeat(100_000 / text.length);
        stream.parse(`${TIME}INFO a.DataNode: ${hostile}`);
        stream.parse(`${TIME}INFO a.DataNode: Waited 1 ms (timeout=2 ms) for a response for ${hostile}`);
        stream.parse(hostile);
      }
    }
    expect(systemClock.monotonic() - begun).toBeLessThan(2000);
  });
});
