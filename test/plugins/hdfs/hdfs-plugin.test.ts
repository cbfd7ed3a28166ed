import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHdfsFactory } from '../../../plugins/hdfs/hdfs-plugin.js';
import type { HostLookup } from '../../../plugins/host-lookup.js';
import type { LogPlugin, LogStream } from '../../../plugins/log-plugin.js';
import { HviewError } from '../../../runtime/errors.js';
import { FakeClock } from '../../support/fake-clock.js';

let folder = '';
let notices: string[] = [];
const addresses = new Map<string, readonly string[]>();
const lookup: HostLookup = (host) => {
  const found = addresses.get(host);
  return found === undefined ? Promise.reject(new Error(`no ${host}`)) : Promise.resolve(found);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-hdfs-plugin-'));
  const property = (name: string, value: string) =>
    `<property><name>${name}</name><value>${value}</value></property>`;
  writeFileSync(
    join(folder, 'hdfs-site.xml'),
    `<configuration>${[
      property('dfs.nameservices', 'ns'),
      property('dfs.namenode.rpc-address.ns.a', 'nn1:8020'),
      property('dfs.namenode.rpc-address.ns.b', 'nn2:8020'),
      property('dfs.namenode.shared.edits.dir', 'qjournal://nn1:8485;nn2:8485;jn3:8485/ns'),
    ].join('')}</configuration>`,
  );
  writeFileSync(join(folder, 'workers'), 'dn1\ndn2\n');
  addresses.set('nn1', ['10.0.0.1']);
  addresses.set('nn2', ['10.0.0.2']);
  addresses.set('jn3', ['10.0.0.3']);
  addresses.set('dn1', ['10.0.0.11', 'fd00::11']);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function create(options: Record<string, string> = {}, clock = new FakeClock()): Promise<LogPlugin> {
  notices = [];
  return createHdfsFactory(lookup).create({
    options: { conf: folder, ...options },
    timeZone: 'UTC',
    notice: (message) => notices.push(message),
    clock,
  });
}

async function failure(options: Record<string, string>): Promise<HviewError> {
  const error: unknown = await create(options).catch((reason: unknown) => reason);
  if (!(error instanceof HviewError)) throw new Error(`created, or failed with ${String(error)}`);
  return error;
}

const TIME = '2026-01-15 10:20:30,123 ';
const DATANODE = `${TIME}INFO org.apache.hadoop.hdfs.server.datanode.DataNode: `;

function banner(daemon: string, logger: string, host: string, version = '3.3.6'): string[] {
  return [
    `${TIME}INFO ${logger}: STARTUP_MSG: `,
    '/************************************************************',
    `STARTUP_MSG: Starting ${daemon}`,
    `STARTUP_MSG:   host = ${host}`,
    'STARTUP_MSG:   args = []',
    `STARTUP_MSG:   version = ${version}`,
  ];
}

/** The observer of the last of the lines; null when it was dropped. */
function observerOf(stream: LogStream, lines: readonly string[]): string | null {
  let observer: string | null = null;
  for (const line of lines) {
    const parsed = stream.parse(line);
    if (parsed.kind !== 'continuation') observer = parsed.kind === 'record' ? parsed.record.observer : null;
  }
  return observer;
}

describe('whose log it is', () => {
  it('shows in the banner at the start: daemon, host, and the version whose ports it has', async () => {
    const plugin = await create();
    const lines = banner('DataNode', 'a.DataNode', 'dn9/10.0.0.19');
    expect(observerOf(plugin.openStream(), [...lines, `${DATANODE}x`])).toBe('dn@10.0.0.19:9866');
    const old = banner('DataNode', 'a.DataNode', 'dn9/10.0.0.19', '2.10.1');
    expect(observerOf(plugin.openStream(), [...old, `${DATANODE}x`])).toBe('dn@10.0.0.19:50010');
    for (const [daemon, expected] of [
      ['NameNode', 'nn@10.0.0.1:8020'],
      ['JournalNode', 'jn@10.0.0.1:8485'],
      ['DFSZKFailoverController', 'zkfc@10.0.0.1:8019'],
      ['Balancer', 'balancer@10.0.0.1'],
      ['SecondaryNameNode', 'snn@10.0.0.1'],
    ] as const) {
      const start = banner(daemon, `a.${daemon}`, 'nn1/10.0.0.1');
      const next = `${TIME}INFO org.apache.hadoop.ipc.Server: x`;
      expect(observerOf(plugin.openStream(), [...start, next])).toBe(expected);
    }
    plugin.close();
  });

  it('has the configured address where the machine calls itself 127.0.1.1', async () => {
    const plugin = await create();
    const lines = banner('NameNode', 'a.NameNode', 'nn2/127.0.1.1');
    const next = `${TIME}INFO a.NameNode: NameNode RPC up at: nn2/127.0.1.1:8020.`;
    expect(observerOf(plugin.openStream(), [...lines, next])).toBe('nn@10.0.0.2:8020');
    plugin.close();
  });

  it('follows the port that the daemon opens, and what it registers with', async () => {
    const plugin = await create();
    const stream = plugin.openStream();
    const lines = banner('DataNode', 'a.DataNode', 'dn9/127.0.1.1');
    const open = `${DATANODE}Opened streaming server at /0:0:0:0:0:0:0:0:17869`;
    expect(observerOf(stream, [...lines, open])).toBe('dn@127.0.1.1:17869');
    const registered = `${DATANODE}DatanodeRegistration(10.0.0.19:17869, datanodeUuid=3fb324b0-75af-473a-baf1-11d306366867, infoPort=1):Exception writing x`;
    expect(observerOf(stream, [registered])).toBe('dn@10.0.0.19:17869');
    plugin.close();
  });

  it('shows without a banner from who logs, and where transfers to it arrive', async () => {
    const plugin = await create();
    const stream = plugin.openStream();
    expect(observerOf(stream, [`${DATANODE}Got finalize command`])).toBeNull();
    const received = `${DATANODE}Receiving BP-1-10.0.0.1-1:blk_1_2 src: /10.0.0.99:4711 dest: /10.0.0.11:9866`;
    expect(observerOf(stream, [received])).toBe('dn@10.0.0.11:9866');
    plugin.close();
  });

  it('is what the options say, in the form that messages name it by', async () => {
    const stated = await create({ role: 'datanode', host: 'dn1:9866' });
    expect(stated.observer).toBe('dn@10.0.0.11:9866');
    const lines = banner('DataNode', 'a.DataNode', 'other/10.0.0.77');
    expect(observerOf(stated.openStream(), [...lines, `${DATANODE}x`])).toBe('dn@10.0.0.11:9866');
    stated.close();
    const byHost = await create({ role: 'nn', host: '10.0.0.2' });
    expect(byHost.observer).toBe('nn@10.0.0.2:8020');
    byHost.close();
    const open = await create();
    expect(open.observer).toBeNull();
    open.close();
  });

  it('refuses options that cannot be meant', async () => {
    expect((await failure({ role: 'tasktracker' })).message).toBe("--role: there is no role 'tasktracker'");
    expect((await failure({ host: 'a b' })).message).toBe("--host: 'a b' is no address");
    expect((await failure({ conf: join(folder, 'none') })).code).toBe('CONFIG_INVALID');
  });
});

describe('the names of the cluster', () => {
  it('are looked up again every minute, and an id keeps its address while that is good', async () => {
    const clock = new FakeClock();
    const plugin = await create({}, clock);
    expect(notices).toEqual(['dn2 does not resolve yet (no dn2); it is known by its name']);
    const stream = plugin.openStream();
    const lines = banner('NameNode', 'a.NameNode', 'nn1/10.0.0.1');
    observerOf(stream, lines);
    const record = stream.parse(`${TIME}INFO a.StateChange: x`);
    if (record.kind !== 'record') throw new Error(record.kind);
    expect(stream.resolveSubject('dn2:9866', record.record)).toEqual({ kind: 'entity', id: 'dn@dn2:9866' });

    addresses.set('dn2', ['10.0.0.12']);
    addresses.set('dn1', ['10.0.1.11', '10.0.0.11']);
    clock.advance(60_000);
    // The lookups of this minute have ended once a further turn of the event loop has.
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.resolveSubject('dn2:9866', record.record)).toEqual({
      kind: 'entity',
      id: 'dn@10.0.0.12:9866',
    });
    expect(stream.resolveSubject('dn1:9866', record.record)).toEqual({
      kind: 'entity',
      id: 'dn@10.0.0.11:9866',
    });
    plugin.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
