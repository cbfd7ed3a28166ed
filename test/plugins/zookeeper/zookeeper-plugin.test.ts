import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogPlugin } from '../../../plugins/log-plugin.js';
import { MEMORY_LITERALS } from '../../../plugins/zookeeper/zookeeper-memory.js';
import { createZooKeeperFactory } from '../../../plugins/zookeeper/zookeeper-plugin.js';
import { HviewError } from '../../../runtime/errors.js';
import { FakeClock } from '../../support/fake-clock.js';

const SERVERS = 'server.1=10.77.0.1:2888:3888\nserver.2=10.77.0.2:2888:3888\n';

let folder = '';
let notices: string[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-zookeeper-'));
  mkdirSync(join(folder, 'data'));
  mkdirSync(join(folder, 'empty'));
  write('data/myid', '2\n');
  write('own-id', ' 1\n');
  write('words', 'one\n');
  write('nine', '9\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function create(
  text: string,
  options: Record<string, string> = {},
  timeZone: string | null = 'UTC',
): Promise<LogPlugin> {
  notices = [];
  const ensemble = write('zoo.cfg', text);
  const plugin = await createZooKeeperFactory(() => Promise.reject(new Error('not found'))).create({
    options: { ensemble, ...options },
    timeZone,
    notice: (message) => notices.push(message),
    clock: new FakeClock(),
  });
  plugin.close();
  return plugin;
}

async function failure(...parameters: Parameters<typeof create>): Promise<HviewError> {
  const error: unknown = await create(...parameters).catch((reason: unknown) => reason);
  if (!(error instanceof HviewError)) throw new Error(`created, or failed with ${String(error)}`);
  return error;
}

describe('whose log it is', () => {
  it('comes from the file that --myid names, or from --myid itself', async () => {
    expect((await create(SERVERS, { myid: join(folder, 'own-id') })).observer).toBe('peer@1');
    expect((await create(SERVERS, { myid: '2' })).observer).toBe('peer@2');
  });

  it("comes from the file myid in zoo.cfg's dataDir", async () => {
    expect((await create(`${SERVERS}dataDir=${folder}/data\n`)).observer).toBe('peer@2');
  });

  it('is left to the log when nothing says it', async () => {
    expect((await create(`${SERVERS}dataDir=${folder}/empty\n`)).observer).toBeNull();
  });

  it('is the one server whose address is the wildcard, as in containers', async () => {
    expect((await create('server.1=zk1:2888:3888\nserver.2=0.0.0.0:2888:3888\n')).observer).toBe('peer@2');
  });

  it('is server 0 when the server is on its own', async () => {
    expect((await create('dataDir=/nowhere\nclientPort=2181\n')).observer).toBe('peer@0');
    expect(notices).toEqual([
      `${join(folder, 'zoo.cfg')} names no servers: peer@0 is taken as a server on its own`,
    ]);
  });

  it('must be in the ensemble', async () => {
    const file = join(folder, 'nine');
    const cfg = join(folder, 'zoo.cfg');
    const byFile = await failure(SERVERS, { myid: file });
    expect(byFile.message).toBe(`${file}: server 9 is not in the ensemble; ${cfg} names 1, 2`);
    expect(byFile.code).toBe('CONFIG_INVALID');
    expect((await failure(SERVERS, { myid: '9' })).message).toBe(
      `--myid: server 9 is not in the ensemble; ${cfg} names 1, 2`,
    );
  });

  it('must be a number', async () => {
    const file = join(folder, 'words');
    expect((await failure(SERVERS, { myid: file })).message).toBe(`${file}: 'one' is no server id`);
  });

  it('must be readable', async () => {
    const file = join(folder, 'nowhere');
    const error = await failure(SERVERS, { myid: file });
    expect(error.message).toBe(`cannot read the myid file ${file}: there is no such file`);
    expect(error.hint).toContain('--myid');
  });
});

describe('the ZooKeeper plugin', () => {
  it('opens streams that read the log', async () => {
    const plugin = await create(SERVERS, { myid: '1' });
    const parsed = plugin
      .openStream()
      .parse('2024-07-01 12:00:00,000 [myid:1] - WARN  [RecvWorker:2:QuorumCnxManager$RecvWorker@1] - x');
    expect(parsed).toMatchObject({ kind: 'record', record: { observer: 'peer@1', tagSubject: 'peer@2' } });
  });

  it('knows servers by name when their names do not resolve, and says so', async () => {
    await create('server.1=zk1:2888:3888\n', { myid: '1' });
    expect(notices).toEqual(['zk1 does not resolve yet (not found); it is known by its name']);
  });

  it('refuses a time zone that there is not', async () => {
    const error = await failure(SERVERS, {}, 'Mars/Olympus');
    expect(error).toMatchObject({ code: 'USAGE', message: "there is no time zone 'Mars/Olympus'" });
  });

  it('promises as verbatim only fields whose values stand in the line', async () => {
    const plugin = await create(SERVERS, { myid: '1' });
    const lines = [
      '2024-07-01 12:00:00,000 [myid:] - INFO  [LearnerHandler-/10.77.0.2:5:o.a.z.s.q.LearnerHandler@9] - hello',
      '2024-07-01 12:00:00,000 [myid:1] - WARN  [RecvWorker:2:QuorumCnxManager$RecvWorker@1] - x',
      '2024-07-01 12:00:00,000 - WARN  [ListenerHandler-zk1/10.77.0.1:3888:A@1][y] - x',
      '[2024-07-01 12:00:00,000] INFO hello (org.apache.zookeeper.A)',
    ];
    for (const text of lines) {
      const parsed = plugin.openStream().parse(text);
      const fields = parsed.kind === 'record' ? parsed.record.fields : {};
      const values = plugin.verbatimFields.map((field) => fields[field] ?? 'missing');
      expect(values.filter((value) => !text.includes(value))).toEqual([]);
    }
  });

  it('asks to see every line that its memory learns from', () => {
    const contents = [
      'LOOKING',
      'PeerState set to LOOKING',
      'FOLLOWING - LEADER ELECTION TOOK - 22 MS',
      'LEADING',
      'OBSERVING',
      'Peer state changed: following - broadcast',
      'Shutdown called',
      'shutdown called',
      'shutdown Follower',
      'shutting down',
      'Successfully connected to leader, using address: zk2/10.77.0.2:2888',
      'Unexpected exception, tries=0, connecting to zk2/10.77.0.2:2888',
      'Disconnected from leader (with address: zk2/10.77.0.2:2888). Was connected for 9ms. Sync state: true',
      'Observing zk2/10.77.0.2:2888',
      'Notification: 1 (message format version), 3 (n.leader), 0x0 (n.zxid), 0x1 (n.round), LOOKING (n.state), 2 (n.sid)',
      'Notification: my state:LOOKING; n.sid:2, n.state:LOOKING, n.leader:3, n.round:0x1',
      '[LearnerHandler-/10.77.0.2:5:LearnerHandler@9] - Follower sid: 2 : info : x',
      '[LearnerHandler-/10.77.0.2:5:LearnerHandler@9] - Synchronizing with Learner sid: 2 maxCommittedLog=0x0',
      '[LearnerHandler-/10.77.0.2:5:LearnerHandler@9] - Received NEWLEADER-ACK message from 2',
      '[LearnerHandler-/10.77.0.2:5:LearnerHandler@9] - Sending DIFF zxid=0x0 for peer sid: 2',
    ];
    const unseen = contents.filter(
      (content) => !MEMORY_LITERALS.some((literal) => content.includes(literal)),
    );
    expect(unseen).toEqual([]);
  });
});
